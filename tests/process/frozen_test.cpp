#include <filesystem>

#include <catch2/catch.hpp>

#include "tests/process/harness.hpp"

namespace {

using namespace weir::process;
namespace fs = std::filesystem;

fs::path frozen_folder() { return fs::path{__FILE__}.parent_path().parent_path() / "frozen"; }

std::vector<fs::path> archives() {
  std::vector<fs::path> found;
  for (auto& entry : fs::directory_iterator{frozen_folder()})
    if (entry.path().extension() == ".gz")
      found.push_back(entry.path());
  return found;
}

} // namespace

TEST_CASE("an application goes on with the data directory of each older version, and counts every record once",
          "[frozen]") {
  auto archive = GENERATE(from_range(archives()));
  INFO(archive);
  auto directory = fresh_directory();
  REQUIRE(run({"/bin/tar", "-xzf", archive, "-C", directory / "."}).code == 0);
  const std::string unpublished = "to be told\nfrozen words\nfrozen again\nnever sealed\n",
                    fresh = "fresh words\nat last\n";
  write_file(directory / "all", "done\n" + unpublished + fresh); // the first record was published then
  write_file(directory / "expected", unpublished + fresh);

  running application{word_count(directory, {"--input", "weir://127.0.0.1:0", "--stop-when-idle=1s"})};
  auto url = application.await_ready();
  auto sent = run(send(directory / "all", url, "alpha")); // which has sent five records then
  INFO(sent.errors);
  CHECK(sent.code == 0);
  CHECK(sent.output == "{\"sent\":2,\"acknowledged\":7,\"resent\":0}\n");
  auto end = application.await_end();
  INFO(end.errors);
  CHECK(end.code == 0);
  check_counts(directory, {directory / "expected"});
}
