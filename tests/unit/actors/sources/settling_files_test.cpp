#include "actors/sources/settling_files.hpp"

#include <utility>

#include <catch2/catch.hpp>

#include "actors/sources/packed_file.hpp"

using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

constexpr auto settle = 1s;

/// Both clocks, so many milliseconds after their beginning.
look_time at(std::int64_t ms) { return {std::chrono::steady_clock::time_point{1h + ms * 1ms}, (1000'000 + ms) * 1000}; }
/// A file that was modified then.
file_state file(std::uint64_t size, std::int64_t modified_ms) { return {size, (1000'000 + modified_ms) * 1'000'000}; }

/// Looks at one file after the other; a look takes no time.
struct looks {
  settling_files files;
  std::int64_t last_ms = 0;

  void look(std::int64_t ms) {
    auto now = at(ms);
    now.last_ended = at(std::exchange(last_ms, ms)).steady;
    files.begin_look(now);
  }
  void see(const std::string& name, const file_state& state, std::int64_t ms) {
    look(ms);
    files.seen(name, state, at(ms));
  }
};

std::vector<std::string> names_of(const settling_files::news& news) {
  std::vector<std::string> names;
  for (auto& each : news.complete)
    names.push_back(each.name);
  return names;
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("a file is complete once its size and time have stayed the same for the settle time", "[settling]") {
  looks seen{{settle, true, 1}};
  auto& files = seen.files;
  seen.see("x", file(0, 0), 10); // visible before its bytes are
  CHECK(names_of(files.take()).empty());
  CHECK_FALSE(files.at_rest());
  seen.see("x", file(3, 900), 910);
  CHECK(files.due(at(1'800)).empty());
  CHECK(files.due(at(1'900)) == names{"x"});
  seen.see("x", file(6, 1'899), 1'900); // it grew at the last moment
  CHECK(names_of(files.take()).empty());
  CHECK(files.due(at(2'900)) == names{"x"});
  seen.see("x", file(6, 1'899), 2'900);
  auto news = files.take();
  CHECK(news.complete == std::vector<listed_file>{{"x", 6, file(6, 1'899).modified_ns}});
  CHECK(news.changed.empty());
  CHECK(files.at_rest());
  seen.see("x", file(6, 1'899), 3'500);
  CHECK(names_of(files.take()).empty());
}

TEST_CASE("a file that was finished before it was moved in is complete at once, in order of time, then name",
          "[settling]") {
  looks seen{{settle, true, 1}};
  auto& files = seen.files;
  seen.see("c", file(1, -9'000), 0);
  seen.see("b", file(1, -9'000), 0);
  seen.see("a", file(1, -1'000), 0);
  CHECK(names_of(files.take()) == names{"b", "c", "a"});
}

TEST_CASE("a modification time by another machine's clock, or in the future, says nothing", "[settling]") {
  auto trusts = GENERATE(true, false);
  looks seen{{settle, trusts, 1}};
  auto& files = seen.files;
  seen.see("x", file(1, trusts ? 60'000 : -60'000), 0);
  seen.look(100);
  CHECK(files.due(at(999)).empty());
  CHECK(files.due(at(1'000)) == names{"x"});
}

TEST_CASE("a wall clock that is set makes no unfinished file look complete", "[settling]") {
  settling_files files{settle, true, 1};
  auto step = GENERATE(as<std::int64_t>{}, 960, 3'600'000, -3'600'000);
  std::int64_t last_ms = 0;
  auto look = [&](std::int64_t ms, std::int64_t set_by_ms, const file_state& state) {
    auto now = at(ms);
    now.wall_us += set_by_ms * 1000;
    now.last_ended = at(std::exchange(last_ms, ms)).steady;
    files.begin_look(now);
    files.seen("growing", state, now);
    return names_of(files.take());
  };
  CHECK(look(0, 0, file(1, 0)).empty());
  CHECK(look(450, step, file(2, 400)).empty()); // written before the clock was set
  CHECK(look(900, step, file(3, 850 + step)).empty());
  CHECK(look(1'300, step, file(4, 1'250 + step)).empty());
  CHECK(look(2'200, step, file(4, 1'250 + step)).empty());
  CHECK(look(2'300, step, file(4, 1'250 + step)) == names{"growing"});
}

TEST_CASE("a file that is moved in after the wall clock was set is complete at once, after the settle time",
          "[settling]") {
  settling_files files{settle, true, 1};
  auto look = [&](std::int64_t ms, std::int64_t set_by_ms, const std::string& name) {
    auto now = at(ms);
    now.wall_us += set_by_ms * 1000;
    files.begin_look(now);
    files.seen(name, file(1, -60'000), now);
    return names_of(files.take());
  };
  CHECK(look(0, 0, "a") == names{"a"});
  CHECK(look(100, 0, "b") == names{"b"});
  CHECK(look(200, 60'000, "c").empty());
  CHECK(look(1'199, 60'000, "d").empty());
  CHECK(look(1'200, 60'000, "e") == names{"e"});
}

TEST_CASE("a wall clock that a time service corrects little by little is believed", "[settling]") {
  settling_files files{settle, true, 1};
  for (std::int64_t ms = 0; ms < 900'000; ms += 10'000) {
    auto now = at(ms);
    now.wall_us += ms / 2; // 500 millionths
    files.begin_look(now);
    auto name = std::to_string(ms);
    files.seen(name, file(1, -60'000), now);
    CHECK(names_of(files.take()) == names{name});
  }
}

TEST_CASE("a file that changes after it was given is said to have changed, and given again once it is complete",
          "[settling]") {
  looks seen{{settle, true, 1}};
  auto& files = seen.files;
  seen.see("x", file(4, -5'000), 0);
  CHECK(names_of(files.take()) == names{"x"});
  auto changed = GENERATE(file(6, 100), file(4, 100), file(0, 100));
  seen.see("x", changed, 100);
  seen.see("x", changed, 150);
  auto news = files.take();
  CHECK(news.changed == names{"x"});
  CHECK(news.complete.empty());
  CHECK_FALSE(files.at_rest());
  seen.see("x", changed, 1'100);
  news = files.take();
  CHECK(news.changed.empty());
  CHECK(news.complete.size() == (changed.size > 0 ? 1 : 0));
  CHECK(files.at_rest());
}

TEST_CASE("an empty file comes to rest without being given, and is a new one once it has bytes", "[settling]") {
  looks seen{{settle, true, 1}};
  auto& files = seen.files;
  seen.see("x", file(0, -5'000), 0);
  CHECK(files.at_rest());
  CHECK(names_of(files.take()).empty());
  seen.see("x", file(2, 5'000), 6'100);
  auto news = files.take();
  CHECK(news.changed.empty());
  CHECK(names_of(news) == names{"x"});
}

TEST_CASE("files that are gone are forgotten, whether somebody says so or they are missing among all", "[settling]") {
  looks seen{{settle, true, 1}};
  auto& files = seen.files;
  seen.see("read", file(1, -5'000), 0);
  seen.see("unfinished", file(1, 0), 0);
  files.take();
  if (GENERATE(true, false)) {
    files.gone("read");
    files.gone("unfinished");
  } else {
    seen.look(10);
    files.saw_all();
  }
  CHECK(files.at_rest());
  CHECK(files.take().changed.empty());
  seen.see("read", file(2, -3'000), 0); // whether it was read the log knows
  auto news = files.take();
  CHECK(news.changed.empty());
  CHECK(names_of(news) == names{"read"});
}

TEST_CASE("what was seen in a round is kept when it ends, whatever became of it in the round", "[settling]") {
  looks seen{{settle, true, 1}};
  auto& files = seen.files;
  seen.see("read", file(1, -5'000), 0);
  seen.see("unfinished", file(1, 0), 0);
  files.take();
  seen.look(10);
  files.seen("read", file(1, -5'000), at(10));
  files.seen("unfinished", file(1, 0), at(10));
  files.seen("new", file(1, -100), at(10));
  files.saw_all();
  CHECK(files.due(at(1'000)) == names{"new", "unfinished"});
  seen.see("read", file(1, -5'000), 10);
  CHECK(files.take().complete.empty());
}

TEST_CASE("a look that takes long does not make a file seem older than it is known to be", "[settling]") {
  settling_files files{settle, false, 1};
  auto second = at(5'000);
  second.last_ended = at(4'900).steady;
  files.begin_look(at(0));
  files.seen("x", file(1, 4'800), at(0)); // seen at the end of the look
  files.begin_look(second);
  files.seen("x", file(1, 4'800), second);
  CHECK(files.take().complete.empty());
  CHECK(files.due(at(5'899)).empty());
  CHECK(files.due(at(5'900)) == names{"x"});
}

TEST_CASE("a settle time of zero takes every file as it is seen", "[settling]") {
  looks seen{{0s, false, 1}};
  auto& files = seen.files;
  seen.see("x", file(1, 0), 0);
  CHECK(names_of(files.take()) == names{"x"});
}

TEST_CASE("compressed files are known by their first bytes and by their names, and text is none", "[settling]") {
  using namespace std::literals;
  CHECK(packing_of("x", "\x1f\x8b\x08\0\0"sv) == "gzip");
  CHECK(packing_of("x", "\x28\xb5\x2f\xfd"sv) == "zstd");
  CHECK(packing_of("x", "BZh91AY&SY"sv) == "bzip2");
  CHECK(packing_of("x", "\xfd\x37zXZ\0"sv) == "xz");
  CHECK(packing_of("x.gz", "text") == "gzip");
  CHECK(packing_of("x.zst", "text") == "zstd");
  CHECK(packing_of("x.bz2", "text") == "bzip2");
  CHECK(packing_of("x.xz", "") == "xz");
  for (auto text : {"BZhello wor"sv, "BZh"sv, ""sv, "\x1f"sv, "plain text"sv})
    CHECK(packing_of("gz.txt", text.substr(0, packed_file_head_bytes)).empty());
}

TEST_CASE("a file that stays empty is told once, as an earlier run may have read it when it had bytes", "[settling]") {
  looks seen{{settle, true, 1}};
  auto& files = seen.files;
  seen.see("x", file(0, 100), 200);
  CHECK(files.take().empty.empty()); // it may yet be written
  seen.see("x", file(0, 100), 1'100);
  auto news = files.take();
  CHECK(news.empty == names{"x"});
  CHECK(news.complete.empty());
  CHECK(news.changed.empty());
  seen.see("x", file(0, 100), 1'200);
  CHECK(files.take().empty.empty());
  seen.see("x", file(3, 1'300), 2'300);
  CHECK(names_of(files.take()) == names{"x"});
}

TEST_CASE("a file that cannot be read is said once, keeps the input from being idle, and is given again now and then",
          "[settling]") {
  looks seen{{settle, true, 1}};
  auto& files = seen.files;
  auto state = file(3, 100);
  seen.see("x", state, 5'000);
  auto given = files.take().complete;
  REQUIRE(given.size() == 1);
  CHECK(files.hold_back(given[0], at(5'000)));
  CHECK_FALSE(files.at_rest());
  CHECK(files.due(at(5'900)).empty());
  CHECK(files.due(at(6'000)) == names{"x"});
  seen.see("x", state, 6'000);
  seen.files.seen("x", state, at(6'000)); // the same look may tell of it twice
  given = files.take().complete;
  REQUIRE(given.size() == 1);
  CHECK_FALSE(files.hold_back(given[0], at(6'000))); // said before
  CHECK_FALSE(files.at_rest());
  seen.see("x", state, 6'100); // the kernel tells of a new mode: no reason to wait
  auto news = files.take();
  CHECK(names_of(news) == names{"x"});
  CHECK(news.changed.empty());
  files.release("x");
  CHECK(files.at_rest());
  seen.see("x", state, 7'200);
  CHECK(names_of(files.take()).empty());
}

TEST_CASE("a file that was held back settles anew when it has changed, and is forgotten when it is gone",
          "[settling]") {
  looks seen{{settle, true, 1}};
  auto& files = seen.files;
  auto hold = [&](std::int64_t ms) {
    auto given = files.take().complete;
    REQUIRE(given.size() == 1);
    return files.hold_back(given[0], at(ms));
  };
  seen.see("x", file(3, 100), 5'000);
  CHECK(hold(5'000));
  seen.see("x", file(4, 5'500), 5'600);
  CHECK(files.take().complete.empty());
  seen.see("x", file(4, 5'500), 6'600);
  CHECK(hold(6'600)); // this content was not said to be unreadable
  auto whole_listing = GENERATE(false, true);
  seen.look(6'700);
  if (whole_listing)
    files.saw_all();
  else
    files.gone("x");
  CHECK(files.at_rest());
  CHECK(files.due(at(9'000)).empty());
}

TEST_CASE("a file that was given and is replaced by one with the same size and time has changed", "[settling]") {
  looks seen{{settle, true, 1}};
  auto& files = seen.files;
  auto state = file(3, 100);
  state.number = 7;
  state.disk = 1;
  seen.see("x", state, 5'000);
  CHECK(names_of(files.take()) == names{"x"});
  auto moved = state; // behind a link, or by a layered file system: numbers of two disks say nothing
  moved.disk = 2;
  moved.number = 9;
  seen.see("x", moved, 5'100);
  CHECK(files.take().changed.empty());
  state.number = 8;
  seen.see("x", state, 5'200);
  CHECK(files.take().changed == names{"x"});
  seen.see("x", state, 5'300);
  CHECK(files.take().changed.empty()); // once
}
