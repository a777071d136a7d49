#include "actors/sources/directory_listing.hpp"
#include "actors/sources/directory_source.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <random>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/actors/sources/temporary_directory.hpp"

using namespace weir::actors;
using weir::testing::temporary_directory;

namespace {

void set_modified(const std::string& path, std::int64_t seconds) {
  timespec times[2] = {{seconds, 5}, {seconds, 5}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

weir::offset_range whole_file(const std::string& directory) {
  auto files = make_directory_source(directory)->partitions();
  REQUIRE(files);
  REQUIRE(files->size() == 1);
  auto& file = files->front();
  CHECK_FALSE(file.grows);
  return {{}, file.name, file.end, file.version, 0, file.end};
}

/// Records as a text source cuts them: without newline and "\r"; too long ones as one mark.
std::vector<std::string> records_of(std::string_view bytes, std::size_t max_record_bytes) {
  std::vector<std::string> records;
  while (!bytes.empty()) {
    auto line = bytes.substr(0, bytes.find('\n'));
    bytes.remove_prefix(std::min(line.size() + 1, bytes.size()));
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    records.push_back(line.size() > max_record_bytes ? "(too long)" : std::string{line});
  }
  return records;
}

} // namespace

TEST_CASE("a directory is listed by modification time, then name, without hidden and unfinished files", "[files]") {
  temporary_directory directory;
  set_modified(directory.write("b", "22"), 100);
  set_modified(directory.write("a", "1"), 200);
  set_modified(directory.write("c", "333"), 100);
  directory.write(".hidden", "");
  directory.write("_temporary", "");
  std::filesystem::create_directory(directory.path() + "/folder");
  auto files = list_directory(directory.path());
  REQUIRE(files);
  REQUIRE(files->size() == 3);
  CHECK((*files)[0] == listed_file{"b", 2, 100'000'000'005});
  CHECK((*files)[1] == listed_file{"c", 3, 100'000'000'005});
  CHECK((*files)[2] == listed_file{"a", 1, 200'000'000'005});
}

TEST_CASE("a missing directory is a configuration error that names it", "[files]") {
  temporary_directory directory;
  for (auto& wrong : {directory.path() + "/missing", directory.write("file", "x")}) {
    auto files = list_directory(wrong);
    REQUIRE_FALSE(files);
    CHECK(files.error().exit_code() == 78);
    CHECK_THAT(files.error().message(), Catch::Contains(wrong));
  }
}

TEST_CASE("however a file is cut into ranges, every record comes exactly once, in order", "[files]") {
  std::mt19937_64 random{1};
  temporary_directory directory;
  auto source = make_directory_source(directory.path());
  for (int round = 0; round < 400; ++round) {
    std::size_t max_record_bytes = 1 + random() % 40;
    std::string text;
    for (auto size = random() % 600; text.size() < size;) {
      text.append(random() % 10 == 0 ? random() % 200 : random() % (max_record_bytes + 3),
                  static_cast<char>('a' + random() % 26));
      text += random() % 5 == 0 ? "\r\n" : "\n";
    }
    if (random() % 2 == 0 && !text.empty())
      text.pop_back();
    directory.write("input", text);
    auto range = whole_file(directory.path());
    std::vector<std::string> records;
    for (range.to = 0; range.from < range.end; range.from = range.to) {
      range.to = std::min(range.end, range.from + 1 + random() % (random() % 3 == 0 ? 5 : 200));
      auto pieces = source->read(range, max_record_bytes);
      REQUIRE(pieces);
      for (auto& piece : *pieces)
        for (auto& record : records_of(piece.bytes, max_record_bytes))
          records.push_back(record);
    }
    CHECK(records == records_of(text, max_record_bytes));
  }
}

TEST_CASE("a range of large records reads far beyond its end, but not without bound", "[files]") {
  temporary_directory directory;
  std::string text = "first\n" + std::string(100'000, 'x') + "\nlast\n";
  directory.write("input", text);
  auto source = make_directory_source(directory.path());
  auto range = whole_file(directory.path());
  range.to = 7;
  auto pieces = source->read(range, 200'000);
  REQUIRE(pieces);
  REQUIRE(pieces->size() == 1);
  CHECK(pieces->front().bytes == text.substr(0, 6 + 100'000 + 1));
  pieces = source->read(range, 1'000);
  REQUIRE(pieces);
  CHECK(pieces->front().bytes.size() == 7 + 1'000 + 2);
}

TEST_CASE("a file that changed or vanished is an error that names it", "[files]") {
  temporary_directory directory;
  auto path = directory.write("input", "one\ntwo\n");
  auto source = make_directory_source(directory.path() + "/");
  auto range = whole_file(directory.path());
  auto expect_refusal = [&] {
    auto pieces = source->read(range, 100);
    REQUIRE_FALSE(pieces);
    CHECK(pieces.error().exit_code() == 65);
    CHECK_THAT(pieces.error().message(), Catch::Contains(path));
  };
  REQUIRE(source->read(range, 100));
  set_modified(path, 12345);
  expect_refusal();
  range = whole_file(directory.path());
  directory.write("input", "one\ntwo\nthree\n");
  set_modified(path, 12345);
  expect_refusal();
  ::unlink(path.c_str());
  expect_refusal();
}

TEST_CASE("a pipe in the place of an input file is a file that changed, and is not waited for", "[files]") {
  temporary_directory directory;
  auto path = directory.write("input", "one\ntwo\n");
  auto range = whole_file(directory.path());
  std::filesystem::remove(path);
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  auto lines = make_directory_source(directory.path())->read(range, 100);
  auto records = record_directory{directory.path(), 4}.read(range, 100);
  for (auto* pieces : {&lines, &records}) {
    REQUIRE_FALSE(*pieces);
    CHECK(pieces->error().exit_code() == 65);
    CHECK_THAT(pieces->error().message(), Catch::Contains(path) && Catch::Contains("changed"));
  }
}

TEST_CASE("a batch that an earlier release has sealed names a file by its path", "[files]") {
  temporary_directory directory, elsewhere;
  auto path = directory.write("input", "one\ntwo\n");
  auto range = whole_file(directory.path());
  range.partition = path;
  auto pieces = make_directory_source(elsewhere.path())->read(range, 100);
  REQUIRE(pieces);
  CHECK(pieces->front().bytes == "one\ntwo\n");
  CHECK(make_directory_source(directory.path())->describe("input") == "file " + path);
}
