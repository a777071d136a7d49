#include <algorithm>

#include "actors/batch_coordinator/batch_progress.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;
using state = batch_progress::state;

namespace {

constexpr attempt first_attempt{epoch{1}, view_id{1}}, second_attempt{epoch{1}, view_id{2}};
constexpr output_index counts{0}, words{1};

batch_progress open_batch(std::size_t tasks) {
  log::batch_record record;
  record.id = batch_id{9};
  record.time_ms = 900;
  batch_progress batch{record, tasks};
  batch.announced(first_attempt);
  return batch;
}

log::staged_part part(const std::string& output, std::uint32_t number) { return {output, number, 5, 1, 77}; }

bool map_ends(batch_progress& batch, std::uint32_t task, const attempt& of = first_attempt) {
  return batch.task_finished(of, stage_index{0}, task_index{task}, {}, 10);
}

} // namespace

TEST_CASE("a batch is staged when every task has ended, each counted once", "[batch_progress]") {
  auto batch = open_batch(3);
  CHECK_FALSE(map_ends(batch, 0));
  CHECK_FALSE(map_ends(batch, 0)); // repeated
  CHECK_FALSE(map_ends(batch, 1));
  CHECK_FALSE(batch.all_tasks_ended());
  CHECK(batch.task_finished(first_attempt, stage_index{1}, task_index{0}, {part("counts", 0)}, 0));
  CHECK(batch.all_tasks_ended());
  auto commit = batch.stage(epoch{4});
  CHECK(batch.where() == state::staged);
  CHECK(commit == log::commit_record{batch_id{9}, 900, epoch{4}, view_id{1}, {part("counts", 0)}, 20});
}

TEST_CASE("a batch is computed while its seal is on its way, and a commit proves the seal", "[batch_progress]") {
  auto batch = open_batch(1);
  CHECK(map_ends(batch, 0));
  CHECK_FALSE(batch.is_sealed());
  batch.stage(epoch{1});
  auto also = batch;
  also.seal_logged();
  CHECK(also.is_sealed());
  CHECK(also.where() == state::staged);
  CHECK(batch.commit_logged({counts}));
  CHECK(batch.is_sealed());
}

TEST_CASE("tasks of another attempt do not count, and a new attempt starts from nothing", "[batch_progress]") {
  auto batch = open_batch(2);
  CHECK_FALSE(batch.task_finished(first_attempt, stage_index{0}, task_index{0}, {part("counts", 0)}, 10));
  batch.announced(second_attempt);
  CHECK_FALSE(map_ends(batch, 1, first_attempt));
  CHECK_FALSE(map_ends(batch, 1, second_attempt));
  CHECK(map_ends(batch, 0, second_attempt));
  auto commit = batch.stage(epoch{1});
  CHECK(commit.view == view_id{2});
  CHECK(commit.parts.empty());
  CHECK(commit.records == 20);
}

TEST_CASE("a commit lists its parts in order, whatever the order in which they came", "[batch_progress]") {
  auto order = GENERATE(as<std::vector<std::uint32_t>>{}, std::vector<std::uint32_t>{0, 1, 2},
                        std::vector<std::uint32_t>{2, 0, 1}, std::vector<std::uint32_t>{2, 1, 0});
  auto batch = open_batch(3);
  for (auto task : order)
    batch.task_finished(first_attempt, stage_index{1}, task_index{task}, {part("words", task), part("counts", task)},
                        0);
  auto& parts = batch.stage(epoch{1}).parts;
  CHECK(parts == std::vector{part("counts", 0), part("counts", 1), part("counts", 2), part("words", 0),
                             part("words", 1), part("words", 2)});
}

TEST_CASE("what comes after staging changes the commit no more", "[batch_progress]") {
  auto batch = open_batch(1);
  CHECK(map_ends(batch, 0));
  auto commit = batch.stage(epoch{1});
  CHECK_FALSE(batch.task_finished(first_attempt, stage_index{0}, task_index{1}, {part("counts", 3)}, 5));
  CHECK(batch.commit() == commit);
}

TEST_CASE("a batch is published when all its outputs are", "[batch_progress]") {
  auto batch = open_batch(1);
  CHECK_FALSE(batch.commit_logged({counts, words})); // not staged
  map_ends(batch, 0);
  CHECK_FALSE(batch.output_published(counts)); // not committed
  batch.stage(epoch{1});
  CHECK(batch.commit_logged({counts, words}));
  CHECK_FALSE(batch.commit_logged({counts, words}));
  CHECK_FALSE(batch.output_published(counts));
  CHECK_FALSE(batch.output_published(counts));
  CHECK(batch.unpublished() == std::set{words});
  CHECK(batch.output_published(words));
  CHECK(batch.where() == state::published);
  CHECK_FALSE(batch.output_published(words));
}

TEST_CASE("a batch without tasks and outputs goes its way, too", "[batch_progress]") {
  auto batch = open_batch(0);
  CHECK(batch.all_tasks_ended());
  batch.stage(epoch{1});
  CHECK(batch.commit_logged({}));
  CHECK(batch.where() == state::published);
}

TEST_CASE("a batch that the log says is committed only waits for its outputs", "[batch_progress]") {
  log::commit_record commit;
  commit.id = batch_id{5};
  commit.time_ms = 500;
  batch_progress batch{commit, {counts}};
  CHECK(batch.where() == state::committed);
  CHECK(batch.record().id == batch_id{5});
  CHECK_FALSE(map_ends(batch, 0, attempt{}));
  CHECK(batch.output_published(counts));
}

namespace {

log::exclusion excluded_line(std::uint32_t task, std::uint64_t position) {
  log::exclusion exclusion;
  exclusion.stage = stage_index{0};
  exclusion.task = task_index{task};
  exclusion.position = position;
  return exclusion;
}

} // namespace

TEST_CASE("nothing of an amended batch counts before the amendment is logged and the next attempt begins",
          "[batch_progress]") {
  auto batch = open_batch(2);
  CHECK_FALSE(map_ends(batch, 0));
  CHECK(batch.amend(false, {excluded_line(1, 7)}));
  CHECK(batch.is_amending());
  CHECK_FALSE(map_ends(batch, 1)); // the attempt that failed
  CHECK_FALSE(batch.all_tasks_ended());
  CHECK_FALSE(batch.amendment_logged(0));
  CHECK(batch.amendment_logged(1));
  CHECK_FALSE(batch.amendment_logged(1)); // repeated
  batch.announced(second_attempt);
  CHECK_FALSE(map_ends(batch, 0, second_attempt));
  CHECK(map_ends(batch, 1, second_attempt));
}

TEST_CASE("what two tasks report at once is two amendments, and only the newest lets the batch go on",
          "[batch_progress]") {
  auto batch = open_batch(2);
  CHECK(batch.amend(false, {excluded_line(0, 1)}));
  CHECK_FALSE(batch.amend(false, {excluded_line(0, 1)})); // reported twice
  CHECK(batch.amend(false, {excluded_line(0, 1), excluded_line(1, 2)}));
  CHECK(batch.record().amendment.number == 2);
  CHECK(batch.record().amendment.excluded == std::vector{excluded_line(0, 1), excluded_line(1, 2)});
  CHECK_FALSE(batch.amendment_logged(1)); // an older answer
  CHECK(batch.amendment_logged(2));
}

TEST_CASE("a skipped batch has no tasks, also when the log tells of it", "[batch_progress]") {
  auto batch = open_batch(3);
  CHECK(batch.amend(true, {}));
  CHECK(batch.amendment_logged(1));
  batch_progress recovered{batch.record(), 3};
  for (auto* each : {&batch, &recovered}) {
    each->announced(second_attempt);
    CHECK(each->all_tasks_ended());
    CHECK(each->stage(epoch{1}).parts.empty());
    CHECK(each->commit_logged({}));
    CHECK(each->where() == state::published);
  }
}
