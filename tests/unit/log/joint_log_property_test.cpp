#include <catch2/catch.hpp>

#include "libstream/log/block_log.hpp"
#include "libstream/log/joint_log.hpp"
#include "libstream/log/memory_store.hpp"
#include "libstream/log/recovery.hpp"
#include "tests/unit/log/drawn_commands.hpp"
#include "tests/unit/log/log_workload.hpp"

using namespace weir;
using namespace weir::log;
using weir::testing::append_event;
using weir::testing::drawn_commands;
using weir::testing::log_event;

namespace {

/// A process: both logs and their store. What it has decided is durable once it is synced.
class process {
public:
  batch_answer take(const log_event& event) {
    if (auto command = std::get_if<batch_command>(&event))
      return log_.apply(*command, parts_of, pending_);
    auto append = std::get<append_event>(event);
    auto verdict = log_.blocks().append(append.input, append.epoch, append.headers);
    if (verdict == verdict::written)
      for (auto& header : append.headers)
        append_block(pending_, header, {}, {});
    return {verdict, {}};
  }
  void sync() {
    REQUIRE(store_.commit(pending_).has_value());
    pending_ = {};
  }
  /// Loses what was not synced.
  void crash() {
    pending_ = {};
    auto loaded = joint_log::load(store_);
    REQUIRE(loaded.has_value());
    log_ = std::move(*loaded);
  }
  const joint_log& log() const { return log_; }
  const memory_store& store() const { return store_; }
  std::uint64_t digest() const { return *weir::testing::digest(store_); }

private:
  static std::vector<staged_bytes> parts_of(const commit_record& record) {
    return std::vector<staged_bytes>(record.parts.size(), staged_bytes{"ab", {}});
  }

  joint_log log_;
  memory_store store_;
  transaction pending_;
};

/// What came, and what one process has answered that lived through it all.
struct history {
  std::vector<log_event> events;
  std::vector<batch_answer> answers;
  std::map<verdict, int> verdicts;
};

history live(std::uint64_t seed, int length, process& lived) {
  drawn_commands commands{seed};
  history past;
  for (int i = 0; i < length; ++i) {
    auto event = commands.next();
    auto answer = lived.take(event);
    lived.sync();
    past.events.push_back(event);
    past.answers.push_back(answer);
    ++past.verdicts[answer.verdict];
    commands.answered(lived.log(), answer);
  }
  return past;
}

constexpr std::uint64_t seeds = 40;
constexpr int length = 300;

} // namespace

TEST_CASE("a log that is loaded after any command stands as the one that has lived through them all", "[joint_log]") {
  std::map<verdict, int> verdicts;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    INFO("seed " << seed);
    process lived;
    auto past = live(seed, length, lived);
    for (auto [verdict, count] : past.verdicts)
      verdicts[verdict] += count;
    process starting_anew;
    for (std::size_t i = 0; i < past.events.size(); ++i) {
      INFO("event " << i);
      REQUIRE(starting_anew.take(past.events[i]) == past.answers[i]);
      starting_anew.sync();
      auto before = starting_anew.log();
      starting_anew.crash();
      REQUIRE(starting_anew.log() == before);
    }
    CHECK(starting_anew.log() == lived.log());
    CHECK(starting_anew.digest() == lived.digest());
  }
  for (auto each :
       {verdict::written, verdict::repeated, verdict::refused, verdict::wait, verdict::never, verdict::superseded}) {
    INFO("verdict " << static_cast<int>(each));
    CHECK(verdicts[each] > 0); // the draws reach each of them
  }
}

TEST_CASE("what a crash has lost is asked again and leads to the same log, wherever it crashes", "[joint_log]") {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    INFO("seed " << seed);
    process lived;
    auto past = live(seed, length, lived);
    std::mt19937_64 random{seed};
    process crashing;
    for (std::size_t i = 0; i < past.events.size();) {
      auto lost = 1 + random() % 8; // in one transaction, which the crash prevents
      auto end = std::min(i + lost, past.events.size());
      for (auto first_try = i; first_try < end; ++first_try)
        REQUIRE(crashing.take(past.events[first_try]) == past.answers[first_try]);
      crashing.crash();
      for (; i < end; ++i)
        REQUIRE(crashing.take(past.events[i]) == past.answers[i]);
      crashing.sync();
    }
    CHECK(crashing.log() == lived.log());
    CHECK(crashing.digest() == lived.digest());
  }
}

TEST_CASE("a second replica that applies the same encoded commands has the same answers, state and store",
          "[joint_log]") {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    INFO("seed " << seed);
    process lived;
    auto past = live(seed, length, lived);
    batch_log replica; // of the batch log alone: blocks are on other nodes
    batch_log original;
    memory_store replica_store, original_store;
    for (std::size_t i = 0; i < past.events.size(); ++i) {
      auto command = std::get_if<batch_command>(&past.events[i]);
      if (!command || past.answers[i].verdict == verdict::never || past.answers[i].verdict == verdict::wait)
        continue; // whoever proposes commands asks the nodes first, and does not propose what waits
      auto travelled = decode_command(encode_command(*command));
      REQUIRE(travelled.has_value());
      REQUIRE(*travelled == *command);
      transaction here, there;
      REQUIRE(original.apply(*command, here) == past.answers[i]);
      REQUIRE(replica.apply(*travelled, there) == past.answers[i]);
      REQUIRE(original_store.commit(here).has_value());
      REQUIRE(replica_store.commit(there).has_value());
    }
    CHECK(replica == original);
    CHECK(replica == lived.log().batches());
    CHECK(*weir::testing::digest(replica_store) == *weir::testing::digest(original_store));
  }
}

TEST_CASE("whatever arrives, batches are sealed and commit in the order of their numbers, and a start can go on",
          "[joint_log]") {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    INFO("seed " << seed);
    process lived;
    auto past = live(seed, length, lived);
    std::vector<batch_id> sealed, committed;
    process again;
    for (std::size_t i = 0; i < past.events.size(); ++i) {
      again.take(past.events[i]);
      again.sync();
      if (i % 20 == 0) {
        auto plan = recover(again.store());
        INFO((plan ? "" : plan.error().message()));
        REQUIRE(plan.has_value());
      }
      auto command = std::get_if<batch_command>(&past.events[i]);
      if (!command || past.answers[i].verdict != verdict::written)
        continue;
      if (auto seal = std::get_if<seal_command>(command))
        sealed.push_back(seal->record.id);
      if (auto commit = std::get_if<commit_command>(command))
        committed.push_back(commit->record.id);
    }
    CHECK(std::is_sorted(sealed.begin(), sealed.end()));
    REQUIRE(committed.size() <= sealed.size());
    CHECK(std::equal(committed.begin(), committed.end(), sealed.begin())); // without one that is passed over
    CHECK(committed.size() > 5);
  }
}
