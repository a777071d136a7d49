#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include "libstream/api/dstream.hpp"
#include "libstream/plan/inline_batch.hpp"
#include "libstream/testing/test_driver.hpp"

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

namespace {

/// A file of prices, and a program that joins its input with them.
struct priced_goods {
  std::string path = (std::filesystem::temp_directory_path() / ("weir-prices-" + std::to_string(::getpid()))).string();
  std::filesystem::file_time_type written;

  priced_goods() {
    std::ofstream{path} << "tea 3\nrum 4\n";
    written = std::filesystem::last_write_time(path);
  }
  priced_goods(const priced_goods&) = delete;
  priced_goods& operator=(const priced_goods&) = delete;
  ~priced_goods() { std::filesystem::remove(path); }
  void touch() const { std::filesystem::last_write_time(path, written + std::chrono::hours{1}); }
  void operator()(stream_context& ctx) const {
    auto priced = [](std::string_view line) {
      return std::pair{std::string{line.substr(0, 3)}, std::string{line.substr(std::min<std::size_t>(4, line.size()))}};
    };
    auto table = read_text(path).named("prices").map(priced);
    ctx.text_input().map(priced).join(table).named("priced").print();
  }
};

} // namespace

TEST_CASE("a file that only got another time holds no sealed batch up", "[dataset][static files]") {
  priced_goods of;
  testing::test_driver driver{std::ref(of)};
  driver.push({"tea"}).crash(testing::moment::sealed);
  of.touch();
  driver.recover();
  CHECK(driver.output("priced").lines().size() == 1);
}

TEST_CASE("a file that holds other bytes is noticed even if size and time are the same", "[dataset][static files]") {
  priced_goods of;
  testing::test_driver driver{std::ref(of)};
  driver.push({"tea"}).crash(testing::moment::sealed);
  std::ofstream{of.path} << "tea 5\nrum 4\n";
  std::filesystem::last_write_time(of.path, of.written);
  CHECK_THROWS_WITH(driver.recover(), Catch::Contains("static data has changed") &&
                                        Catch::Contains("operator prices") && Catch::Contains(".named(\"prices-2\")"));
}

TEST_CASE("a file that only gets another time between start and first use is read", "[dataset][static files]") {
  priced_goods of;
  testing::test_driver driver{std::ref(of)};
  of.touch();
  driver.push({"tea"}).step();
  CHECK(driver.output("priced").lines().size() == 1);
}

TEST_CASE("a file that changes between start and first use is refused, and the error says what to do",
          "[dataset][static files]") {
  priced_goods of;
  testing::test_driver driver{std::ref(of)};
  std::ofstream{of.path} << "tea 5\nrum 4\n";
  of.touch();
  driver.push({"tea"});
  CHECK_THROWS_WITH(driver.step(), Catch::Contains("changed since") && Catch::Contains("put back what it held"));
}

TEST_CASE("the version of files does not depend on the directory in which they lie", "[dataset][static files]") {
  auto directory = std::filesystem::temp_directory_path() / ("weir-moved-" + std::to_string(::getpid()));
  auto version = [&](const char* in, const char* name, const char* bytes) {
    std::filesystem::create_directories(directory / in);
    std::ofstream{directory / in / name} << bytes;
    stream_context ctx;
    auto lines = read_text((directory / in / name).string()).named("lines");
    ctx.text_input().transform([lines](auto batch) { return batch.union_with(lines); }).named("all").print();
    return ctx.plan().value()->static_data();
  };
  auto before = version("a", "prices", "tea 3\n");
  REQUIRE(before.size() == 1);
  CHECK(version("b", "prices", "tea 3\n") == before);
  CHECK(version("b", "prices", "tea 4\n") != before);
  CHECK(version("b", "others", "tea 3\n") != before);
  std::filesystem::remove_all(directory);
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
