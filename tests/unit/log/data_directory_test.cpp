#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <map>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "libstream/log/data_directory.hpp"
#include "libstream/log/directory_lock.hpp"
#include "libstream/log/lmdb_store.hpp"
#include "libstream/log/positions.hpp"
#include "libstream/log/recovery.hpp"
#include "tests/skip.hpp"
#include "tests/unit/log/directories.hpp"
#include "tests/unit/log/scratch.hpp"

using namespace weir;
using namespace weir::log;
using namespace weir::log::directories;

TEST_CASE("the first start creates a data directory, later ones find it", "[log]") {
  testing::scratch_directory scratch;
  application_record first;
  {
    auto opened = data_directory::open(scratch / "data", "word-count", small());
    REQUIRE(opened.has_value());
    CHECK(opened->created());
    first = opened->application();
    CHECK(first.application == "word-count");
    CHECK(first.partitions == 4);
    CHECK(first.interval_us == 100'000);
    CHECK(first.directory_id != 0);
  }
  auto options = small();
  options.partitions = 9;
  options.interval_us = 5000;
  options.hash_seed = 1;
  options.directory_id = 1;
  {
    auto opened = data_directory::open(scratch / "data", "word-count", options);
    REQUIRE(opened.has_value());
    CHECK_FALSE(opened->created());
    CHECK(opened->application().partitions == 4);
    CHECK(opened->application().interval_us == 5000);
    CHECK(opened->application().hash_seed == first.hash_seed);
    CHECK(opened->application().directory_id == first.directory_id);
  }
  options.repartition = 16;
  REQUIRE(data_directory::open(scratch / "data", "word-count", options).has_value());
  options.repartition.reset();
  auto last = data_directory::open(scratch / "data", "word-count", options);
  REQUIRE(last.has_value());
  CHECK(last->application().partitions == 16);
}

TEST_CASE("seeds are drawn anew for each directory unless they are given", "[log]") {
  testing::scratch_directory scratch;
  auto a = data_directory::open(scratch / "a", "x", small());
  auto b = data_directory::open(scratch / "b", "x", small());
  auto options = small();
  options.hash_seed = 17;
  options.directory_id = 18;
  auto c = data_directory::open(scratch / "c", "x", options);
  REQUIRE((a.has_value() && b.has_value() && c.has_value()));
  CHECK(a->application().hash_seed != b->application().hash_seed);
  CHECK(a->application().directory_id != b->application().directory_id);
  CHECK(c->application().hash_seed == 17);
  CHECK(c->application().directory_id == 18);
}

TEST_CASE("an empty directory, a slash at the end and a link are fine", "[log]") {
  testing::scratch_directory scratch;
  std::filesystem::create_directory(scratch / "empty");
  CHECK(data_directory::open(scratch / "empty", "x", small()).has_value());
  CHECK(data_directory::open(scratch / "slash/", "x", small()).has_value());
  std::filesystem::create_directory(scratch / "target");
  std::filesystem::create_directory_symlink(scratch / "target", scratch / "link");
  REQUIRE(data_directory::open(scratch / "link", "x", small()).has_value());
  CHECK(std::filesystem::exists(scratch / "target/format"));
}

TEST_CASE("a relative path counts from the working directory", "[log]") {
  testing::scratch_directory scratch;
  auto code = testing::in_child([&] {
    std::filesystem::current_path(scratch.path());
    for (const char* path : {"data", "./data", "below/../data"})
      if (!data_directory::open(path, "x", small()))
        return 1;
    return 0;
  });
  CHECK(code == 0);
  CHECK(std::filesystem::exists(scratch / "data/format"));
}

TEST_CASE("a missing parent is named, unless parents are to be made", "[log]") {
  testing::scratch_directory scratch;
  auto reason = refused(scratch / "absent/data");
  CHECK(reason.code == error_code::configuration);
  CHECK(mentions(reason, scratch / "absent is not an existing directory"));
  CHECK_FALSE(std::filesystem::exists(scratch / "absent"));
  auto options = small();
  options.create_parents = true;
  CHECK(data_directory::open(scratch / "absent/data", "x", options).has_value());
}

TEST_CASE("what is not a data directory stays untouched", "[log]") {
  testing::scratch_directory scratch;
  std::filesystem::create_directory(scratch / "photos");
  write_file(scratch / "photos/cat.jpg", "cat");
  CHECK(refused(scratch / "photos").code == error_code::configuration);
  CHECK(std::distance(std::filesystem::directory_iterator{scratch / "photos"}, {}) == 1);
  CHECK(refused(scratch / "photos/cat.jpg").code == error_code::configuration);
}

TEST_CASE("a newer format and another application are refused by name", "[log]") {
  testing::scratch_directory scratch;
  REQUIRE(data_directory::open(scratch / "data", "word-count", small()).has_value());
  auto other = refused(scratch / "data", "top-words");
  CHECK(other.code == error_code::configuration);
  CHECK(mentions(other, "word-count"));
  CHECK(mentions(other, "top-words"));

  write_file(scratch / "data/format", "weir-data 7\n");
  auto newer = refused(scratch / "data");
  CHECK(newer.code == error_code::configuration);
  CHECK(mentions(newer, "format 7"));
  CHECK(mentions(newer, "up to 1"));
  CHECK(view_directory(scratch / "data").error().code == error_code::configuration);

  write_file(scratch / "data/format", "something else\n");
  CHECK(refused(scratch / "data").code == error_code::corrupt);
}

namespace {

directory_options of_next_format() {
  auto options = small();
  options.format = data_format + 1;
  return options;
}

std::string format_of(const std::string& path) {
  std::ifstream file{path + "/format"};
  std::string line;
  std::getline(file, line);
  return line;
}

} // namespace

TEST_CASE("a program of a newer format raises that of a directory, and an older program keeps away from then on",
          "[log]") {
  testing::scratch_directory scratch;
  auto path = scratch / "data";
  auto seed = data_directory::open(path, "word-count", small())->application().hash_seed;
  {
    auto looked_at_only = examined_directory::examine(path, "word-count", of_next_format());
    REQUIRE(looked_at_only.has_value());
  }
  CHECK(format_of(path) == "weir-data 1");
  {
    auto raised = data_directory::open(path, "word-count", of_next_format());
    REQUIRE(raised.has_value());
    CHECK(raised->application().format == data_format + 1);
    CHECK(raised->application().hash_seed == seed);
  }
  CHECK(format_of(path) == "weir-data 2");
  CHECK(data_directory::open(path, "word-count", of_next_format()).has_value());
  auto older = refused(path);
  CHECK(older.code == error_code::configuration);
  CHECK(mentions(older, "format 2"));
  CHECK(view_directory(path).error().code == error_code::configuration);
}

TEST_CASE("a start that dies while it raises the format of a directory is repeated by the next one", "[log]") {
  testing::scratch_directory scratch;
  auto path = scratch / "data";
  REQUIRE(data_directory::open(path, "word-count", small()).has_value());
  SECTION("before the line is in its place") { write_file(path + "/format.new", "weir-d"); }
  SECTION("before the log is") { write_file(path + "/format", "weir-data 2\n"); }
  auto raised = data_directory::open(path, "word-count", of_next_format());
  REQUIRE(raised.has_value());
  CHECK(raised->application().format == data_format + 1);
  CHECK(format_of(path) == "weir-data 2");
  CHECK_FALSE(std::filesystem::exists(path + "/format.new"));
}

TEST_CASE("a log of a later format than its directory says is refused as corrupt", "[log]") {
  testing::scratch_directory scratch;
  auto path = scratch / "data";
  REQUIRE(data_directory::open(path, "word-count", of_next_format()).has_value());
  write_file(path + "/format", "weir-data 1\n");
  CHECK(refused(path).code == error_code::corrupt);
  CHECK(refused(path, "word-count", of_next_format()).code == error_code::corrupt);
}

TEST_CASE("a data directory without its log is refused as corrupt", "[log]") {
  testing::scratch_directory scratch;
  REQUIRE(data_directory::open(scratch / "data", "x", small()).has_value());
  std::filesystem::remove_all(scratch / "data/log");
  CHECK(refused(scratch / "data", "x").code == error_code::corrupt);
}

TEST_CASE("a directory in use is refused with the number of the process, and free after its death", "[log]") {
  testing::scratch_directory scratch;
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  auto owner = ::fork();
  REQUIRE(owner >= 0);
  if (owner == 0) {
    auto held = data_directory::open(scratch / "data", "x", small());
    char good = held ? 'y' : 'n';
    (void)!::write(ready[1], &good, 1);
    for (;;)
      ::pause(); // until it is killed
  }
  char good = 0;
  REQUIRE(::read(ready[0], &good, 1) == 1);
  auto opened = data_directory::open(scratch / "data", "x", small());
  auto viewed = view_directory(scratch / "data").has_value();
  ::kill(owner, SIGKILL);
  ::waitpid(owner, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  REQUIRE(good == 'y');
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().code == error_code::configuration);
  CHECK(mentions(opened.error(), "in use by another process (pid " + std::to_string(owner) + ")"));
  CHECK(viewed);
  CHECK(data_directory::open(scratch / "data", "x", small()).has_value());
}

TEST_CASE("leftovers of a start that died while creating are removed, one being built is left alone", "[log]") {
  testing::scratch_directory scratch;
  std::filesystem::create_directories(scratch / ".data.new-1-1/log");
  write_file(scratch / ".data.new-1-1/lock", "1\n");
  std::filesystem::create_directories(scratch / ".data.new-2-2");
  std::filesystem::create_directories(scratch / ".other.new-1-1");
  REQUIRE(data_directory::open(scratch / "data", "x", small()).has_value());
  CHECK_FALSE(std::filesystem::exists(scratch / ".data.new-1-1"));
  CHECK_FALSE(std::filesystem::exists(scratch / ".data.new-2-2"));
  CHECK(std::filesystem::exists(scratch / ".other.new-1-1"));
  CHECK(std::distance(std::filesystem::directory_iterator{scratch.path()}, {}) == 2);
}

TEST_CASE("killed at any instant of its creation, a directory is absent or complete", "[log]") {
  testing::scratch_directory scratch;
  int complete = 0, absent = 0;
  for (int delay_us = 0; delay_us < 6000; delay_us += 150) {
    auto name = scratch / ("data" + std::to_string(delay_us));
    auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      // The kernel's own timer kills it at a different instant each time.
      struct itimerval when {
        {0, 0}, { 0, delay_us + 1 }
      };
      ::signal(SIGALRM, SIG_DFL);
      ::setitimer(ITIMER_REAL, &when, nullptr);
      auto made = data_directory::open(name, "x", small());
      ::_exit(made ? 0 : 1);
    }
    ::waitpid(child, nullptr, 0);
    (std::filesystem::exists(name) ? complete : absent) += 1;
    auto again = data_directory::open(name, "x", small());
    if (!again)
      FAIL(again.error().message());
    CHECK(*verify(*again->store(), true) == 1); // the application's record
  }
  INFO(absent << " absent, " << complete << " complete");
  CHECK(absent + complete == 40);
}

TEST_CASE("a disk that cannot be written is error 74", "[log]") {
  testing::scratch_directory scratch;
  std::filesystem::create_directory(scratch / "disk");
  if (::mount("tmpfs", (scratch / "disk").c_str(), "tmpfs", 0, "size=32m") != 0) {
    weir::testing::skip("mounting a tmpfs needs root and CAP_SYS_ADMIN");
    return;
  }
  bool made = data_directory::open(scratch / "disk/old", "x", small()).has_value();
  bool frozen = ::mount("tmpfs", (scratch / "disk").c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "size=32m") == 0;
  auto old_one = data_directory::open(scratch / "disk/old", "x", small());
  auto new_one = data_directory::open(scratch / "disk/new", "x", small());
  bool viewed = view_directory(scratch / "disk/old").has_value();
  ::umount2((scratch / "disk").c_str(), MNT_DETACH);
  REQUIRE((made && frozen));
  REQUIRE_FALSE(old_one.has_value());
  CHECK(old_one.error().code == error_code::disk);
  CHECK(mentions(old_one.error(), "mount the disk so that it can be written"));
  REQUIRE_FALSE(new_one.has_value());
  CHECK(new_one.error().code == error_code::disk);
  CHECK(mentions(new_one.error(), "mount the disk so that it can be written"));
  CHECK(viewed);
}

TEST_CASE("a second process stays out when somebody removes the lock of the first", "[log]") {
  testing::scratch_directory scratch;
  auto held = data_directory::open(scratch / "data", "x", small());
  REQUIRE(held.has_value());
  std::filesystem::remove(scratch / "data/lock");
  auto code = testing::in_child([&] {
    auto second = data_directory::open(scratch / "data", "x", small());
    return second ? 0 : second.error().exit_code();
  });
  CHECK(code == 78);
}

TEST_CASE("what is examined and not accepted is left byte for byte as it was", "[log]") {
  testing::scratch_directory scratch;
  REQUIRE(data_directory::open(scratch / "data", "x", small()).has_value());
  write_file(scratch / "data/lock", "17\n");
  auto before = everything_in(scratch.path());
  auto options = small();
  options.repartition = 9;
  options.interval_us = 7;
  {
    auto examined = examined_directory::examine(scratch / "data", "x", options);
    REQUIRE(examined.has_value());
    CHECK(examined->application().partitions == 9);
    CHECK(read_application(examined->content()).value()->partitions == 4);
  }
  CHECK(everything_in(scratch.path()) == before);
  options.create_parents = true;
  {
    auto examined = examined_directory::examine(scratch / "new/data", "x", options);
    REQUIRE(examined.has_value());
    CHECK(examined->is_new());
  }
  CHECK_FALSE(data_directory::open(scratch / "data", "another", options).has_value());
  CHECK(everything_in(scratch.path()) == before);
}

TEST_CASE("what is accepted is written with the first word in the log", "[log]") {
  testing::scratch_directory scratch;
  for (auto round = 0; round < 2; ++round) { // made, and found
    auto examined = examined_directory::examine(scratch / "data", "x", small());
    REQUIRE(examined.has_value());
    CHECK(examined->is_new() == (round == 0));
    transaction changes;
    put_coordinator_epoch(changes, read_coordinator_epoch(examined->content())->next());
    auto opened = std::move(*examined).accept(std::move(changes));
    REQUIRE(opened.has_value());
    CHECK(read_coordinator_epoch(*opened->store())->value == static_cast<std::uint64_t>(round + 1));
  }
}

TEST_CASE("of twelve starts at once each holds the directory or hears that it is in use", "[log]") {
  for (int round = 0; round < 10; ++round) {
    testing::scratch_directory scratch;
    int gate[2];
    REQUIRE(::pipe(gate) == 0);
    std::vector<pid_t> starts;
    for (int i = 0; i < 12; ++i) {
      auto child = ::fork();
      REQUIRE(child >= 0);
      if (child == 0) {
        ::close(gate[1]);
        char open = 0;
        (void)!::read(gate[0], &open, 1); // its end
        auto opened = data_directory::open(scratch / "data", "x", small());
        ::_exit(opened ? 0 : opened.error().exit_code());
      }
      starts.push_back(child);
    }
    ::close(gate[0]);
    ::close(gate[1]);
    int running = 0;
    for (auto start : starts) {
      int status = 0;
      ::waitpid(start, &status, 0);
      REQUIRE(WIFEXITED(status));
      auto code = WEXITSTATUS(status);
      CHECK((code == 0 || code == 78));
      running += code == 0 ? 1 : 0;
    }
    CHECK(running > 0);
    CHECK(std::distance(std::filesystem::directory_iterator{scratch.path()}, {}) == 1);
  }
}
