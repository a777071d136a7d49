// Who may look at a data directory and use it, and what else may stand in the place of its files.
#include <fcntl.h>
#include <functional>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "libstream/log/directory_lock.hpp"
#include "libstream/log/lmdb_store.hpp"
#include "tests/skip.hpp"
#include "tests/unit/log/directories.hpp"
#include "tests/unit/log/scratch.hpp"

using namespace weir;
using namespace weir::log;
using namespace weir::log::directories;

namespace {

/// Runs `body` as somebody who has none of root's rights; its return value is the exit code.
int without_rights(const std::function<int()>& body) {
  return testing::in_child([&] {
    if (::geteuid() == 0 && (::setgid(54321) != 0 || ::setuid(54321) != 0))
      return 99;
    return body();
  });
}

/// For everybody to read, and for nobody to write.
void make_read_only(const std::string& root) {
  namespace fs = std::filesystem;
  for (auto& entry : fs::recursive_directory_iterator{root})
    fs::permissions(entry.path(), fs::perms{entry.is_directory() ? 0555u : 0444u});
  fs::permissions(root, fs::perms{0555});
  fs::permissions(fs::path{root}.parent_path(), fs::perms{0755});
}

/// By everybody.
void make_writable(const std::string& root) {
  namespace fs = std::filesystem;
  fs::permissions(root, fs::perms{0777});
  for (auto& entry : fs::recursive_directory_iterator{root})
    fs::permissions(entry.path(), fs::perms{entry.is_directory() ? 0777u : 0666u});
}

} // namespace

TEST_CASE("who may only read a data directory can look at it and verify it while nobody uses it", "[log]") {
  testing::scratch_directory scratch;
  auto path = scratch / "data";
  REQUIRE(data_directory::open(path, "x", small()).has_value());
  make_read_only(path);
  auto look = [&] {
    auto view = view_directory(path);
    if (!view)
      return mentions(view.error(), "is in use, and a user who may only read it") &&
                 view.error().code == error_code::configuration
               ? 78
               : 1;
    if (!is_in_use(path)) // a start must not write below the view
      return 2;
    return view->application.application == "x" && verify_directory(path, *view) ? 0 : 3;
  };
  CHECK(without_rights(look) == 0);
  CHECK_FALSE(is_in_use(path));
  auto lock = directory_lock::try_quietly(path);
  REQUIRE(lock.has_value());
  CHECK(without_rights(look) == 78);
  lock.reset();
  std::ofstream{scratch / "data/log/suspect"}.flush(); // by root, or refused: a failed write before
  CHECK(without_rights(look) == 0);
  make_writable(path);
}

TEST_CASE("a data directory that a user may not use names the file and what to do", "[log]") {
  namespace fs = std::filesystem;
  testing::scratch_directory scratch;
  auto path = scratch / "data";
  REQUIRE(data_directory::open(path, "x", small()).has_value());
  make_writable(path);
  fs::permissions(scratch.path(), fs::perms{0755});
  auto closed = path + GENERATE("", "/format", "/log", "/log/data.mdb", "/log/lock.mdb");
  INFO(closed);
  fs::permissions(closed, fs::perms::none);
  auto is_clear = [&](const error& reason) {
    auto text = reason.message();
    auto clear = reason.code == error_code::disk && text.starts_with(closed) &&
                 text.find(std::strerror(EACCES)) != std::string::npos &&
                 text.find("start the program as the user who owns the data directory") != std::string::npos;
    if (!clear)
      std::fprintf(stderr, "%s\n", text.c_str());
    return clear;
  };
  CHECK(without_rights([&] {
          auto view = view_directory(path);
          return view ? closed.ends_with("lock.mdb") ? 0 : 1 : is_clear(view.error()) ? 0 : 2;
        }) == 0);
  CHECK(without_rights([&] {
          auto store = lmdb_store::open(path + "/log");
          return store ? closed.ends_with("/format") ? 0 : 1 : is_clear(store.error()) || closed == path ? 0 : 2;
        }) == 0);
  fs::permissions(closed, fs::perms::owner_all);
}

TEST_CASE("only its owner may read a data directory", "[log]") {
  testing::scratch_directory scratch;
  auto before = ::umask(0);
  auto opened = data_directory::open(scratch / "data", "x", small());
  ::umask(before);
  REQUIRE(opened.has_value());
  auto mode_of = [](const std::string& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 0777;
  };
  CHECK(mode_of(scratch / "data") == 0700);
  for (auto& [path, bytes] : everything_in(scratch / "data"))
    CHECK(mode_of(path) == (bytes == "directory" ? 0700 : 0600));
}

TEST_CASE("a pipe in the place of a data directory's file is refused by name and not waited for", "[log]") {
  for (auto name : {"format", "lock", "log/data.mdb", "log/lock.mdb", "log/suspect"}) {
    INFO(name);
    testing::scratch_directory scratch;
    REQUIRE(data_directory::open(scratch / "data", "word-count", small()).has_value());
    auto path = scratch / "data/" + name;
    std::filesystem::remove(path);
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    auto reason = refused(scratch / "data");
    CHECK(reason.exit_code() == 65);
    CHECK(mentions(reason, path));
    auto viewed = view_directory(scratch / "data");
    REQUIRE_FALSE(viewed.has_value());
    CHECK(viewed.error().exit_code() == 65);
    CHECK(mentions(viewed.error(), path));
    CHECK(std::filesystem::is_fifo(path));
  }
}

TEST_CASE("a pipe in the place of a lock is not waited for by who takes it or looks at it", "[log]") {
  testing::scratch_directory scratch;
  auto path = scratch / "lock";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK_FALSE(is_in_use(scratch.path()));
  auto taken = directory_lock::take(scratch.path());
  REQUIRE_FALSE(taken.has_value());
  CHECK(taken.error().exit_code() == 65);
  CHECK(mentions(taken.error(), path));
}
