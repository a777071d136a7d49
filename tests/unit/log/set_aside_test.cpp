#include "libstream/log/set_aside.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/file.h>

#include "libstream/log/directory_lock.hpp"
#include "tests/unit/log/scratch.hpp"

using namespace weir;
using weir::testing::scratch_directory;
namespace fs = std::filesystem;

namespace {

struct data_beside {
  data_beside() { make("first"); }
  void make(const std::string& text) {
    fs::create_directory(path);
    std::ofstream{path + "/data.mdb"} << text;
  }
  static std::string text_in(const std::string& directory) {
    std::ifstream file{directory + "/data.mdb"};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator{above.path()}, fs::directory_iterator{}));
  }
  void refuses() {
    for (auto& spelt : {path, path + "/", above / "./data", above / "data/../data"}) {
      CAPTURE(spelt);
      auto moved = log::set_aside(spelt);
      REQUIRE_FALSE(moved.has_value());
      CHECK(moved.error().code == error_code::configuration);
      CHECK(moved.error().message().find(path) != std::string::npos);
      CHECK(text_in(path) == "first");
      CHECK(entries() == 1);
    }
  }

  scratch_directory above;
  std::string path = fs::canonical(above.path()).string() + "/data";
};

} // namespace

TEST_CASE_METHOD(data_beside, "a data directory that is in use is not set aside, and is once it is in use no more",
                 "[set_aside]") {
  {
    auto lock = log::directory_lock::take(path);
    REQUIRE(lock.has_value());
    refuses();
  }
  CHECK(log::set_aside(path).has_value());
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE_METHOD(data_beside, "what an older version uses, which locks only the file, is not set aside",
                 "[set_aside]") {
  auto file = ::open((path + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(file >= 0);
  REQUIRE(::flock(file, LOCK_EX | LOCK_NB) == 0);
  refuses();
  ::close(file);
}

TEST_CASE_METHOD(data_beside, "a data directory is set aside unchanged, beside those that were before it",
                 "[set_aside]") {
  CHECK(log::set_aside(path).value() == path + ".set-aside-1");
  make("second");
  CHECK(log::set_aside(path + "/").value() == path + ".set-aside-2");
  CHECK_FALSE(fs::exists(path));
  CHECK(text_in(path + ".set-aside-1") == "first");
  CHECK(text_in(path + ".set-aside-2") == "second");
}

TEST_CASE_METHOD(data_beside, "what is not there cannot be set aside", "[set_aside]") {
  auto moved = log::set_aside(above / "none");
  REQUIRE_FALSE(moved.has_value());
  CHECK(moved.error().code == error_code::disk);
  CHECK(entries() == 1);
}
