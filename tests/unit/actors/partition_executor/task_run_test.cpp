#include "actors/partition_executor/task_run.hpp"

#include "libstream/log/keys.hpp"
#include "tests/unit/actors/partition_executor/counting_node.hpp"

using namespace weir;
using namespace weir::actors;
using namespace weir::testing;

namespace {

const std::string first_text = "to be or not\nto be\n", second_text = "that is\nthe question to ask\n";

log::exclusion record_of(std::uint32_t task, std::uint64_t position) {
  return {stage_index{0}, task_index{task}, position, "lines", "a bad line", 0, false};
}

std::vector<std::uint64_t> positions_of(const task_ended& report) {
  std::vector<std::uint64_t> positions;
  for (auto& each : report.excluded)
    positions.push_back(each.position);
  return positions;
}

/// The batch as the coordinator amends it with what a task reported.
log::batch_record amended(log::batch_record record, const task_ended& report) {
  ++record.amendment.number;
  record.amendment.excluded.insert(record.amendment.excluded.end(), report.excluded.begin(), report.excluded.end());
  return record;
}

/// Reads each line of a range as a piece of its own, and an empty range as none.
class source_in_small_pieces final : public plan::replayable_source {
public:
  explicit source_in_small_pieces(std::map<std::string, std::string> texts) : whole_{std::move(texts)} {}
  plan::record_form form() const override { return whole_.form(); }
  result<std::vector<plan::source_partition>> partitions() const override { return whole_.partitions(); }
  result<std::vector<plan::text_piece>> read(const offset_range& range, std::size_t max_record_bytes) const override {
    auto whole = whole_.read(range, max_record_bytes);
    if (!whole)
      return whole;
    std::vector<plan::text_piece> pieces;
    for (auto unread = whole->front().bytes; !unread.empty();) {
      auto line = unread.substr(0, unread.find('\n') + 1);
      pieces.push_back(plan::text_piece_of(line));
      unread.remove_prefix(line.size());
    }
    return pieces;
  }
  std::string describe(std::string_view partition) const override { return whole_.describe(partition); }

private:
  text_source whole_;
};

} // namespace

TEST_CASE("a batch's tasks count what its blocks say, wherever these lie, and once however often they run",
          "[task_run]") {
  counting_node node;
  node.keep_block(1, first_text);
  node.log_block(2, second_text);
  node.keep_block(3, "not of this batch\n");
  auto record = node.batch(1, {node.blocks(1, 2), node.blocks(1, 1)});
  auto parts = node.run_all(record);
  CHECK(node.counts(1) == counted(first_text + second_text + first_text));
  auto again = node.run_all(record);
  CHECK(again == parts);
  CHECK(node.counts(1) == counted(first_text + second_text + first_text));
  node.keep_block(2, second_text); // it came back to memory
  CHECK(node.run_all(record, second_attempt) == parts);
  CHECK(node.counts(1, second_attempt) == counted(first_text + second_text + first_text));
  CHECK(node.counts(1).empty()); // what the older attempt staged is gone
}

TEST_CASE("a task's report says what it read and what it staged", "[task_run]") {
  counting_node node;
  node.services.application->settings.max_record_bytes = 15;
  node.keep_block(1, first_text + second_text);
  auto record = node.batch(9, {node.blocks(1, 1)});
  auto map = node.run(record, 0, 0);
  CHECK(map.attempt == first_attempt);
  CHECK(map.batch == batch_id{9});
  CHECK(map.records == 3);
  CHECK(map.skipped == 1);
  CHECK(map.parts.empty());
  std::uint64_t words = 0;
  for (std::uint32_t part = 0; part < node.partitions; ++part) {
    auto reduce = node.run(record, 1, part);
    CHECK(reduce.stage == stage_index{1});
    CHECK(reduce.task == task_index{part});
    CHECK(reduce.records == 0); // they were counted where they were read
    auto bytes = node.staged(9, "counts", part);
    REQUIRE(reduce.parts.size() == (bytes.empty() ? 0 : 1));
    if (bytes.empty())
      continue;
    CHECK(reduce.parts[0].output == "counts");
    CHECK(reduce.parts[0].part == part);
    CHECK(reduce.parts[0].bytes == bytes.size());
    CHECK(reduce.parts[0].checksum == data::checksum(bytes));
    words += reduce.parts[0].records;
  }
  CHECK(words == counted("to be or not that is").size());
}

TEST_CASE("a block that is nowhere was lost with the seal of its batch, or the log is damaged", "[task_run]") {
  counting_node node;
  node.keep_block(1, first_text);
  auto record = node.batch(1, {node.blocks(1, 3)});
  auto report = node.run(record, 0, 0);
  CHECK(report.lost);
  CHECK_FALSE(report.failed);
  node.log_block(2, second_text);
  node.log_block(3, second_text);
  node.seal(record);
  CHECK_FALSE(node.run(record, 0, 0).lost);
  log::transaction freed;
  log::free_blocks(freed, std::vector<log::block_range>{{input_id{0}, epoch{1}, block_sequence{3}, block_sequence{3}}});
  REQUIRE(node.store->commit(freed));
  report = node.run(record, 0, 0);
  CHECK_FALSE(report.lost);
  CHECK(report.failed);
  CHECK(report.code == static_cast<std::uint32_t>(error_code::corrupt));
  CHECK_THAT(report.problem, Catch::Contains("input=0 epoch=1 seq=3"));
  REQUIRE(
    node.store->damage(log::table::batches, log::batch_key(batch_id{1}), 5)); // so nobody knows whether it is sealed
  report = node.run(record, 0, 0);
  CHECK_FALSE(report.lost);
  CHECK(report.failed);
}

TEST_CASE("a source stage does nothing with a split of somebody else's input", "[task_run]") {
  counting_node node;
  node.services.application->settings.inputs.push_back(input_url::of_stream("mine", 1));
  log::split of_a_stream{{{input_id{1}, epoch{1}, block_sequence{1}, block_sequence{1}}}, {}, 1};
  log::split of_nobody{{{input_id{7}, epoch{1}, block_sequence{1}, block_sequence{1}}}, {}, 1};
  auto record = node.batch(1, {of_a_stream, of_nobody});
  for (std::uint32_t task : {0, 1}) {
    auto report = node.run(record, 0, task);
    CHECK_FALSE((report.failed || report.lost));
    CHECK(report.records == 0);
    CHECK(report.task == task_index{task});
  }
}

TEST_CASE("ranges of what can be read again are read in their order, and an error names input and partition",
          "[task_run]") {
  counting_node node;
  node.services.application->settings.inputs = {parse_input_url("file:/shelf").value()};
  node.services.node->replayable = {
    std::make_shared<text_source>(std::map<std::string, std::string>{{"a", first_text}, {"b", second_text}})};
  auto range = [](const std::string& partition, std::uint64_t from, std::uint64_t to) {
    return offset_range{input_id{0}, partition, to, 0, from, to};
  };
  auto record =
    node.batch(1, {{{}, {range("a", 13, first_text.size()), range("b", 0, second_text.size())}, second_text.size()}});
  node.run_all(record);
  CHECK(node.counts(1) == counted("to be\n" + second_text));
  node.fails_on_line = [](std::string_view line) { return line.starts_with("the"); };
  auto report = node.run(record, 0, 0);
  REQUIRE(report.failed);
  CHECK_THAT(report.problem, Catch::Contains("shelf b, record 2 \"the question to ask\": a bad line"));
  record.splits[0].ranges[1].partition = "c";
  report = node.run(record, 0, 0);
  REQUIRE(report.failed);
  CHECK_THAT(report.problem, Catch::Contains("file:///shelf, partition c: it is gone"));
}

TEST_CASE("an error names the partition of its record, whichever range of the task that is in, and in how many pieces "
          "each is read",
          "[task_run]") {
  const std::map<std::string, std::string> shelves{
    {"a", "a1\na2\n"}, {"empty", ""}, {"b", "b1\nb2\nb3\n"}, {"c", "c1\n"}, {"d", "d1\nd2\n"}};
  counting_node node;
  node.services.application->settings.inputs = {parse_input_url("file:/shelf").value()};
  auto in_small_pieces = GENERATE(false, true);
  node.services.node->replayable = {in_small_pieces
                                      ? std::shared_ptr<plan::replayable_source>{new source_in_small_pieces{shelves}}
                                      : std::make_shared<text_source>(shelves)};
  log::split split;
  std::vector<std::string> lines;
  for (const std::string partition : {"empty", "c", "a", "empty", "b", "d", "empty"}) {
    auto& text = shelves.at(partition);
    split.ranges.push_back({input_id{0}, partition, text.size(), 0, 0, text.size()});
    std::istringstream unread{text};
    for (std::string line; unread >> line;)
      lines.push_back(line);
  }
  auto record = node.batch(1, {split});
  for (std::size_t number = 0; number < lines.size(); ++number) {
    node.fails_on_line = [&](std::string_view line) { return line == lines[number]; };
    auto report = node.run(record, 0, 0);
    REQUIRE(report.failed);
    CHECK_THAT(report.problem, Catch::Contains("shelf " + lines[number].substr(0, 1) + ", record " +
                                               std::to_string(number) + " \"" + lines[number] + "\": a bad line"));
  }
}

TEST_CASE("a task is tried as often as the setting says, and counts once if it passes at last", "[task_run]") {
  counting_node node;
  node.services.application->settings.max_task_failures = 4;
  node.keep_block(1, first_text);
  auto record = node.batch(1, {node.blocks(1, 1)});
  auto calls = 0, failures = 0;
  node.fails_on_line = [&](std::string_view) { return ++calls <= failures; };
  failures = 3;
  node.run_all(record);
  CHECK(calls == 3 + 2); // and both lines pass
  CHECK(node.heard->details.size() == 3);
  CHECK_THAT(node.heard->details.back(), Catch::StartsWith("failure 3 of a task: "));
  CHECK(node.counts(1) == counted(first_text));
  calls = 0;
  failures = 4; // it fails too often, but passes once it is looked at
  node.run_all(record, second_attempt);
  CHECK(node.heard->details.size() == 3 + 3);
  CHECK(node.counts(1, second_attempt) == counted(first_text));
}

TEST_CASE("a user function that fails for good ends, skips or amends, as the policy says, and nothing is staged",
          "[task_run]") {
  counting_node node;
  auto policy = GENERATE(error_policy::stop, error_policy::skip, error_policy::isolate);
  node.services.application->settings.on_error = policy;
  node.keep_block(1, first_text);
  node.keep_block(2, second_text);
  auto record = node.batch(5, {node.blocks(1, 1), node.blocks(1, 2)});
  node.fails_on_line = [](std::string_view line) { return line.starts_with("that"); };
  CHECK_FALSE(node.run(record, 0, 0).failed);
  auto report = node.run(record, 0, 1);
  auto runs = node.services.node->exchange.collect(*node.services.application->plan, first_attempt, batch_id{5},
                                                   shuffle_index{0}, partition_index{0});
  REQUIRE(runs);
  CHECK(runs->size() <= 1); // those of task 0 only
  CHECK_FALSE(report.lost);
  CHECK(report.failed == (policy == error_policy::stop));
  CHECK(report.skip == (policy == error_policy::skip));
  CHECK_THAT(report.problem, Catch::Contains("operator lines, batch 5, partition 1, input 0, record 2 \"that is\": "
                                             "a bad line"));
  REQUIRE(positions_of(report) ==
          (policy == error_policy::isolate ? std::vector<std::uint64_t>{2} : std::vector<std::uint64_t>{}));
  if (policy != error_policy::isolate)
    return;
  auto& only = report.excluded.front();
  CHECK(only.stage == stage_index{0});
  CHECK(only.task == task_index{1});
  CHECK_FALSE(only.of_key);
  CHECK(only.operator_name == "lines");
  CHECK(only.problem == "a bad line");
  CHECK(only.plan == node.services.application->plan->fingerprint());
}

TEST_CASE("what an amendment leaves out of a task is not counted there, and stands in its dead letters", "[task_run]") {
  counting_node node;
  node.keep_block(1, first_text);
  node.keep_block(2, second_text);
  auto record = node.batch(1, {node.blocks(1, 2), node.blocks(1, 2)});
  record.amendment = {1, false, {record_of(1, 3), record_of(1, 0)}}; // in any order
  auto parts = node.run_all(record);
  CHECK(node.counts(1) == counted(first_text + second_text + "to be\nthat is\n"));
  CHECK(node.staged(1, "dead letters", 0).empty());
  CHECK(node.staged(1, "dead letters", 1) ==
        "to be or not\tlines\ta bad line\nthe question to ask\tlines\ta bad line\n");
  REQUIRE_FALSE(parts.empty());
  CHECK(parts.front().output == "dead letters");
  CHECK(parts.front().records == 2);
  CHECK(parts.front().part == 1);
  CHECK(parts.front().checksum == data::checksum(node.staged(1, "dead letters", 1)));
}

TEST_CASE("without a place for dead letters records are left out all the same", "[task_run]") {
  counting_node node;
  node.services.application->dead_letters.reset();
  node.keep_block(1, first_text);
  auto record = node.batch(1, {node.blocks(1, 1)});
  record.amendment = {1, false, {record_of(0, 0)}};
  for (auto& part : node.run_all(record))
    CHECK(part.output == "counts");
  CHECK(node.counts(1) == counted("to be\n"));
}

TEST_CASE("a task that is amended twice names positions of its whole input, and does without both", "[task_run]") {
  counting_node node;
  node.services.application->settings.on_error = error_policy::isolate;
  node.keep_block(1, first_text + second_text); // lines 0 to 3
  auto record = node.batch(1, {node.blocks(1, 1)});
  std::string bad = "to be or";
  node.fails_on_line = [&](std::string_view line) { return line.starts_with(bad); };
  auto report = node.run(record, 0, 0);
  REQUIRE(positions_of(report) == std::vector<std::uint64_t>{0});
  record = amended(record, report);
  bad = "the";
  report = node.run(record, 0, 0);
  REQUIRE(positions_of(report) == std::vector<std::uint64_t>{3}); // not 2, as if the first one had never been there
  record = amended(record, report);
  bad = "that";
  report = node.run(record, 0, 0);
  REQUIRE(positions_of(report) == std::vector<std::uint64_t>{2});
  record = amended(record, report);
  node.run_all(record);
  CHECK(node.counts(1) == counted("to be\n"));
  CHECK(node.staged(1, "dead letters", 0) ==
        "to be or not\tlines\ta bad line\nthat is\tlines\ta bad line\nthe question to ask\tlines\ta bad line\n");
}

TEST_CASE("a key that fails behind the shuffle is left out wherever it lies, also beside one that was left out before",
          "[task_run]") {
  counting_node node;
  node.services.application->settings.on_error = error_policy::isolate;
  node.keep_block(1, first_text + second_text);
  auto record = node.batch(1, {node.blocks(1, 1), node.blocks(1, 1)});
  std::string bad = "to";
  node.fails_on_word = [&](std::string_view word) { return word == bad; };
  auto rest = counted(first_text + second_text + first_text + second_text);
  for (const char* next : {"question", "none"}) {
    node.run(record, 0, 0);
    node.run(record, 0, 1);
    std::vector<task_ended> reports;
    for (std::uint32_t part = 0; part < node.partitions; ++part)
      if (auto report = node.run(record, 1, part); !report.excluded.empty())
        reports.push_back(report);
    REQUIRE(reports.size() == 1);
    REQUIRE(reports[0].excluded.size() == 1);
    CHECK(reports[0].excluded[0].of_key);
    CHECK(reports[0].excluded[0].stage == stage_index{1});
    CHECK_THAT(reports[0].problem, Catch::Contains("key \"" + bad + "\": a bad word"));
    record = amended(record, reports[0]);
    rest.erase(bad);
    bad = next;
  }
  for (auto& each : record.amendment.excluded) // it was found when there were other partitions
    each.task = task_index{each.task.value + 1};
  auto parts = node.run_all(record);
  CHECK(node.counts(1) == rest);
  std::string letters;
  for (auto& part : parts)
    if (part.output == "dead letters") {
      CHECK(part.part >= 2); // behind those of the two map tasks
      letters += node.staged(1, part.output, part.part);
    }
  CHECK_THAT(letters, Catch::Contains("to\tcounts\ta bad word\n"));
  CHECK_THAT(letters, Catch::Contains("question\tcounts\ta bad word\n"));
  CHECK(std::count(letters.begin(), letters.end(), '\n') == 2);
}

TEST_CASE("a task whose runs find no room on the disk is no failure, and passes unchanged once there is room",
          "[task_run]") {
  counting_node node;
  node.services.node->exchange.bound(0, node.disk);
  node.keep_block(1, first_text);
  auto record = node.batch(1, {node.blocks(1, 1)});
  node.disk->full = true;
  auto report = node.run(record, 0, 0);
  CHECK(report.full);
  CHECK_FALSE(report.failed);
  CHECK_THAT(report.problem, Catch::Contains("no room"));
  node.disk->full = false;
  node.run_all(record);
  CHECK(node.services.node->exchange.held_bytes() == 0);
  CHECK(node.counts(1) == counted(first_text));
  node.disk->broken = true;
  report = node.run(record, 1, 0);
  if (!report.failed) // all words lie in the other partition
    report = node.run(record, 1, 1);
  CHECK(report.failed);
  CHECK(report.code == static_cast<std::uint32_t>(error_code::corrupt));
}

TEST_CASE("runs that lie on disk and runs in memory count alike, map tasks in any order", "[task_run]") {
  counting_node memory, disk, both;
  disk.services.node->exchange.bound(0, disk.disk);
  both.services.node->exchange.bound(100, both.disk);
  std::vector<std::vector<log::staged_part>> parts;
  for (auto node : {&memory, &disk, &both}) {
    node->keep_block(1, first_text);
    node->keep_block(2, second_text);
    node->keep_block(3, first_text);
    auto record = node->batch(1, {node->blocks(1, 1), node->blocks(2, 2), node->blocks(3, 3)});
    node->run(record, 0, 2);
    node->run(record, 0, 1);
    parts.push_back(node->run_all(record));
    CHECK(node->counts(1) == counted(first_text + second_text + first_text));
  }
  CHECK(disk.services.node->exchange.spilled_bytes() > 0);
  CHECK(parts[0] == parts[1]);
  CHECK(parts[0] == parts[2]);
}
