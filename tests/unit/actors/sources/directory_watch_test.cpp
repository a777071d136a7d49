#include "actors/sources/directory_watch.hpp"

#include <fcntl.h>
#include <map>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/unit/actors/sources/temporary_directory.hpp"

using namespace weir::actors;
using namespace std::chrono_literals;
using weir::testing::temporary_directory;
namespace fs = std::filesystem;

namespace {

/// What a look tells: sizes by name, -1 of what is gone.
struct watched {
  explicit watched(const std::string& directory) {
    watch = watch_directory(
      directory,
      [this](const std::string& sentence, bool problem) {
        complaints.push_back(sentence);
        problems += problem ? 1 : 0;
      },
      [this](const std::string& sentence) { skipped.push_back(sentence); });
  }

  using told = std::map<std::string, std::int64_t>;
  told look() {
    told found;
    auto all = watch->look(directory_watch::time_point{now}, [&](std::string_view name, auto& state) {
      found[std::string{name}] = state ? static_cast<std::int64_t>(state->size) : -1;
    });
    REQUIRE(all);
    listed = *all;
    return found;
  }

  std::chrono::seconds now{1'000'000};
  std::vector<std::string> complaints, skipped;
  int problems = 0;
  bool listed = false;
  std::unique_ptr<directory_watch> watch;
};

using told = watched::told;

} // namespace

TEST_CASE("the kernel tells which files have changed, so that nothing is listed again", "[watch]") {
  temporary_directory directory;
  directory.write("before", "1");
  watched watch{directory.path()};
  CHECK(watch.look() == told{{"before", 1}});
  CHECK(watch.listed);
  CHECK(watch.look().empty());
  CHECK_FALSE(watch.listed);
  CHECK_FALSE(watch.watch->is_costly());
  directory.write("new", "22");
  directory.write(".hidden", "1");
  directory.write("_unfinished", "1");
  CHECK(watch.look() == told{{"new", 2}});
  directory.write("before", "333");
  fs::rename(directory.path() + "/_unfinished", directory.path() + "/finished");
  fs::rename(directory.path() + "/new", directory.path() + "/other");
  CHECK(watch.look() == told{{"before", 3}, {"finished", 1}, {"new", -1}, {"other", 2}});
  fs::remove(directory.path() + "/other");
  CHECK(watch.look() == told{{"other", -1}});
  CHECK_FALSE(watch.listed);
  CHECK(watch.complaints.empty());
}

TEST_CASE("a directory is listed now and then all the same, as changes behind links are not told", "[watch]") {
  temporary_directory directory, elsewhere;
  auto target = elsewhere.write("target", "1");
  fs::create_symlink(target, directory.path() + "/link");
  watched watch{directory.path()};
  CHECK(watch.look() == told{{"link", 1}});
  elsewhere.write("target", "22");
  CHECK(watch.look().empty());
  watch.now += 31s;
  CHECK(watch.look() == told{{"link", 2}});
  CHECK(watch.listed);
}

TEST_CASE("a directory that is replaced, or comes back, is watched anew", "[watch]") {
  temporary_directory parent;
  auto path = parent.path() + "/in";
  fs::create_directory(path);
  watched watch{path};
  CHECK(watch.look().empty());
  fs::rename(path, parent.path() + "/old");
  auto missing = watch.watch->look(directory_watch::time_point{watch.now}, [](auto, auto&) {});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().exit_code() == 78);
  fs::create_directory(path);
  parent.write("in/a", "1");
  CHECK(watch.look() == told{{"a", 1}});
  CHECK(watch.listed);
  parent.write("in/b", "1");
  CHECK(watch.look() == told{{"b", 1}});
  CHECK_FALSE(watch.listed);
}

TEST_CASE("when more has changed than the kernel can hold, everything is listed", "[watch]") {
  temporary_directory directory;
  watched watch{directory.path()};
  watch.look();
  std::ifstream limit{"/proc/sys/fs/inotify/max_queued_events"};
  std::size_t most = 0;
  REQUIRE(limit >> most);
  if (most > 100'000) {
    WARN("skipped: the kernel holds " << most << " events");
    return;
  }
  auto a = directory.path() + "/a", b = directory.path() + "/b";
  directory.write("a", "1");
  for (std::size_t i = 0; i <= most; ++i)
    fs::rename(i % 2 == 0 ? a : b, i % 2 == 0 ? b : a);
  directory.write("last", "1");
  auto found = watch.look();
  CHECK(watch.listed);
  CHECK(found.at("last") == 1);
  CHECK(watch.look().empty());
}

TEST_CASE("where the kernel has no room to watch, the directory is listed at each look, and people are told once",
          "[watch]") {
  temporary_directory directory;
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  auto next = ::open("/dev/null", O_RDONLY | O_CLOEXEC); // the next descriptor would be this one
  REQUIRE(next >= 0);
  ::close(next);
  watched watch{directory.path()};
  rlimit none{static_cast<rlim_t>(next), before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  auto first = watch.watch->look(directory_watch::time_point{watch.now}, [](auto, auto&) {});
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK_FALSE(first); // no descriptor to list it either
  directory.write("a", "1");
  CHECK(watch.look() == told{{"a", 1}});
  CHECK(watch.look() == told{{"a", 1}});
  CHECK(watch.listed);
  CHECK(watch.watch->is_costly());
  REQUIRE(watch.complaints.size() == 1);
  CHECK(watch.problems == 1);
  CHECK_THAT(watch.complaints.front(), Catch::Contains(directory.path()) && Catch::Contains("max_user_instances"));
}

TEST_CASE("of a file its state and its first bytes can be had", "[watch]") {
  temporary_directory directory;
  directory.write("a", "0123456789abc");
  watched watch{directory.path() + "/"};
  CHECK(watch.watch->state_of("a")->size == 13);
  CHECK_FALSE(watch.watch->state_of("b"));
  CHECK(watch.watch->first_bytes("a", 10) == "0123456789");
  CHECK(watch.watch->first_bytes("a", 20) == "0123456789abc");
  CHECK(watch.watch->first_bytes("b", 20) == "");
}

TEST_CASE("a file that cannot be opened is told from one that is not there, with the cause and what to do", "[watch]") {
  temporary_directory directory;
  directory.write("a", "1");
  watched watch{directory.path()};
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none{0, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  auto refused = watch.watch->first_bytes("a", 10);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == weir::error_code::disk);
  CHECK(refused.error().where == directory.path() + "/a");
  CHECK_THAT(refused.error().message(), Catch::Contains("cannot read the input file: Too many open files; let the "));
  CHECK(watch.watch->first_bytes("a", 10) == "1");
  fs::rename(directory.path() + "/a", directory.path() + "/b");
  CHECK(watch.watch->first_bytes("a", 10) == "");
}

TEST_CASE("a file that takes the place of another one with the same size and time has another state", "[watch]") {
  temporary_directory directory;
  auto path = directory.write("a", "1");
  watched watch{directory.path()};
  auto before = watch.watch->state_of("a");
  fs::copy_file(path, directory.path() + "/_copy");
  fs::last_write_time(directory.path() + "/_copy", fs::last_write_time(path));
  fs::permissions(path, fs::perms::owner_all);
  CHECK(watch.watch->state_of("a") == before);
  fs::rename(directory.path() + "/_copy", path);
  auto after = watch.watch->state_of("a");
  REQUIRE((before && after));
  CHECK(after->size == before->size);
  CHECK(after->modified_ns == before->modified_ns);
  CHECK_FALSE(after == before);
}

TEST_CASE("what is in a directory and is no file is named once", "[watch]") {
  temporary_directory directory;
  directory.write("file", "1");
  watched watch{directory.path()};
  CHECK(watch.look() == told{{"file", 1}});
  CHECK(watch.skipped.empty());
  fs::create_directory(directory.path() + "/sub");
  fs::create_directory(directory.path() + "/.hidden");
  REQUIRE(::mkfifo((directory.path() + "/pipe").c_str(), 0600) == 0);
  for (int i = 0; i < 3; ++i) {
    watch.now += 31s;
    CHECK(watch.look() == told{{"file", 1}});
  }
  REQUIRE(watch.skipped.size() == 1);
  CHECK_THAT(watch.skipped[0], Catch::Contains(directory.path() + " has 2 entries that are no files") &&
                                 Catch::Contains("the first is pipe (a pipe)"));
}
