#include <catch2/catch.hpp>

#include "tests/unit/actors/batch_coordinator/core_world.hpp"

using namespace weir;
using namespace weir::actors;
using namespace weir::actors::core_test;

using numbers = std::vector<std::uint64_t>;
using requests = std::vector<std::pair<std::uint64_t, std::uint32_t>>;

TEST_CASE("a batch is committed when all its tasks have ended, with what they staged", "[coordinator_core]") {
  world w;
  w.claim();
  auto batch = w.seal();
  w.forget();
  w.end_task(batch, 0, 0).end_task(batch, 1, 1, {part("shown", 1)}).end_task(batch, 1, 1, {part("shown", 1)});
  CHECK(w.order().empty());
  CHECK(w.core->count_phases().staged == 0);
  w.end_task(batch, 1, 0, {part("shown", 0), part("files", 0)});
  CHECK(w.order() == "!C");
  CHECK(w.wanted<at_fault_point>().at(0).name == std::string{"coordinator.all_staged"});
  auto commit = w.said<commit_batch>().at(0);
  CHECK(commit.epoch == own_epoch);
  CHECK(commit.record == log::commit_record{batch_id{batch},
                                            w.records[0].time_ms,
                                            own_epoch,
                                            w.runs[batch].attempt.view,
                                            {part("files", 0), part("shown", 0), part("shown", 1)},
                                            10});
  CHECK(w.core->count_phases().staged == 1);
}

TEST_CASE("what a committed batch took and made is let go of, and its outputs are asked", "[coordinator_core]") {
  world w;
  w.claim();
  auto batch = w.seal(2);
  w.compute(batch).forget();
  w.pass(20ms);
  w.commit(batch);
  CHECK(w.order() == "!rFPP");
  CHECK(w.wanted<at_fault_point>().at(0).name == std::string{"coordinator.commit_known"});
  CHECK(w.said<release_blocks>().at(0).coordinator == own_epoch);
  CHECK(w.said<release_blocks>().at(0).ranges == w.records[0].splits[0].blocks);
  CHECK(w.said<forget_batch>().at(0).epoch == own_epoch);
  CHECK(w.said<forget_batch>().at(0).batch == batch_id{batch});
  auto publish = w.said<publish_batch>().at(0);
  CHECK(publish.epoch == own_epoch);
  CHECK(publish.record.parts.size() == 2);
  CHECK(publish.oldest == batch_id{batch});
  CHECK(w.core->count_phases().committed == 1);
  auto& summary = w.told->committed.at(0);
  CHECK(summary.batch == batch_id{batch});
  CHECK(summary.records == 10);
  CHECK(summary.bytes == 200);
  CHECK(summary.outputs == std::vector{files, shown});
  CHECK(summary.scheduling_delay_us == 200);
  CHECK(summary.processing_us == 20'000 + 29'800); // the batch was announced 0.2 ms after a multiple of the interval
  w.forget();
  w.commit(batch); // repeated
  CHECK(w.order().empty());
  CHECK(w.told->committed.size() == 1);
}

TEST_CASE("batches are committed in their order, whichever is computed first", "[coordinator_core]") {
  world w;
  w.claim();
  numbers batches{w.seal(), w.seal(), w.seal()};
  w.forget();
  w.compute(batches[2]).compute(batches[1]);
  CHECK(w.order().empty());
  w.compute(batches[0]);
  CHECK(w.committing() == batches);
  CHECK(w.order() == "!C!C!C");
}

// A log writer that dies may have written a commit, and not said so: its successor answers the next one first (seed 3588).
TEST_CASE("the word of a commit is that of all before it, and they are concluded in their order",
          "[coordinator_core]") {
  world w;
  w.claim();
  numbers batches{w.seal(), w.seal(), w.seal()};
  w.compute(batches[0]).compute(batches[1]).compute(batches[2]).forget();
  w.commit(batches[1]);
  CHECK(w.order() == "!rF!rFPPPP");
  CHECK(w.publishing() == requests{{batches[0], 0}, {batches[0], 1}, {batches[1], 0}, {batches[1], 1}});
  CHECK(w.told->committed.at(0).batch == batch_id{batches[0]});
  CHECK(w.told->committed.at(1).batch == batch_id{batches[1]});
  CHECK(w.core->count_phases().staged == 1);
  w.forget();
  w.commit(batches[0]); // late
  CHECK(w.order().empty());
}

TEST_CASE("a commit that nobody asked for changes nothing", "[coordinator_core]") {
  world w;
  w.claim();
  auto batch = w.seal();
  w.forget();
  w.commit(batch).commit(batch + 1);
  CHECK(w.order().empty());
  CHECK(w.core->count_phases().committed == 0);
}

TEST_CASE("each output publishes in the order of the batches, and does not wait for another", "[coordinator_core]") {
  world w;
  w.claim();
  numbers batches{w.seal(), w.seal()};
  for (auto batch : batches)
    w.compute(batch);
  w.forget();
  w.commit(batches[0]);
  CHECK(w.publishing() == requests{{batches[0], 0}, {batches[0], 1}});
  w.publish(batches[0], shown).forget();
  w.commit(batches[1]);
  CHECK(w.publishing() == requests{{batches[1], 0}, {batches[1], 1}});
  auto messages = w.said<publish_batch>();
  CHECK(messages.at(0).oldest == batch_id{batches[0]});
  CHECK(messages.at(1).oldest == batch_id{batches[1]});
}

TEST_CASE("text files are not asked for a batch without records for them, and other outputs are",
          "[coordinator_core]") {
  world w;
  w.claim();
  auto batch = w.seal();
  w.end_task(batch, 0, 0).end_task(batch, 1, 0).end_task(batch, 1, 1).forget();
  w.commit(batch);
  CHECK(w.publishing() == requests{{batch, 1}});
}

TEST_CASE("a batch is over when all its outputs have published it, and gone when that is logged",
          "[coordinator_core]") {
  world w;
  w.claim();
  auto batch = w.seal();
  w.compute(batch).commit(batch).forget();
  w.publish(batch, shown).publish(batch, shown);
  CHECK(w.order().empty());
  CHECK(w.told->done.empty());
  w.publish(batch, files);
  CHECK(w.order() == "f");
  CHECK(w.said<finish_batch>().at(0).epoch == own_epoch);
  CHECK(w.said<finish_batch>().at(0).batch == batch_id{batch});
  CHECK(w.told->done == numbers{batch});
  CHECK(w.core->count_phases().committed == 0);
  w.publish(batch, files);
  CHECK(w.told->done == numbers{batch});
  w.forget();
  w.finish(batch).retry();
  CHECK(w.order() == "yF"); // nothing is left to ask for
}

TEST_CASE("a batch that no output has to show is over when it is committed", "[coordinator_core]") {
  world w;
  struct text_only : small_plan {
    const std::vector<plan::output>& outputs() const override {
      static const std::vector<plan::output> one{small_plan{}.outputs().front()};
      return one;
    }
  };
  w.facts.plan = std::make_shared<text_only>();
  w.claim();
  auto batch = w.seal();
  w.end_task(batch, 0, 0).end_task(batch, 1, 0).end_task(batch, 1, 1).forget();
  w.commit(batch);
  CHECK(w.order() == "!rFf");
  CHECK(w.told->done == numbers{batch});
  CHECK(w.told->committed.at(0).outputs.empty());
}

TEST_CASE("what an older coordinator's, another attempt's or an unknown batch's message says changes nothing",
          "[coordinator_core]") {
  world w;
  w.claim();
  auto staged = w.seal(), open = w.seal();
  w.compute(staged).forget();
  auto attempt = w.runs[open].attempt;
  auto epoch = GENERATE(older_epoch, weir::epoch{6}, weir::epoch{0});
  w.tell(batch_sealed{epoch, batch_id{open}});
  w.tell(batch_committed{epoch, batch_id{staged}});
  w.tell(batch_published{epoch, batch_id{staged}, files});
  w.tell(batch_finished{epoch, batch_id{staged}});
  w.tell(batch_amended{epoch, batch_id{open}, 1});
  w.tell(seal_impossible{epoch, batch_id{open}});
  w.tell(coordination_lost{epoch, own_epoch});
  w.tell(coordination_claimed{incarnation, epoch});
  w.compute(open); // with the right attempt, but for the last task
  CHECK(w.committing() == numbers{open});
  CHECK(w.order() == "!C");
  CHECK(w.core->count_phases().sealed == 0);
  auto late = w.seal();
  w.forget();
  for (auto other : {actors::attempt{epoch, attempt.view}, actors::attempt{own_epoch, attempt.view.next()},
                     actors::attempt{own_epoch, view_id{attempt.view.value - 1}}}) {
    w.end_task(late, 0, 0, {}, other).end_task(late, 1, 0, {}, other).end_task(late, 1, 1, {}, other);
    w.tell(task_poisoned{other, batch_id{late}, true, {}, "no"});
  }
  CHECK(w.order().empty());
  CHECK(w.told->warnings.empty());
}

TEST_CASE("only a published batch is forgotten", "[coordinator_core]") {
  world w;
  w.claim();
  auto batch = w.seal();
  w.finish(batch);
  w.compute(batch);
  CHECK(w.committing() == numbers{batch});
}

namespace {

/// Its first output goes to text files and is printed as well.
class plan_that_shows_files final : public small_plan {
public:
  plan_that_shows_files() { both_[0].targets.push_back(both_[1].targets[0]); }
  const std::vector<plan::output>& outputs() const override { return both_; }

private:
  std::vector<plan::output> both_ = small_plan::outputs();
};

} // namespace

TEST_CASE("of a batch without records text outputs are asked for nothing, but those that show something else, too",
          "[coordinator_core]") {
  for (auto shows_files : {false, true}) {
    world w;
    if (shows_files)
      w.facts.plan = std::make_shared<plan_that_shows_files>();
    w.claim();
    auto batch = w.seal();
    w.end_task(batch, 0, 0).end_task(batch, 1, 0).end_task(batch, 1, 1).forget();
    w.commit(batch);
    auto all = requests{{batch, files.value}, {batch, shown.value}};
    CHECK(w.publishing() == (shows_files ? all : requests{{batch, shown.value}}));
  }
}
