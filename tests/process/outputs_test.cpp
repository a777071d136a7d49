#include <csignal>
#include <filesystem>

#include <catch2/catch.hpp>

#include "tests/process/harness.hpp"

namespace {

using namespace weir::process;
namespace fs = std::filesystem;

/// An application whose output `rows` appends to the file that each line names, and fails while its directory is not there.
std::vector<std::string> appending(const std::string& directory, const std::vector<std::string>& more = {}) {
  std::vector<std::string> all{WEIR_FAILING_FUNCTIONS,
                               "--input",
                               "file:" + directory + "/in",
                               "--output",
                               "print:0",
                               "--data-dir",
                               directory + "/data",
                               "--log-level",
                               "info"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::string prepared(const weir::tool::temporary_directory& directory) {
  fs::create_directory(directory / "in");
  auto rows = directory / "later/rows";
  write_file(directory / "in/lines", "row " + rows + "\n");
  return rows;
}

} // namespace

// It was tried four times in 0.7 s, and then the application ended.
TEST_CASE("an output that fails is tried until it works again, and one line says so", "[outputs]") {
  auto directory = fresh_directory();
  auto rows = prepared(directory);
  running application{appending(directory.path())};
  application.await_words("output_retried");
  auto begin = weir::tool::clock::now();
  application.await("more than four attempts have failed",
                    [&] { return weir::tool::clock::now() - begin > 1'600ms; }); // after 0, 100, 300, 700, 1500 ms
  CHECK(application.is_alive());
  fs::create_directory(directory / "later");
  application.await_words("output_goes_on");
  CHECK(read_file(rows).find("row ") == 0);
  application.process().signal(SIGTERM);
  auto end = application.await_end();
  INFO(end.errors);
  CHECK(end.code == 0);
  CHECK(end.errors.find("output_retried") == end.errors.rfind("output_retried"));
}

TEST_CASE(
  "SIGTERM while an output fails ends within its limit with a sentence, and the next start hands the batch over",
  "[outputs]") {
  auto directory = fresh_directory();
  auto rows = prepared(directory);
  {
    running application{appending(directory.path(), {"--set", "graceful_stop.limit=500ms"})};
    application.await_words("output_retried");
    application.process().signal(SIGTERM);
    auto end = application.await_end(10s);
    INFO(end.errors);
    CHECK(end.code == 1);
    CHECK(end.errors.find("1 to publish") != std::string::npos);
    CHECK(end.errors.find("the next start on the data directory goes on with them") != std::string::npos);
  }
  fs::create_directory(directory / "later");
  auto rest = run(appending(directory.path(), {"--stop-when-idle=200ms"}));
  INFO(rest.errors);
  CHECK(rest.code == 0);
  CHECK(read_file(rows) == "row " + rows + "\n");
}

TEST_CASE("with a limit an output is given up when it is reached, as on_error says", "[outputs]") {
  auto directory = fresh_directory();
  auto rows = prepared(directory);
  auto ended = run(appending(directory.path(), {"--set", "output_retry_limit=300ms"}));
  INFO(ended.errors);
  CHECK(ended.code == 1);
  CHECK(ended.errors.find("user function of output rows") != std::string::npos);
  auto skipped = run(appending(
    directory.path(), {"--set", "output_retry_limit=300ms", "--set", "on_error=skip", "--stop-when-idle=200ms"}));
  INFO(skipped.errors);
  CHECK(skipped.code == 0);
  CHECK(skipped.errors.find("output_left_out") != std::string::npos);
}
