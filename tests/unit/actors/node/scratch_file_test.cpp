#include <csignal>
#include <filesystem>
#include <random>

#include <catch2/catch.hpp>

#include <sys/resource.h>

#include "actors/node/scratch.hpp"
#include "tests/unit/actors/sources/temporary_directory.hpp"

using namespace weir;
using namespace weir::actors;
using weir::testing::temporary_directory;

namespace {

scratch::extent_handle write(scratch& to, const std::string& bytes) {
  auto written = to.write(bytes);
  REQUIRE(written.has_value());
  return *written;
}

std::string read(const scratch::extent_handle& from, std::uint64_t at, std::uint64_t size) {
  auto bytes = from->read(at, size);
  REQUIRE(bytes.has_value());
  return std::string{(*bytes)->view()};
}

/// The process may write no file beyond this size while this lives.
class file_size_limit {
public:
  explicit file_size_limit(std::uint64_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    rlimit lower{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &lower);
  }
  ~file_size_limit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

} // namespace

TEST_CASE("what is written to the scratch file comes back, as a whole and in parts", "[scratch]") {
  temporary_directory in;
  auto file = make_scratch_file(in.path() + "/scratch");
  auto first = write(*file, "first bytes");
  auto second = write(*file, std::string(3'000'000, 'b'));
  CHECK(read(first, 0, 11) == "first bytes");
  CHECK(read(first, 6, 5) == "bytes");
  CHECK(read(second, 2'999'990, 10) == std::string(10, 'b'));
  file.reset();
  CHECK(read(first, 0, 5) == "first"); // an extent keeps the file
}

TEST_CASE("the scratch file has no name, and is made by the first write", "[scratch]") {
  temporary_directory in;
  auto directory = in.path() + "/scratch";
  auto file = make_scratch_file(directory);
  CHECK_FALSE(std::filesystem::exists(directory));
  auto kept = write(*file, "x");
  CHECK(std::filesystem::exists(directory));
  CHECK(std::filesystem::is_empty(directory));
}

TEST_CASE("room is used again, so that the file grows to what is in use at a time", "[scratch]") {
  temporary_directory in;
  auto file = make_scratch_file(in.path());
  std::mt19937_64 random{1};
  std::vector<std::pair<std::string, scratch::extent_handle>> held;
  constexpr std::size_t most = 200'000;
  file_size_limit limit{2 * most}; // a write beyond it fails
  std::size_t bytes = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text(1 + random() % 20'000, static_cast<char>('a' + i % 26));
    while (bytes + text.size() > most) {
      auto gone = held.begin() + static_cast<std::ptrdiff_t>(random() % held.size());
      REQUIRE(read(gone->second, 0, gone->first.size()) == gone->first);
      bytes -= gone->first.size();
      held.erase(gone);
    }
    bytes += text.size();
    held.emplace_back(text, write(*file, text));
  }
}

TEST_CASE("a disk that refuses is an error that says what to do, and what was written stays", "[scratch]") {
  temporary_directory in;
  auto file = make_scratch_file(in.path());
  auto kept = write(*file, "kept");
  {
    file_size_limit limit{1000};
    auto refused = file->write(std::string(5000, 'x'));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == error_code::disk);
    CHECK(refused.error().where == in.path());
    CHECK_FALSE(refused.error().hint.empty());
  }
  CHECK(read(kept, 0, 4) == "kept");
  auto again = write(*file, std::string(5000, 'y'));
  CHECK(read(again, 4999, 1) == "y");
}

TEST_CASE("a scratch directory that cannot be made is a disk error", "[scratch]") {
  auto refused = make_scratch_file("/nowhere/at/all")->write("x");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == error_code::disk);
}
