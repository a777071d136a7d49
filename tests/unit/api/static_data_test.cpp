#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include "libstream/api/dstream.hpp"
#include "libstream/plan/inline_batch.hpp"

using namespace weir;

namespace {

using prices = dataset<std::pair<std::string, int>>;

std::string shown(const std::shared_ptr<const plan::physical_plan>& plan, std::uint64_t batch) {
  auto staged = plan::inline_batch{plan, 2, 1}.run(batch_id{batch}, static_cast<std::int64_t>(batch), {}).value();
  std::string all;
  for (auto& part : staged)
    all += part.bytes;
  return all;
}

} // namespace

TEST_CASE("a stream keeps the persisted table that it is joined with, also when the program lets go of it",
          "[dataset]") {
  int computed = 0;
  auto table = prices::from({{"tea", 3}})
                 .map([&computed](const std::pair<std::string, int>& each) {
                   ++computed;
                   return each;
                 })
                 .persist();
  stream_context ctx;
  ctx.constant<std::pair<std::string, int>>({{"tea", 1}, {"rum", 1}}).join(table).named("priced").print();
  auto plan = ctx.plan().value();
  table.unpersist();
  CHECK(shown(plan, 1) == "tea\t1\t3\n");
  CHECK(shown(plan, 2) == "tea\t1\t3\n");
  CHECK(computed == 1);
}

TEST_CASE("the program's partitioner holds also where keys of two text types meet", "[dataset]") {
  auto held = prices::from({{"tea", 3}, {"rum", 4}, {"gin", 5}});
  auto viewed = dataset<std::pair<std::string_view, int>>::from({{"tea", 1}, {"rum", 2}, {"gin", 3}});
  auto last = [](const std::string&) { return 4u; };
  auto parts = held.join(viewed, {5, last}).glom().collect();
  REQUIRE(parts.size() == 5);
  CHECK(parts.back().size() == 3);
}

TEST_CASE("a file that was cut off since its dataset was made is refused, whole or not", "[dataset]") {
  auto path = (std::filesystem::temp_directory_path() / ("weir-cut-" + std::to_string(::getpid()))).string();
  std::ofstream{path} << "one\ntwo\n";
  auto lines = read_text(path);
  CHECK(lines.count() == 2);
  std::filesystem::resize_file(path, 4);
  CHECK_THROWS_WITH(lines.count(), Catch::Contains("changed since") && Catch::Contains(path));
  std::filesystem::remove(path);
  CHECK_THROWS_WITH(lines.count(), Catch::Contains(path));
}

TEST_CASE("an empty path of a dataset is named as one", "[dataset]") {
  CHECK_THROWS_WITH(read_text(""), Catch::Contains("the path of the file or directory to read is empty"));
  CHECK_THROWS_WITH(read_binary_records("", 4), Catch::Contains("to read is empty"));
  CHECK_THROWS_WITH(dataset<int>::from({1}).save_as_object_file(""), Catch::Contains("to write is empty"));
}

TEST_CASE("a pipe in the place of a dataset's file is refused and not waited for", "[dataset]") {
  auto path = (std::filesystem::temp_directory_path() / ("weir-pipe-" + std::to_string(::getpid()))).string();
  std::ofstream{path} << "one\ntwo\n";
  auto lines = read_text(path);
  std::filesystem::remove(path);
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(lines.count(), Catch::Contains("changed since") && Catch::Contains(path));
  CHECK_THROWS_WITH(read_text(path).count(), Catch::Contains("not a regular file") && Catch::Contains(path));
  std::filesystem::remove(path);
}

TEST_CASE("a link that leads nowhere is an error, wherever it stands in a directory", "[dataset]") {
  for (auto name : {"a-link", "m-link", "z-link"}) {
    CAPTURE(name);
    auto directory = std::filesystem::temp_directory_path() / ("weir-links-" + std::to_string(::getpid()));
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory / "below");
    for (auto file : {"b", "n", "y"})
      std::ofstream{directory / file} << "line of " << file << "\n";
    std::filesystem::create_symlink(directory / "gone", directory / "_ignored");
    std::filesystem::create_symlink(directory / "b", directory / "sound");
    CHECK(read_text(directory.string()).count() == 4);
    std::filesystem::create_symlink(directory / "gone", directory / name);
    CHECK_THROWS_WITH(read_text(directory.string()), Catch::Contains(name) && Catch::Contains("leads nowhere"));
    std::filesystem::remove_all(directory);
  }
}
