#include "actors/checkpoint_writer/group_commit.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "libstream/log/memory_store.hpp"

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;
using words = std::vector<std::string>;

namespace {

constexpr group_commit::time_point start{};

/// A group commit, and a log thread that writes when it is told to.
class small_writer {
public:
  explicit small_writer(std::chrono::microseconds batch_interval = 100ms) : commits{batch_interval} {}

  /// A step that writes its name, and is answered with it.
  write_step step(const std::string& name, std::uint64_t bytes = 0) {
    write_step made;
    made.changes.put(log::table::meta, "key", name);
    made.look_up = [this, name](auto&, auto&) -> result<void> {
      order_.push_back(name);
      return {};
    };
    made.answer = [this, name] { answered.push_back(name); };
    made.bytes = bytes;
    return made;
  }
  write_step freeing(const std::string& name) {
    auto made = step(name);
    made.frees = true;
    return made;
  }
  /// One that only waits for its turn.
  write_step repeat(const std::string& name) {
    write_step made;
    made.answer = [this, name] { answered.push_back(name); };
    return made;
  }

  /// Does as it is told; the groups go to the log thread.
  void carry_out(group_commit::actions next) {
    for (auto& each : next.post)
      posted.push_back(std::move(each));
    if (next.words)
      said.push_back(*next.words);
    if (next.wait)
      wait = next.wait;
    if (next.pause)
      pause = next.pause;
    for (auto& each : next.durable)
      each.answer();
  }

  /// The log thread takes its oldest group; it says what it has written.
  words write_one(group_commit::time_point now = start) {
    auto written = take();
    carry_out(commits.written(now));
    return written;
  }
  words take() {
    REQUIRE_FALSE(posted.empty());
    auto group = std::move(posted.front());
    posted.pop_front();
    order_.clear();
    REQUIRE(group.group->write(store).has_value());
    return order_;
  }
  /// It takes its oldest group and finds no room; those behind it are left alone.
  void find_no_room(group_commit::time_point now = start) {
    REQUIRE_FALSE(posted.empty());
    take();
    posted.clear();
    carry_out(commits.refused(now, "no space left on device"));
  }

  group_commit commits;
  log::memory_store store;
  std::deque<group_commit::posted_group> posted;
  words answered, said;
  std::optional<group_commit::wait_for_company> wait;
  std::optional<std::uint64_t> pause;

private:
  words order_;
};

} // namespace

TEST_CASE("what comes before the log thread takes a group goes into it, and what comes later into the next",
          "[group_commit]") {
  small_writer writer;
  writer.carry_out(writer.commits.add(writer.step("a")));
  writer.carry_out(writer.commits.add(writer.step("b")));
  REQUIRE(writer.posted.size() == 1);
  CHECK(writer.take() == words{"a", "b"});
  writer.carry_out(writer.commits.add(writer.step("c")));
  CHECK(writer.answered.empty()); // nothing is durable yet
  writer.carry_out(writer.commits.written(start));
  CHECK(writer.answered == words{"a", "b"});
  CHECK(writer.write_one() == words{"c"});
  CHECK(writer.answered == words{"a", "b", "c"});
  CHECK(writer.posted.empty());
}

TEST_CASE("a step that writes nothing is answered in its turn", "[group_commit]") {
  small_writer writer;
  writer.carry_out(writer.commits.add(writer.step("a")));
  writer.carry_out(writer.commits.add(writer.repeat("a again")));
  writer.carry_out(writer.commits.add(writer.step("b")));
  CHECK(writer.answered.empty());
  CHECK(writer.write_one() == words{"a", "b"});
  CHECK(writer.answered == words{"a", "a again", "b"});
}

TEST_CASE("a transaction is bounded in its bytes, but takes any one step", "[group_commit]") {
  small_writer writer;
  auto half = write_group::most_bytes / 2;
  for (auto name : {"a", "b", "c"})
    writer.carry_out(writer.commits.add(writer.step(name, half)));
  writer.carry_out(writer.commits.add(writer.step("large", 3 * write_group::most_bytes)));
  writer.carry_out(writer.commits.add(writer.step("d")));
  CHECK(writer.write_one() == words{"a", "b"});
  CHECK(writer.write_one() == words{"c"});
  CHECK(writer.write_one() == words{"large"});
  CHECK(writer.write_one() == words{"d"});
}

TEST_CASE("what can wait goes with the next step, in its order, or after its time", "[group_commit]") {
  small_writer writer;
  writer.carry_out(writer.commits.add_later(writer.freeing("end"), 20ms));
  CHECK(writer.posted.empty());
  REQUIRE(writer.wait);
  CHECK(writer.wait->length == 20ms);
  SECTION("with the next step") {
    writer.carry_out(writer.commits.add(writer.step("a")));
    CHECK(writer.write_one() == words{"end", "a"});
    auto over = writer.wait->flushes;
    writer.carry_out(writer.commits.add_later(writer.freeing("younger"), 20ms));
    writer.carry_out(writer.commits.waited(over)); // the wait of a step that has gone
    CHECK(writer.posted.empty());
    writer.carry_out(writer.commits.waited(writer.wait->flushes));
    CHECK(writer.write_one() == words{"younger"});
  }
  SECTION("after its time") {
    writer.carry_out(writer.commits.waited(writer.wait->flushes));
    CHECK(writer.write_one() == words{"end"});
  }
  SECTION("after a shorter wait that is asked for meanwhile, not after a longer one") {
    writer.wait.reset();
    writer.carry_out(writer.commits.add_later(writer.step("patient"), 30ms));
    CHECK_FALSE(writer.wait);
    writer.carry_out(writer.commits.add_later(writer.step("hasty"), 1ms));
    REQUIRE(writer.wait);
    CHECK(writer.wait->length == 1ms);
    writer.carry_out(writer.commits.waited(writer.wait->flushes));
    CHECK(writer.write_one() == words{"end", "patient", "hasty"});
  }
}

TEST_CASE("blocks and seals of short batches wait for the commit, up to half a batch and so many bytes",
          "[group_commit]") {
  small_writer quick{2ms};
  quick.carry_out(quick.commits.add_lingering(quick.step("blocks", 1000)));
  quick.carry_out(quick.commits.add_lingering(quick.step("seal")));
  CHECK(quick.posted.empty());
  REQUIRE(quick.wait);
  CHECK(quick.wait->length == 1ms);
  quick.carry_out(quick.commits.add(quick.step("commit")));
  CHECK(quick.write_one() == words{"blocks", "seal", "commit"});

  quick.carry_out(quick.commits.add_lingering(quick.step("many", group_commit::lingering_bytes - 1)));
  CHECK(quick.posted.empty());
  quick.carry_out(quick.commits.add_lingering(quick.step("too many", 2)));
  CHECK(quick.write_one() == words{"many", "too many"});

  small_writer slow{group_commit::short_batch + 1ms};
  slow.carry_out(slow.commits.add_lingering(slow.step("blocks")));
  CHECK(slow.write_one() == words{"blocks"});
}

TEST_CASE("while the disk is full all is kept in its order, and goes on when there is room", "[group_commit]") {
  small_writer writer;
  for (auto name : {"a", "b"})
    writer.carry_out(writer.commits.add(writer.step(name, write_group::most_bytes)));
  writer.carry_out(writer.commits.add_later(writer.step("waits"), 20ms));
  REQUIRE(writer.posted.size() == 2);
  writer.find_no_room();
  CHECK(writer.commits.pauses());
  CHECK(writer.said == words{"no space left on device; waiting until there is room, nothing is lost"});
  REQUIRE(writer.pause);
  writer.carry_out(writer.commits.add(writer.step("c")));
  writer.carry_out(writer.commits.add_later(writer.step("d"), 1ms));
  CHECK(writer.posted.empty()); // nothing is tried before the pause is over
  CHECK(writer.answered.empty());

  writer.carry_out(writer.commits.try_again(*writer.pause, start + 1s));
  REQUIRE(writer.posted.size() == 2);
  CHECK(writer.posted[0].tries_again);
  CHECK_FALSE(writer.posted[1].tries_again);
  writer.carry_out(writer.commits.add(writer.step("e"))); // behind all that is tried
  CHECK(writer.posted.size() == 2);
  CHECK(writer.write_one(start + 1s) == words{"a"});
  CHECK(writer.commits.pauses());
  CHECK(writer.write_one(start + 2s) == words{"b", "waits", "c", "d"});
  CHECK_FALSE(writer.commits.pauses());
  CHECK(writer.said.back() == "there is room again after 2000 ms; going on");
  CHECK(writer.write_one() == words{"e"});
  CHECK(writer.answered == words{"a", "b", "waits", "c", "d", "e"});
}

TEST_CASE("what only frees goes first when a full disk is tried again, in a transaction of its own", "[group_commit]") {
  small_writer writer;
  writer.carry_out(writer.commits.add(writer.step("a")));
  writer.find_no_room();
  writer.carry_out(writer.commits.add(writer.step("b")));
  writer.carry_out(writer.commits.add_later(writer.freeing("end of 1"), 20ms));
  writer.carry_out(writer.commits.add_later(writer.freeing("end of 2"), 20ms));
  writer.carry_out(writer.commits.try_again(*writer.pause, start));
  REQUIRE(writer.posted.size() == 2);
  CHECK(writer.write_one() == words{"end of 1", "end of 2"});
  CHECK(writer.answered == words{"end of 1", "end of 2"});
  writer.find_no_room(); // not enough: the rest is tried once more
  CHECK(writer.commits.pauses());
  writer.carry_out(writer.commits.try_again(*writer.pause, start));
  CHECK(writer.write_one() == words{"a", "b"});
  CHECK(writer.answered == words{"end of 1", "end of 2", "a", "b"});
}

TEST_CASE("repeats while the disk is full are dropped: whoever asks asks again", "[group_commit]") {
  small_writer writer;
  writer.carry_out(writer.commits.add(writer.step("a")));
  writer.carry_out(writer.commits.add(writer.repeat("before")));
  writer.find_no_room();
  for (int i = 0; i < 10; ++i)
    writer.carry_out(writer.commits.add(writer.repeat("a again")));
  writer.carry_out(writer.commits.add_later(writer.repeat("end again"), 1ms));
  writer.carry_out(writer.commits.try_again(*writer.pause, start));
  CHECK(writer.write_one() == words{"a"});
  CHECK(writer.answered == words{"a", "before"});
}

TEST_CASE("the end of a pause counts once, and only for the newest pause", "[group_commit]") {
  small_writer writer;
  writer.carry_out(writer.commits.add(writer.step("a")));
  writer.find_no_room();
  auto first = *writer.pause;
  writer.carry_out(writer.commits.try_again(first, start));
  writer.find_no_room();
  REQUIRE(*writer.pause != first);
  writer.carry_out(writer.commits.try_again(first, start)); // that timer came late
  CHECK(writer.posted.empty());
  writer.carry_out(writer.commits.try_again(*writer.pause, start));
  CHECK(writer.write_one() == words{"a"});
}

TEST_CASE("a full disk keeps so many steps and no more, also of those that are being tried", "[group_commit]") {
  small_writer writer;
  writer.carry_out(writer.commits.add(writer.step("0")));
  writer.find_no_room();
  for (std::size_t kept = 1; kept < group_commit::most_kept; ++kept) {
    REQUIRE_FALSE(writer.commits.is_full());
    writer.carry_out(writer.commits.add(writer.step(std::to_string(kept))));
  }
  CHECK(writer.commits.is_full());
  writer.carry_out(writer.commits.try_again(*writer.pause, start));
  CHECK(writer.commits.is_full());
  CHECK(writer.write_one().size() == group_commit::most_kept);
  CHECK_FALSE(writer.commits.is_full());
}

TEST_CASE("a pause in which nothing was kept ends by itself", "[group_commit]") {
  small_writer writer;
  writer.carry_out(writer.commits.add(writer.step("a")));
  writer.find_no_room();
  writer.carry_out(writer.commits.try_again(*writer.pause, start));
  CHECK(writer.write_one() == words{"a"});
  CHECK_FALSE(writer.commits.pauses());
  writer.carry_out(writer.commits.add(writer.step("b")));
  CHECK(writer.write_one() == words{"b"});
}

namespace {

/// One day of a writer, with waits, full groups and a full disk. What it wrote, answered and said, in order.
words play_day(small_writer& writer, group_commit::time_point now) {
  words diary;
  auto note = [&](const std::string& what, const words& names = {}) {
    auto line = what;
    for (auto& name : names)
      line += " " + name;
    diary.push_back(line);
  };
  auto news = [&] {
    note("answered", std::exchange(writer.answered, {}));
    note("said", std::exchange(writer.said, {}));
    note("groups " + std::to_string(writer.posted.size()) + (writer.commits.pauses() ? " pauses" : "") +
         (writer.commits.is_full() ? " full" : ""));
    if (auto wait = std::exchange(writer.wait, {}))
      note("waits " + std::to_string(wait->length.count()));
    if (std::exchange(writer.pause, {}))
      note("pauses anew");
  };
  writer.carry_out(writer.commits.add_later(writer.step("late"), 5ms));
  news();
  writer.carry_out(writer.commits.add_lingering(writer.step("lingers", 1000)));
  writer.carry_out(writer.commits.add_lingering(writer.step("too large", group_commit::lingering_bytes)));
  news();
  writer.carry_out(writer.commits.add_later(writer.step("next"), 3ms));
  auto wait = writer.wait;
  news();
  if (wait)
    writer.carry_out(writer.commits.waited(wait->flushes));
  news();
  while (!writer.posted.empty())
    note("wrote", writer.write_one(now));
  news();
  writer.carry_out(writer.commits.add(writer.step("a")));
  writer.find_no_room(now);
  auto pause = writer.pause;
  writer.carry_out(writer.commits.add(writer.freeing("frees")));
  writer.carry_out(writer.commits.add(writer.repeat("repeat")));
  news();
  writer.carry_out(writer.commits.try_again(*pause, now + 1s));
  for (auto& each : writer.posted)
    note(each.tries_again ? "first" : "behind");
  while (!writer.posted.empty())
    note("wrote", writer.write_one(now + 2s));
  writer.carry_out(writer.commits.try_again(*pause, now + 3s));
  news();
  return diary;
}

} // namespace

TEST_CASE("a writer that has waited, been full and gone on does the next day's work as a fresh one does",
          "[group_commit]") {
  for (auto interval : {2ms, 100ms}) {
    small_writer used{interval};
    for (int day = 0; day < 3; ++day) {
      small_writer fresh{interval};
      auto expected = play_day(fresh, start);
      CHECK(expected.size() > 20);
      CHECK(play_day(used, start + day * 24h) == expected);
    }
  }
}
