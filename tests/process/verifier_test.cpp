#include <filesystem>

#include <catch2/catch.hpp>

#include "tests/process/harness.hpp"

namespace {

using namespace weir::process;
using namespace weir::tool;
namespace fs = std::filesystem;

/// Publishes a batch as an application would.
void publish(const temporary_directory& directory, const std::string& time, const std::string& lines) {
  auto path = directory / ("counts-" + time);
  fs::create_directory(path);
  write_file(path + "/part-00000", lines);
  write_file(path + "/_SUCCESS", "");
}

comparison compare_with(const temporary_directory& directory, const std::string& text) {
  write_file(directory / "text", text);
  word_counts expected;
  REQUIRE(count_words(directory / "text", expected));
  auto found = output_watch{directory / "counts"}.totals();
  REQUIRE(found);
  return compare(expected, *found);
}

} // namespace

TEST_CASE("the verifier finds what is missing and what is counted twice, word by word", "[verifier]") {
  auto directory = fresh_directory();
  publish(directory, "1000", "one\t1\ntwo\t2\n");
  publish(directory, "2000", "two\t1\nback\\\\slash\t1\n");
  auto equal = compare_with(directory, "one two\n two\ttwo back\\slash");
  CHECK(equal.lost == 0);
  CHECK(equal.duplicated == 0);
  CHECK(equal.words == 5);
  auto unequal = compare_with(directory, "one one one two two three back\\slash");
  CHECK(unequal.lost == 3);       // one, one, three
  CHECK(unequal.duplicated == 1); // two
  publish(directory, "3000", "never\t7\n");
  CHECK(compare_with(directory, "one two two two back\\slash").duplicated == 7);
}

TEST_CASE("the verifier does not count what has no _SUCCESS, and reports that it was left behind", "[verifier]") {
  auto directory = fresh_directory();
  publish(directory, "1000", "one\t1\n");
  publish(directory, "2000", "one\t1\n");
  fs::remove(directory / "counts-2000/_SUCCESS");
  CHECK(compare_with(directory, "one").duplicated == 0);
  output_watch watch{directory / "counts"};
  REQUIRE(watch.finish());
  CHECK(watch.violations().size() == 1);
}

TEST_CASE("the verifier notices batches that change, vanish, or appear out of order", "[verifier]") {
  auto directory = fresh_directory();
  publish(directory, "1000", "one\t1\n");
  publish(directory, "3000", "one\t1\n");
  output_watch watch{directory / "counts"};
  REQUIRE(watch.look());
  CHECK(watch.violations().empty());
  SECTION("changed") { write_file(directory / "counts-1000/part-00000", "one\t2\n"); }
  SECTION("vanished") { fs::remove_all(directory / "counts-1000"); }
  SECTION("a part was added") { write_file(directory / "counts-3000/part-00001", ""); }
  SECTION("out of order") { publish(directory, "2000", "one\t1\n"); }
  REQUIRE(watch.finish());
  CHECK(watch.violations().size() == 1);
}
