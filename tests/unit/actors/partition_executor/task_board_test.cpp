#include "actors/partition_executor/task_board.hpp"

#include <map>
#include <random>
#include <set>

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;

namespace {

/// Stages without operators: a board looks at the shape only.
class plan_shape final : public plan::physical_plan {
public:
  /// stages[i]: the stages that stage i reads; none = a source stage.
  explicit plan_shape(const std::vector<std::vector<std::uint32_t>>& reads) {
    for (std::uint32_t i = 0; i < reads.size(); ++i) {
      plan::stage stage;
      stage.index = stage_index{i};
      stage.reads_text = reads[i].empty();
      if (!reads[i].empty()) {
        plan::shuffle shuffle{shuffle_index{static_cast<std::uint32_t>(shuffles_.size())}, stage.index, {}};
        for (auto writer : reads[i]) {
          shuffle.writers.push_back(stage_index{writer});
          stages_[writer].writes.push_back(shuffle.index);
        }
        stage.reads.push_back(shuffle.index);
        shuffles_.push_back(shuffle);
      }
      stages_.push_back(stage);
    }
  }

  const std::vector<plan::stage>& stages() const override { return stages_; }
  const std::vector<plan::shuffle>& shuffles() const override { return shuffles_; }
  const std::vector<plan::output>& outputs() const override { return outputs_; }
  const std::string& description() const override { return description_; }
  std::uint64_t fingerprint() const override { return 0; }
  result<plan::task_result> run(const plan::task_input&) const override {
    return fail(error_code::failed, "never run");
  }

private:
  std::vector<plan::stage> stages_;
  std::vector<plan::shuffle> shuffles_;
  std::vector<plan::output> outputs_;
  std::string description_;
};

std::shared_ptr<const plan::physical_plan> word_count_plan() {
  return std::make_shared<plan_shape>(std::vector<std::vector<std::uint32_t>>{{}, {0}});
}

constexpr attempt first_attempt{epoch{1}, view_id{1}}, second_attempt{epoch{1}, view_id{2}};

run_batch batch(std::uint64_t id, std::size_t splits, const attempt& of = first_attempt, std::uint32_t executors = 1) {
  run_batch made{of, {}, placement::of_one_node(executors)};
  made.record.id = batch_id{id};
  made.record.splits.resize(splits);
  return made;
}

map_output_ready map_ended(std::uint64_t id, std::uint32_t task, const attempt& of = first_attempt) {
  return {of, batch_id{id}, stage_index{0}, task_index{task}};
}

executor_place executor(std::uint32_t index) { return {node_id{0}, index}; }

using given_task = std::tuple<std::uint64_t, std::uint32_t, std::uint32_t>; ///< batch, stage, index

std::vector<given_task> all_of(task_board& board) {
  std::vector<given_task> tasks;
  while (auto next = board.next())
    tasks.emplace_back(next->record->id.value, next->stage.value, next->index.value);
  return tasks;
}

} // namespace

TEST_CASE("an executor runs the tasks of its own index, each once", "[task_board]") {
  task_board board{word_count_plan(), 3, executor(1)};
  board.announced(batch(1, 5, first_attempt, 2));
  CHECK(all_of(board) == std::vector<given_task>{{1, 0, 1}, {1, 0, 3}});
  board.announced(batch(1, 5, first_attempt, 2)); // repeated
  CHECK(all_of(board).empty());
}

TEST_CASE("a reduce task waits for every map task of its batch, also for those that ended before the announcement",
          "[task_board]") {
  task_board board{word_count_plan(), 2, executor(0)};
  board.output_ready(map_ended(1, 2));
  board.announced(batch(1, 3));
  CHECK(all_of(board).size() == 3); // maps only
  board.output_ready(map_ended(1, 0));
  board.output_ready(map_ended(1, 0));
  CHECK(all_of(board).empty());
  board.output_ready(map_ended(1, 1));
  CHECK(all_of(board) == std::vector<given_task>{{1, 1, 0}, {1, 1, 1}});
}

TEST_CASE("the oldest batch goes first, and a younger one fills the time in which it waits", "[task_board]") {
  task_board board{word_count_plan(), 1, executor(0)};
  board.announced(batch(2, 1));
  board.announced(batch(1, 2));
  CHECK(all_of(board) == std::vector<given_task>{{1, 0, 0}, {1, 0, 1}, {2, 0, 0}});
  for (auto task : {map_ended(2, 0), map_ended(1, 0), map_ended(1, 1)})
    board.output_ready(task);
  CHECK(all_of(board) == std::vector<given_task>{{1, 1, 0}, {2, 1, 0}});
}

TEST_CASE("a newer attempt starts from nothing, and an older one is heard no more", "[task_board]") {
  task_board board{word_count_plan(), 1, executor(0)};
  board.announced(batch(1, 1));
  CHECK(all_of(board).size() == 1);
  CHECK(board.current(batch_id{1}, first_attempt));
  board.announced(batch(1, 1, second_attempt));
  CHECK_FALSE(board.current(batch_id{1}, first_attempt));
  CHECK(all_of(board) == std::vector<given_task>{{1, 0, 0}});
  board.output_ready(map_ended(1, 0, first_attempt));
  board.announced(batch(1, 1, first_attempt));
  CHECK(all_of(board).empty());
  board.output_ready(map_ended(1, 0, second_attempt));
  CHECK(all_of(board) == std::vector<given_task>{{1, 1, 0}});
}

TEST_CASE("no task of an older view is given out once a newer view is known", "[task_board]") {
  task_board board{word_count_plan(), 1, executor(0)};
  board.announced(batch(1, 1));
  board.announced(batch(2, 1, second_attempt));
  CHECK(all_of(board) == std::vector<given_task>{{2, 0, 0}});
  board.announced(batch(1, 1, second_attempt));
  CHECK(all_of(board) == std::vector<given_task>{{1, 0, 0}});
}

TEST_CASE("a committed batch, and all before it, are forgotten for good", "[task_board]") {
  task_board board{word_count_plan(), 1, executor(0)};
  for (std::uint64_t id : {1, 2, 3})
    board.announced(batch(id, 1));
  board.forgotten(batch_id{2});
  CHECK_FALSE(board.current(batch_id{1}, first_attempt));
  CHECK_FALSE(board.current(batch_id{2}, first_attempt));
  board.announced(batch(2, 1, second_attempt));
  board.announced(batch(3, 1, second_attempt));
  CHECK(all_of(board) == std::vector<given_task>{{3, 0, 0}});
}

TEST_CASE("a batch without input runs its reduce tasks at once", "[task_board]") {
  task_board board{word_count_plan(), 2, executor(0)};
  board.announced(batch(1, 0));
  CHECK(all_of(board) == std::vector<given_task>{{1, 1, 0}, {1, 1, 1}});
}

namespace {

/// Some executors' boards, whose messages are delivered in random order and at random times, and whose views change.
class executors {
public:
  executors(std::uint64_t seed, std::shared_ptr<const plan_shape> plan)
    : random_{seed}, plan_{std::move(plan)}, partitions_{1 + below(4)}, count_{1 + below(3)} {
    for (std::uint32_t i = 0; i < count_; ++i)
      boards_.emplace_back(plan_, partitions_, executor(i));
    for (std::uint64_t id = 1; id <= batches_; ++id)
      splits_[id] = below(5);
    announce_all();
  }

  void step() {
    if (below(60) == 0 && current_.view.value < 4) {
      current_.view = current_.view.next();
      given_.clear();
      announce_all();
    } else if (below(2) == 0 && !messages_.empty()) {
      deliver(below(static_cast<std::uint32_t>(messages_.size())));
    } else {
      run_one(below(count_));
    }
  }

  void settle() {
    while (!messages_.empty() || run_some())
      if (!messages_.empty())
        deliver(0);
    for (auto& [id, splits] : splits_)
      for (auto& stage : plan_->stages())
        for (std::uint32_t i = 0; i < plan_->task_counts(splits, partitions_)[stage.index.value]; ++i)
          CHECK(given_.count({id, stage.index.value, i}) == 1);
  }

private:
  static constexpr std::uint64_t batches_ = 3;
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

  void announce_all() {
    for (auto& [id, splits] : splits_)
      for (std::uint32_t i = 0; i < count_; ++i)
        messages_.push_back([this, i, what = batch(id, splits, current_, count_)] { boards_[i].announced(what); });
  }

  void deliver(std::uint32_t at) {
    auto message = messages_[at];
    if (below(4) > 0) // now and then it comes again
      messages_.erase(messages_.begin() + at);
    message();
  }

  bool run_some() {
    bool any = false;
    for (std::uint32_t i = 0; i < count_; ++i)
      any = run_one(i) || any;
    return any;
  }

  bool run_one(std::uint32_t executor) {
    auto task = boards_[executor].next();
    if (!task)
      return false;
    auto id = task->record->id.value;
    CHECK(task->index.value % count_ == executor);
    if (task->attempt == current_) {
      CHECK(given_.insert({id, task->stage.value, task->index.value}).second);
      for (auto shuffle : plan_->stages()[task->stage.value].reads)
        for (auto writer : plan_->shuffles()[shuffle.value].writers)
          for (std::uint32_t i = 0; i < plan_->task_counts(splits_[id], partitions_)[writer.value]; ++i)
            CHECK(given_.count({id, writer.value, i}) == 1);
    }
    if (!plan_->stages()[task->stage.value].writes.empty())
      for (std::uint32_t i = 0; i < count_; ++i)
        messages_.push_back([this, i, what = map_output_ready{task->attempt, batch_id{id}, task->stage, task->index}] {
          boards_[i].output_ready(what);
        });
    return true;
  }

  std::mt19937_64 random_;
  std::shared_ptr<const plan_shape> plan_;
  std::uint32_t partitions_;
  std::uint32_t count_;
  std::vector<task_board> boards_;
  std::map<std::uint64_t, std::size_t> splits_;
  attempt current_ = first_attempt;
  std::vector<std::function<void()>> messages_;
  std::set<given_task> given_; ///< of the newest attempt
};

} // namespace

TEST_CASE("each task of the newest attempt runs once, after all that it reads, whatever the messages' order",
          "[task_board]") {
  // A word count, a union before the shuffle, and two shuffles in a row beside a third.
  auto shape = GENERATE(as<std::vector<std::vector<std::uint32_t>>>{}, std::vector<std::vector<std::uint32_t>>{{}, {0}},
                        std::vector<std::vector<std::uint32_t>>{{}, {}, {0, 1}},
                        std::vector<std::vector<std::uint32_t>>{{}, {0}, {0, 1}, {2}});
  auto plan = std::make_shared<plan_shape>(shape);
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    executors all{seed, plan};
    for (int i = 0; i < 200; ++i)
      all.step();
    all.settle();
  }
}

TEST_CASE("without room only the oldest batch's tasks are given out", "[task_board]") {
  task_board board{word_count_plan(), 1, executor(0)};
  board.announced(batch(1, 2));
  board.announced(batch(2, 1));
  auto without_room = [&] {
    auto next = board.next(false);
    return next ? given_task{next->record->id.value, next->stage.value, next->index.value} : given_task{};
  };
  CHECK(without_room() == given_task{1, 0, 0});
  CHECK(without_room() == given_task{1, 0, 1});
  CHECK(without_room() == given_task{});
  board.output_ready(map_ended(1, 0));
  board.output_ready(map_ended(1, 1));
  CHECK(without_room() == given_task{1, 1, 0});
  CHECK(without_room() == given_task{});
  board.forgotten(batch_id{1});
  CHECK(without_room() == given_task{2, 0, 0});
}

TEST_CASE("a batch of an older attempt is on its way to its commit, and holds nobody up", "[task_board]") {
  task_board board{word_count_plan(), 1, executor(0)};
  board.announced(batch(1, 1));
  CHECK(all_of(board).size() == 1);
  board.announced(
    batch(2, 1, second_attempt)); // the first one staged before the view changed: it is not announced again
  CHECK(board.next(false));
}

TEST_CASE("the next task costs the same whatever the number of tasks", "[task_board]") {
  task_board board{word_count_plan(), 1, executor(0)};
  constexpr std::uint32_t splits = 200'000; // walking over those given each time would take hours
  board.announced(batch(1, splits));
  for (std::uint32_t task = 0; task < splits; ++task) {
    auto next = board.next();
    REQUIRE((next && next->index.value == task));
    board.output_ready(map_ended(1, task));
  }
  CHECK(all_of(board) == std::vector<given_task>{{1, 1, 0}});
}

TEST_CASE("tasks of one stage of a small batch go together, those of a large one alone", "[task_board]") {
  auto bytes = GENERATE(as<std::uint64_t>{}, limits::split_bytes, limits::split_bytes + 1);
  auto together = bytes == limits::split_bytes;
  task_board board{word_count_plan(), 4, executor(0)};
  auto announced = batch(1, 3, first_attempt, 2);
  announced.record.bytes = bytes;
  board.announced(announced);
  auto maps = board.next_tasks();
  CHECK(maps.size() == (together ? 2 : 1)); // 0 and 2 are this executor's
  CHECK(maps.front().index == task_index{0});
  if (!together)
    CHECK(board.next_tasks().size() == 1);
  CHECK(board.next_tasks().empty()); // reduce tasks wait
  for (std::uint32_t task = 0; task < 3; ++task)
    board.output_ready(map_ended(1, task));
  auto reduces = board.next_tasks();
  CHECK(reduces.size() == (together ? 2 : 1));
  CHECK(reduces.back().stage == stage_index{1});
  CHECK(reduces.back().index == task_index{together ? 2u : 0u});
}
