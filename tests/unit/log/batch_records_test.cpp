#include <catch2/catch.hpp>

#include "libstream/data/codec.hpp"
#include "libstream/log/batch_records.hpp"
#include "libstream/log/block_log.hpp"
#include "libstream/log/keys.hpp"
#include "libstream/log/lmdb_store.hpp"
#include "libstream/log/memory_store.hpp"
#include "libstream/log/positions.hpp"
#include "tests/unit/log/scratch.hpp"

using namespace weir;
using namespace weir::log;

namespace {

constexpr input_id input{3};
constexpr epoch first_epoch{1};

void append(store& in, std::uint64_t sequence, const std::string& bytes) {
  block_header header{
    {input, first_epoch, block_sequence{sequence}}, bytes.size(), 1, 0, {{"alpha", sequence, sequence}}};
  transaction changes;
  append_block(changes, header, bytes, {});
  REQUIRE(in.commit(changes).has_value());
}

void open_first_epoch(store& in) {
  transaction changes;
  put_epoch(changes, input, first_epoch, {{}, 77});
  REQUIRE(in.commit(changes).has_value());
}

batch_record batch_of_blocks(std::uint64_t id, std::uint64_t first, std::uint64_t last) {
  batch_record batch;
  batch.id = batch_id{id};
  batch.time_ms = static_cast<std::int64_t>(100 * id);
  batch.splits = {{{{input, first_epoch, block_sequence{first}, block_sequence{last}}}, {}, 10}};
  return batch;
}

void seal_now(store& in, const batch_record& batch) {
  transaction changes;
  REQUIRE(seal(changes, in, batch).has_value());
  REQUIRE(in.commit(changes).has_value());
}

void commit_now(store& in, std::uint64_t id, const std::vector<std::string>& parts) {
  commit_record record;
  record.id = batch_id{id};
  record.time_ms = static_cast<std::int64_t>(100 * id);
  std::vector<staged_bytes> bytes;
  for (std::uint32_t part = 0; part < parts.size(); ++part) {
    record.parts.push_back({"counts", part, parts[part].size(), 1, 0});
    bytes.push_back({parts[part], {}});
  }
  transaction changes;
  commit(changes, record, bytes);
  REQUIRE(in.commit(changes).has_value());
}

void finish_now(store& in, const batch_record& batch) {
  transaction changes;
  finish(changes, batch);
  REQUIRE(in.commit(changes).has_value());
}

std::size_t count(const store& in, table t) {
  std::size_t found = 0;
  REQUIRE(in.scan(t, {}, {}, false, [&](auto, auto&) { return ++found > 0; }).has_value());
  return found;
}

} // namespace

TEST_CASE("a block comes back as it was appended", "[log]") {
  memory_store store;
  append(store, 1, "hello\n");
  auto block = read_block(store, {input, first_epoch, block_sequence{1}});
  REQUIRE((block.has_value() && block->has_value()));
  CHECK((*block)->bytes->view() == "hello\n");
  CHECK((*block)->header.producers == std::vector<producer_range>{{"alpha", 1, 1}});
  auto absent = read_block(store, {input, first_epoch, block_sequence{2}});
  REQUIRE(absent.has_value());
  CHECK_FALSE(absent->has_value());
}

TEST_CASE("headers are scanned from a sequence on, within their epoch", "[log]") {
  memory_store store;
  for (std::uint64_t sequence : {1, 2, 3, 300})
    append(store, sequence, "x");
  std::vector<std::uint64_t> seen;
  auto see = [&](const block_header& header) {
    seen.push_back(header.id.sequence.value);
    return true;
  };
  REQUIRE(scan_headers(store, input, first_epoch, block_sequence{2}, see).has_value());
  CHECK(seen == std::vector<std::uint64_t>{2, 3, 300});
  REQUIRE(scan_headers(store, input, first_epoch.next(), {}, see).has_value());
  CHECK(seen.size() == 3);
}

TEST_CASE("a batch goes from sealed to committed to done and leaves its positions", "[log]") {
  memory_store store;
  open_first_epoch(store);
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence)
    append(store, sequence, "x");
  auto one = batch_of_blocks(10, 1, 2);
  auto two = batch_of_blocks(11, 3, 3);
  seal_now(store, one);
  seal_now(store, two);
  CHECK(*read_epoch(store, input, first_epoch) == epoch_position{block_sequence{3}, 77});
  CHECK(read_unfinished(store)->sealed == std::vector<batch_record>{one, two});

  commit_now(store, 10, {"a\t1\n", "b\t2\n"});
  auto unfinished = read_unfinished(store);
  REQUIRE(unfinished.has_value());
  CHECK(unfinished->sealed == std::vector<batch_record>{two});
  REQUIRE(unfinished->committed.size() == 1);
  CHECK(unfinished->committed[0].sealed == one);
  CHECK(unfinished->committed[0].committed.parts.size() == 2);
  auto staged = read_staged(store, batch_id{10}, "counts", 1);
  REQUIRE((staged.has_value() && *staged));
  CHECK((*staged)->view() == "b\t2\n");

  finish_now(store, one);
  CHECK(count(store, table::blocks) == 1);
  CHECK(count(store, table::staged) == 0);
  CHECK(count(store, table::commits) == 0);
  CHECK(read_unfinished(store)->sealed == std::vector<batch_record>{two});
  CHECK_FALSE(*read_staged(store, batch_id{10}, "counts", 1));

  commit_now(store, 11, {});
  finish_now(store, two);
  CHECK(count(store, table::blocks) == 0);
  CHECK(*read_last_batch(store) == last_batch{batch_id{11}, 1100, batch_id{10}});
  CHECK((*read_epoch(store, input, first_epoch))->sealed_to == block_sequence{3});
}

namespace {

/// A log that can be opened again, as a later start does.
class on_disk {
public:
  on_disk() : store_{*lmdb_store::create(scratch_.path())} {}
  store& now() { return *store_; }
  store& opened_again() {
    store_.reset();
    store_ = *lmdb_store::open(scratch_.path());
    return *store_;
  }

private:
  weir::testing::scratch_directory scratch_;
  std::shared_ptr<lmdb_store> store_;
};

class in_memory {
public:
  store& now() { return store_; }
  store& opened_again() { return store_; }

private:
  memory_store store_;
};

void amend_now(store& in, const batch_record& batch) {
  transaction changes;
  amend(changes, batch);
  REQUIRE(in.commit(changes).has_value());
}

} // namespace

TEMPLATE_TEST_CASE("what a batch leaves out is known to every later start, and changes nothing else", "[log]", on_disk,
                   in_memory) {
  TestType log;
  open_first_epoch(log.now());
  append(log.now(), 1, "x");
  append(log.now(), 2, "x");
  auto one = batch_of_blocks(1, 1, 1);
  auto two = batch_of_blocks(2, 2, 2);
  seal_now(log.now(), one);
  seal_now(log.now(), two);
  two.amendment = {1, false, {{stage_index{0}, task_index{0}, 7, "parse", "no \t number"}}};
  amend_now(log.now(), two);
  two.amendment.excluded.push_back({stage_index{1}, task_index{3}, ~std::uint64_t{0}, "sums", std::string(1000, 'x')});
  two.amendment.number = 2;
  amend_now(log.now(), two);
  amend_now(log.now(), two); // repeated
  auto& later = log.opened_again();
  auto read = read_batch(later, batch_id{2});
  REQUIRE((read.has_value() && read->has_value()));
  CHECK(**read == two);
  CHECK(read_unfinished(later)->sealed == std::vector<batch_record>{one, two});
  CHECK((*read_epoch(later, input, first_epoch))->sealed_to == block_sequence{2});
  CHECK(*read_last_batch(later) == last_batch{batch_id{2}, 200, batch_id{1}});

  one.amendment = {1, true, {}}; // skipped: commits without parts
  amend_now(later, one);
  commit_now(later, 1, {});
  commit_now(later, 2, {"a"});
  auto unfinished = read_unfinished(log.opened_again());
  REQUIRE((unfinished && unfinished->committed.size() == 2));
  CHECK(unfinished->committed[0].sealed.amendment.skipped);
  CHECK(unfinished->committed[1].sealed == two);
  finish_now(log.now(), one);
  finish_now(log.now(), two);
  CHECK(count(log.now(), table::batches) == 0);
  CHECK(count(log.now(), table::blocks) == 0);
}

namespace {

/// As a version without amendments wrote it.
struct older_batch_record {
  batch_id id;
  std::int64_t time_ms = 0;
  weir::epoch epoch;
  std::vector<split> splits;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;

  WEIR_FIELDS(x.id, x.time_ms, x.epoch, x.splits, x.records, x.bytes)
};

} // namespace

TEST_CASE("a batch that was sealed by a version without amendments has none", "[log]") {
  auto record = batch_of_blocks(9, 1, 4);
  auto older = older_batch_record{record.id, record.time_ms, record.epoch, record.splits, record.records, record.bytes};
  auto read = data::decode<batch_record>(data::encode(older));
  REQUIRE(read.has_value());
  CHECK(*read == record);
}

TEST_CASE("what follows a seal may be written again", "[log]") {
  memory_store store;
  open_first_epoch(store);
  append(store, 1, "x");
  append(store, 2, "x");
  auto one = batch_of_blocks(1, 1, 1);
  auto two = batch_of_blocks(2, 2, 2);
  seal_now(store, one);
  seal_now(store, two);
  commit_now(store, 1, {"a"});
  commit_now(store, 1, {"a"});
  finish_now(store, one);
  finish_now(store, one);
  CHECK(count(store, table::blocks) == 1);
  CHECK(count(store, table::batches) == 1);
}

TEST_CASE("two batches may be sealed in one transaction", "[log]") {
  memory_store store;
  open_first_epoch(store);
  transaction changes;
  auto positions = read_sealed_positions(store);
  REQUIRE(positions.has_value());
  seal(changes, *positions, batch_of_blocks(1, 1, 4));
  seal(changes, *positions, batch_of_blocks(2, 5, 6));
  REQUIRE(store.commit(changes).has_value());
  CHECK(*read_sealed_positions(store) == *positions);
  CHECK((*read_epoch(store, input, first_epoch))->sealed_to == block_sequence{6});
  CHECK((*read_last_batch(store))->id == batch_id{2});
}

TEST_CASE("a seal of blocks whose epoch was never opened is refused and changes nothing", "[log]") {
  memory_store store;
  transaction changes;
  auto sealed = seal(changes, store, batch_of_blocks(1, 1, 1));
  REQUIRE_FALSE(sealed.has_value());
  CHECK(sealed.error().code == error_code::corrupt);
  CHECK(changes.empty());
}

TEST_CASE("positions of partitions follow the sealed ranges", "[log]") {
  memory_store store;
  auto batch = [](std::uint64_t id, std::uint64_t from, std::uint64_t to) {
    batch_record record;
    record.id = batch_id{id};
    record.splits = {{{}, {{input, "a.txt", 900, 5, from, (from + to) / 2}}, 1},
                     {{}, {{input, "a.txt", 900, 5, (from + to) / 2, to}}, 1}};
    return record;
  };
  seal_now(store, batch(1, 0, 400));
  CHECK(*read_partitions(store, input) == std::map<std::string, partition_position>{{"a.txt", {900, 5, 400}}});
  seal_now(store, batch(2, 400, 900));
  CHECK(*read_partitions(store, input) == std::map<std::string, partition_position>{{"a.txt", {900, 5, 900}}});
}

TEST_CASE("a commit without its seal is corrupt", "[log]") {
  memory_store store;
  commit_now(store, 5, {"a"});
  auto unfinished = read_unfinished(store);
  REQUIRE_FALSE(unfinished.has_value());
  CHECK(unfinished.error().code == error_code::corrupt);
  CHECK(unfinished.error().message().find("commits batch=5") != std::string::npos);
}

TEST_CASE("inputs keep their numbers over starts, in whatever order they are named", "[log]") {
  memory_store store;
  std::string long_name = "file:/" + std::string(1000, 'd');
  std::vector<std::string> first{"weir://127.0.0.1:0", long_name + "1"};
  CHECK(*register_inputs(store, first) == std::vector<input_id>{{0}, {1}});
  std::vector<std::string> second{long_name + "2", long_name + "1", "weir://127.0.0.1:0"};
  CHECK(*register_inputs(store, second) == std::vector<input_id>{{2}, {1}, {0}});
  CHECK(*register_inputs(store, first) == std::vector<input_id>{{0}, {1}});
  CHECK((*read_inputs(store))[2] == input_record{input_id{2}, long_name + "2"});
}

TEST_CASE("positions are kept apart by input and name", "[log]") {
  memory_store store;
  transaction changes;
  put_producer(changes, input_id{1}, "a", {5, false});
  put_producer(changes, input_id{1}, "ab", {6, true});
  put_producer(changes, input_id{2}, "a", {7, false});
  put_epoch(changes, input_id{1}, epoch{1}, {block_sequence{4}, 1});
  put_epoch(changes, input_id{1}, epoch{300}, {block_sequence{2}, 2});
  put_epoch(changes, input_id{2}, epoch{9}, {});
  put_coordinator_epoch(changes, epoch{12});
  REQUIRE(store.commit(changes).has_value());
  CHECK(*read_producers(store, input_id{1}) ==
        std::map<std::string, producer_position>{{"a", {5, false}}, {"ab", {6, true}}});
  CHECK((*read_producer(store, input_id{2}, "a"))->last == 7);
  CHECK_FALSE(read_producer(store, input_id{2}, "ab")->has_value());
  CHECK(*current_epoch(store, input_id{1}) == std::pair{epoch{300}, epoch_position{block_sequence{2}, 2}});
  CHECK_FALSE(current_epoch(store, input_id{3})->has_value());
  CHECK(read_epochs(store)->size() == 3);
  CHECK(*read_coordinator_epoch(store) == epoch{12});
  CHECK(*read_coordinator_epoch(memory_store{}) == epoch{});
}
