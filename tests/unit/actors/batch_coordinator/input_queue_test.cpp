#include "actors/batch_coordinator/input_queue.hpp"

#include <map>
#include <random>

#include <catch2/catch.hpp>

#include "tests/unit/actors/batch_coordinator/queued_inputs.hpp"

using namespace weir;
using namespace weir::actors;
using namespace weir::actors::queued_inputs;

namespace {

std::vector<log::block_header> blocks(input_id input, epoch of, std::uint64_t from, std::uint64_t to,
                                      std::uint64_t bytes) {
  std::vector<log::block_header> made;
  for (auto sequence = from; sequence <= to; ++sequence) {
    log::block_header header;
    header.id = {input, of, block_sequence{sequence}};
    header.bytes = bytes;
    header.records = 2;
    made.push_back(header);
  }
  return made;
}

log::block_range range(input_id input, epoch of, std::uint64_t from, std::uint64_t to) {
  return {input, of, block_sequence{from}, block_sequence{to}};
}

/// The ranges of a share, without their split.
std::vector<log::block_range> block_ranges(const input_queue::share& of) {
  std::vector<log::block_range> found;
  for (auto& split : of.splits)
    found.insert(found.end(), split.blocks.begin(), split.blocks.end());
  return found;
}

std::map<input_id, std::uint64_t> bytes_by_input(const input_queue::share& of) {
  std::map<input_id, std::uint64_t> found;
  for (auto& split : of.splits)
    found[split.blocks.empty() ? split.ranges.front().input : split.blocks.front().input] += split.bytes;
  return found;
}

} // namespace

TEST_CASE("blocks are handed out once, in order, and asked for again when one is missing", "[input_queue]") {
  input_queue queue;
  CHECK(queue.empty());
  CHECK(queue.blocks_ready(first, epoch{1}, blocks(first, epoch{1}, 1, 3, 10)));
  CHECK(queue.blocks_ready(first, epoch{1}, blocks(first, epoch{1}, 2, 4, 10))); // overlaps
  CHECK_FALSE(queue.blocks_ready(first, epoch{1}, blocks(first, epoch{1}, 6, 7, 10)));
  CHECK(queue.known_through(first, epoch{1}) == block_sequence{4});
  CHECK(queue.waits({first, epoch{1}, block_sequence{4}}));
  auto taken = queue.take(plenty, plenty);
  CHECK(block_ranges(taken) == std::vector{range(first, epoch{1}, 1, 4)});
  CHECK(taken.bytes == 40);
  CHECK(taken.records == 8);
  CHECK_FALSE(queue.waits({first, epoch{1}, block_sequence{4}}));
  CHECK(queue.empty());
  CHECK(queue.take(plenty, plenty).splits.empty());
}

TEST_CASE("what waits of an input is known, and a batch says what it took of each", "[input_queue]") {
  input_queue queue;
  queue.blocks_ready(first, epoch{1}, blocks(first, epoch{1}, 1, 3, 10));
  CHECK(queue.offsets_found(second, {file("a", 100)}));
  CHECK(queue.waiting(first).records == 6);
  CHECK(queue.waiting(first).bytes == 30);
  CHECK(queue.waiting(second).bytes == 100);
  auto taken = queue.take(60, plenty);
  CHECK(taken.inputs.at(first).records == 6);
  CHECK(taken.inputs.at(first).bytes == 30);
  CHECK(taken.inputs.at(second).bytes == 30);
  CHECK(queue.waiting(first).bytes == 0);
  CHECK(queue.waiting(first).records == 0);
  CHECK(queue.waiting(second).bytes == 70);
}

TEST_CASE("batches take no more of an input's files than its pace allows, and others get what it leaves",
          "[input_queue]") {
  input_queue queue;
  CHECK(queue.offsets_found(first, {file("a", 1000)}));
  CHECK(queue.offsets_found(second, {file("b", 1000)}));
  queue.pace(first, 10);
  auto taken = bytes_by_input(queue.take(200, plenty));
  CHECK(taken.at(first) == 10);
  CHECK(taken.at(second) == 190);
  queue.pace(first, 0);
  CHECK(bytes_by_input(queue.take(200, plenty)).count(first) == 0);
  CHECK(queue.may_take());
  queue.pace(second, 0);
  CHECK_FALSE(queue.may_take());
  CHECK_FALSE(queue.empty());
  CHECK(queue.take(200, plenty).splits.empty());
  queue.pace(first, std::nullopt);
  queue.pace(second, std::nullopt);
  CHECK(bytes_by_input(queue.take(200, plenty)).at(first) == 100);
}

TEST_CASE("what was sealed before a restart is not sealed again", "[input_queue]") {
  input_queue queue;
  queue.sealed_before(first, epoch{1}, block_sequence{3});
  CHECK(queue.blocks_ready(first, epoch{1}, blocks(first, epoch{1}, 1, 5, 10)));
  CHECK(block_ranges(queue.take(plenty, plenty)) == std::vector{range(first, epoch{1}, 4, 5)});
}

TEST_CASE("an older epoch goes first, and a range never crosses epochs", "[input_queue]") {
  input_queue queue;
  queue.blocks_ready(first, epoch{2}, blocks(first, epoch{2}, 1, 1, 10));
  queue.blocks_ready(first, epoch{1}, blocks(first, epoch{1}, 1, 2, 10));
  CHECK(block_ranges(queue.take(plenty, plenty)) ==
        std::vector{range(first, epoch{1}, 1, 2), range(first, epoch{2}, 1, 1)});
}

TEST_CASE("a split is closed once it is full", "[input_queue]") {
  input_queue queue;
  queue.blocks_ready(first, epoch{1}, blocks(first, epoch{1}, 1, 5, 10));
  auto taken = queue.take(plenty, 20);
  CHECK(block_ranges(taken) ==
        std::vector{range(first, epoch{1}, 1, 2), range(first, epoch{1}, 3, 4), range(first, epoch{1}, 5, 5)});
  CHECK(taken.splits.size() == 3);
}

TEST_CASE("a block that alone is over the limit is taken alone", "[input_queue]") {
  input_queue queue;
  queue.blocks_ready(first, epoch{1}, blocks(first, epoch{1}, 1, 2, 500));
  CHECK(block_ranges(queue.take(100, 100)) == std::vector{range(first, epoch{1}, 1, 1)});
  CHECK(block_ranges(queue.take(100, 100)) == std::vector{range(first, epoch{1}, 2, 2)});
}

TEST_CASE("a small input is not kept waiting by a large one, which takes what is left", "[input_queue]") {
  input_queue queue;
  queue.blocks_ready(first, epoch{1}, blocks(first, epoch{1}, 1, 100, 10));
  queue.blocks_ready(second, epoch{1}, blocks(second, epoch{1}, 1, 2, 10));
  CHECK(queue.waiting_inputs() == 2);
  CHECK(bytes_by_input(queue.take(100, plenty)) == std::map<input_id, std::uint64_t>{{first, 80}, {second, 20}});
  queue.blocks_ready(second, epoch{1}, blocks(second, epoch{1}, 3, 90, 10));
  CHECK(bytes_by_input(queue.take(100, plenty)) == std::map<input_id, std::uint64_t>{{first, 50}, {second, 50}});
}

TEST_CASE("a file is cut into consecutive ranges, and several small ones share a split", "[input_queue]") {
  input_queue queue;
  CHECK(queue.offsets_found(first, {file("a", 25), file("b", 5), file("empty", 0), file("c", 4)}));
  auto taken = queue.take(plenty, 10);
  REQUIRE(taken.splits.size() == 4);
  CHECK(taken.bytes == 34);
  CHECK(taken.splits[1].ranges == std::vector<offset_range>{{first, "a", 25, 5, 10, 20}});
  CHECK(taken.splits[2].ranges == std::vector<offset_range>{{first, "a", 25, 5, 20, 25}, {first, "b", 5, 5, 0, 5}});
  CHECK(taken.splits[3].ranges == std::vector<offset_range>{{first, "c", 4, 5, 0, 4}});
  CHECK(queue.empty());
}

TEST_CASE("a file is read once by its name, and named when it has changed since", "[input_queue]") {
  input_queue queue;
  CHECK(queue.offsets_found(first, {file("a", 10)}));
  CHECK(queue.offsets_found(first, {file("a", 10)}));
  CHECK(queue.take(plenty, plenty).bytes == 10);
  CHECK(queue.offsets_found(first, {file("a", 10)})->empty());
  CHECK(queue.offsets_found(first, {file("a", 99, 6)}) == std::vector<std::string>{"a"});
  CHECK(queue.offsets_changed(first, {"a", "unknown"}) == std::vector<std::string>{"a"});
  CHECK(queue.empty());
}

TEST_CASE("a file that changes before anything of it is sealed is read as it is once it is found again",
          "[input_queue]") {
  input_queue queue;
  CHECK(queue.offsets_found(first, {file("a", 10), file("b", 20)}));
  CHECK(queue.offsets_changed(first, {"a"}).empty());
  CHECK(queue.waiting(first).bytes == 20);
  CHECK(queue.offsets_found(first, {file("a", 30, 6)})->empty());
  CHECK(queue.offsets_found(first, {file("b", 25, 7)})->empty()); // without a word that it had changed
  CHECK(queue.waiting(first).bytes == 55);
  CHECK(queue.take(plenty, plenty).splits.at(0).ranges ==
        std::vector<offset_range>{{first, "b", 25, 7, 0, 25}, {first, "a", 30, 6, 0, 30}});
}

TEST_CASE("a file that was begun before a restart goes on where the log says, as it was when it was found",
          "[input_queue]") {
  input_queue queue;
  auto logged = log_of({{"begun", {100, 5, 40}}, {"whole", {70, 5, 70}}, {"grown", {70, 5, 70}}});
  queue.begun_before(first, "begun", {100, 5, 40}); // also if it is not found any more
  CHECK(queue.offsets_found(first, {file("begun", 100), file("whole", 70)}, logged)->empty());
  CHECK(queue.offsets_found(first, {file("begun", 120, 9), file("grown", 71, 6)}, logged) ==
        std::vector<std::string>{"begun", "grown"});
  auto taken = queue.take(plenty, plenty);
  REQUIRE(taken.splits.size() == 1);
  CHECK(taken.splits[0].ranges == std::vector<offset_range>{{first, "begun", 100, 5, 40, 100}});
}

TEST_CASE("what is committed is looked up in the log instead of being kept", "[input_queue]") {
  input_queue queue;
  CHECK(queue.must_look_up(first, "a"));
  CHECK(queue.offsets_found(first, {file("a", 10)}));
  CHECK_FALSE(queue.must_look_up(first, "a"));
  CHECK(queue.must_look_up(first, "b"));
  CHECK(queue.must_look_up(second, "a"));
  log::batch_record batch;
  batch.splits = queue.take(plenty, plenty).splits;
  CHECK(queue.offsets_found(first, {file("a", 10)}));
  CHECK_FALSE(queue.must_look_up(first, "a")); // the log may not know of the batch yet
  CHECK(queue.empty());
  queue.committed(batch);
  CHECK(queue.must_look_up(first, "a"));
  auto logged = log_of({{"a", {10, 5, 10}}});
  CHECK(queue.offsets_found(first, {file("a", 10)}, logged)->empty());
  CHECK(queue.empty());
  CHECK(queue.offsets_changed(first, {"a"}, logged) == std::vector<std::string>{"a"});
}

TEST_CASE("a batch, and a task of it, take a bounded number of files, however small they are", "[input_queue]") {
  input_queue queue;
  constexpr std::size_t files = 2 * max_batch_ranges + 5;
  std::vector<plan::source_partition> found;
  for (std::size_t i = 0; i < files; ++i)
    found.push_back(file(std::to_string(i), 1));
  CHECK(queue.offsets_found(first, found));
  CHECK(queue.offsets_found(second, {file("large", 1'000'000)}));
  std::vector<std::size_t> of_each;
  while (!queue.empty()) {
    std::size_t ranges = 0;
    for (auto& split : queue.take(plenty * plenty, plenty).splits) {
      CHECK(split.ranges.size() <= max_split_ranges);
      ranges += split.ranges.size();
    }
    of_each.push_back(ranges);
  }
  // Two inputs share the first one.
  CHECK(of_each == std::vector<std::size_t>{max_batch_ranges / 2 + 1, max_batch_ranges, max_batch_ranges / 2 + 5});
}

TEST_CASE("files that nobody will seal any more are dropped, blocks are not", "[input_queue]") {
  input_queue queue;
  CHECK(queue.offsets_found(second, {file("a", 10)}));
  queue.blocks_ready(first, epoch{1}, blocks(first, epoch{1}, 1, 1, 10));
  queue.drop_offsets();
  CHECK(queue.waiting_inputs() == 1);
  CHECK(bytes_by_input(queue.take(plenty, plenty)) == std::map<input_id, std::uint64_t>{{first, 10}});
}

namespace {

/// Fills and empties a queue at random and holds what comes out against what went in.
class queue_and_ledger {
public:
  explicit queue_and_ledger(std::uint64_t seed) : random_{seed} {}

  void feed() {
    auto input = input_id{static_cast<std::uint32_t>(random_() % 3)};
    if (input.value == 2) {
      auto name = "file" + std::to_string(files_.size());
      auto size = random_() % 300;
      files_[name] = {size, 0};
      CHECK(queue_.offsets_found(input, {file(name, size)}));
    } else {
      if (random_() % 10 == 0)
        epochs_[input] = epochs_[input].next();
      auto& last = put_[{input, epochs_[input]}];
      auto count = 1 + random_() % 4;
      auto from = last > 2 ? last - random_() % 2 : last + 1; // now and then one that went before
      auto made = blocks(input, epochs_[input], from, last + count, random_() % 80);
      largest_ = std::max(largest_, made.front().bytes);
      CHECK(queue_.blocks_ready(input, epochs_[input], made));
      last += count;
    }
  }

  void take(std::uint64_t max_bytes, std::uint64_t split_bytes) {
    auto was_empty = queue_.empty();
    auto taken = queue_.take(max_bytes, split_bytes);
    CHECK(taken.splits.empty() == was_empty);
    CHECK(taken.bytes <= max_bytes + 3 * std::max<std::uint64_t>(largest_, 1)); // each input may give one block or byte
    std::uint64_t total = 0;
    for (auto& split : taken.splits) {
      CHECK(split.blocks.empty() != split.ranges.empty());
      CHECK(split.bytes < split_bytes + std::max<std::uint64_t>(largest_, 1));
      total += split.bytes;
      check_blocks(split);
      check_files(split);
    }
    CHECK(total == taken.bytes);
  }

  void drain() {
    for (int rounds = 0; !queue_.empty(); ++rounds) {
      REQUIRE(rounds < 10'000);
      take(1 + random_() % 500, 1 + random_() % 200);
    }
    CHECK(got_ == put_);
    for (auto& [path, at] : files_)
      CHECK(at.taken == at.size);
  }

private:
  void check_blocks(const log::split& split) {
    for (auto& part : split.blocks) {
      auto& last = got_[{part.input, part.epoch}];
      CHECK(part.first.value == last + 1);
      CHECK(part.last >= part.first);
      last = part.last.value;
      CHECK(last <= put_[{part.input, part.epoch}]);
    }
  }
  void check_files(const log::split& split) {
    std::uint64_t bytes = 0;
    for (auto& part : split.ranges) {
      auto& at = files_.at(part.partition);
      CHECK(part.from == at.taken);
      CHECK(part.to > part.from);
      at.taken = part.to;
      CHECK(part.to <= at.size);
      CHECK(part.end == at.size);
      bytes += part.to - part.from;
    }
    if (!split.ranges.empty())
      CHECK(bytes == split.bytes);
  }

  struct progress {
    std::uint64_t size = 0;
    std::uint64_t taken = 0;
  };
  std::mt19937_64 random_;
  input_queue queue_;
  std::map<input_id, epoch> epochs_{{first, epoch{1}}, {second, epoch{1}}};
  std::map<std::pair<input_id, epoch>, std::uint64_t> put_, got_;
  std::map<std::string, progress> files_;
  std::uint64_t largest_ = 0;
};

} // namespace

TEST_CASE("every block and every byte is handed out once, in order, within the limits", "[input_queue]") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random{seed};
    queue_and_ledger all{seed};
    for (int i = 0; i < 100; ++i)
      if (random() % 3 > 0)
        all.feed();
      else
        all.take(1 + random() % 500, 1 + random() % 200);
    all.drain();
  }
}

TEST_CASE("a directory that has only files that were read before is known from one with something new",
          "[input_queue]") {
  input_queue queue;
  input_queue::logged_positions read;
  for (auto& [input, name] : {std::pair{first, "a"}, std::pair{first, "b"}, std::pair{second, "a"}})
    read[{input, name}] = {10, 5, 10};
  CHECK(queue.only_read_before(first) == 0);
  REQUIRE(queue.offsets_found(first, {file("a", 10), file("b", 10)}, read));
  CHECK(queue.only_read_before(first) == 2);
  REQUIRE(queue.offsets_found(first, {file("new", 10)}, read));
  CHECK(queue.only_read_before(first) == 0);
  REQUIRE(queue.offsets_found(second, {file("a", 10)}, read));
  queue.begun_before(second, "c", {10, 5, 3});
  CHECK(queue.only_read_before(second) == 0);
}

TEST_CASE("a batch has at most so many tasks, also of blocks of many epochs", "[input_queue]") {
  input_queue queue;
  for (std::uint64_t i = 1; i <= max_batch_splits + 5; ++i) {
    log::block_header header;
    header.id = {input_id{0}, epoch{i}, block_sequence{1}};
    header.bytes = header.records = 1;
    queue.blocks_ready(input_id{0}, epoch{i}, {header});
  }
  CHECK(queue.take(1'000'000, 1000).splits.size() == max_batch_splits);
  CHECK(queue.take(1'000'000, 1000).splits.size() == 5);
  CHECK(queue.empty());
}

TEST_CASE("void blocks wait no more, and a durable one that follows does", "[input_queue]") {
  input_queue queue;
  auto header = [](std::uint64_t sequence) {
    log::block_header made;
    made.id = {input_id{0}, epoch{1}, block_sequence{sequence}};
    made.bytes = made.records = sequence;
    return made;
  };
  queue.blocks_ready(input_id{0}, epoch{1}, {header(1), header(2), header(3)});
  CHECK(queue.void_behind(input_id{0}, epoch{1}, block_sequence{1}));
  CHECK_FALSE(queue.void_behind(input_id{0}, epoch{1}, block_sequence{1}));
  CHECK(queue.waiting(input_id{0}).bytes == 1);
  CHECK(queue.known_through(input_id{0}, epoch{1}) == block_sequence{1});
  CHECK(queue.blocks_ready(input_id{0}, epoch{1}, {header(2), header(3)}, block_sequence{2}));
  CHECK(queue.waiting(input_id{0}).bytes == 3);
  CHECK(queue.take(100, 100).records == 3);
  CHECK_FALSE(queue.void_behind(input_id{0}, epoch{1}, {})); // what is sealed is sealed
  CHECK(queue.known_through(input_id{0}, epoch{1}) == block_sequence{2});
}
