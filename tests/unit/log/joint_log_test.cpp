#include "libstream/log/joint_log.hpp"

#include <csignal>
#include <cstdio>

#include <catch2/catch.hpp>

#include "libstream/log/block_log.hpp"
#include "libstream/log/memory_store.hpp"
#include "tests/unit/log/scratch.hpp"

using namespace weir;
using namespace weir::log;

namespace {

constexpr input_id input{0};

/// Both logs of a process, in which everything is durable at once. Coordinator 1 has claimed them, and input 0 is in epoch 1.
class small_process {
public:
  small_process() {
    CHECK(take(claim_command{100, epoch{0}}) == batch_answer{verdict::written, epoch{1}});
    CHECK(take(open_command{epoch{1}, input, 7, epoch{0}}) == batch_answer{verdict::written, epoch{1}});
  }

  batch_answer take(const batch_command& command) {
    transaction changes;
    auto answer = log.apply(
      command,
      [&](auto& record) {
        ++asked_for_parts;
        return std::vector<staged_bytes>(record.parts.size(), staged_bytes{"a\t1\n", {}});
      },
      changes);
    CHECK((answer.verdict == verdict::written || changes.empty()));
    REQUIRE(store.commit(changes).has_value());
    return answer;
  }

  void append(epoch of, std::uint64_t first, std::uint64_t last) {
    std::vector<block_header> headers;
    for (auto sequence = first; sequence <= last; ++sequence) {
      headers.emplace_back();
      headers.back().id = {input, of, block_sequence{sequence}};
    }
    REQUIRE(log.blocks().append(input, of, headers) == verdict::written);
    transaction changes;
    for (auto& header : headers)
      append_block(changes, header, "", {});
    REQUIRE(store.commit(changes).has_value());
  }

  std::size_t count(table t) const {
    std::size_t values = 0;
    REQUIRE(store.scan(t, {}, {}, false, [&](auto, auto&) { return ++values > 0; }).has_value());
    return values;
  }

  joint_log log;
  memory_store store;
  int asked_for_parts = 0;
};

batch_record batch(std::uint64_t number, std::uint64_t first = 0, std::uint64_t last = 0, epoch of = epoch{1}) {
  batch_record record;
  record.id = batch_id{number};
  record.time_ms = static_cast<std::int64_t>(number) * 100;
  if (last > 0)
    record.splits = {{{{input, of, block_sequence{first}, block_sequence{last}}}, {}, 1}};
  return record;
}

commit_record commit_of(std::uint64_t number) {
  commit_record record;
  record.id = batch_id{number};
  record.time_ms = static_cast<std::int64_t>(number) * 100;
  record.parts = {{"counts", 0, 4, 1, 0}};
  return record;
}

constexpr epoch by{1};

} // namespace

TEST_CASE("an input's epoch rises once an incarnation of its receiver, asked for by the newest coordinator only",
          "[joint_log]") {
  small_process process;
  CHECK(process.take(open_command{by, input, 7, epoch{0}}) == batch_answer{verdict::repeated, epoch{1}});
  CHECK(process.take(open_command{by, input, 8, epoch{1}}) == batch_answer{verdict::written, epoch{2}});
  CHECK(process.take(open_command{by, input_id{5}, 8, epoch{0}}) == batch_answer{verdict::written, epoch{1}});
  CHECK(process.log.blocks().is_current(input, epoch{2}));
  process.take(claim_command{200, epoch{1}});
  CHECK(process.take(open_command{by, input, 9, epoch{2}}) == batch_answer{verdict::refused, epoch{2}}); // by whom
  CHECK(process.log.blocks().is_current(input, epoch{2}));
}

TEST_CASE("a receiver's request for an epoch that comes late does not end the epoch of its successor", "[joint_log]") {
  small_process process;
  CHECK(process.take(open_command{by, input, 8, epoch{1}}) == batch_answer{verdict::written, epoch{2}});
  auto before = process.log;
  CHECK(process.take(open_command{by, input, 7, epoch{0}}) == batch_answer{verdict::superseded, epoch{2}});
  CHECK(process.take(open_command{by, input, 9, epoch{1}}) == batch_answer{verdict::superseded, epoch{2}});
  CHECK(process.log == before);
  CHECK(process.take(open_command{by, input, 9, epoch{2}}) == batch_answer{verdict::written, epoch{3}});
}

TEST_CASE("a seal waits for its blocks, and never comes once their epoch has ended without them", "[joint_log]") {
  small_process process;
  process.append(epoch{1}, 1, 2);
  CHECK(process.take(seal_command{by, {}, batch(1, 1, 2)}).verdict == verdict::written);
  CHECK(process.take(seal_command{by, batch_id{1}, batch(2, 3, 4)}).verdict == verdict::wait);
  CHECK(process.take(seal_command{by, batch_id{2}, batch(3, 5, 5)}).verdict == verdict::wait);
  process.append(epoch{1}, 3, 4);
  process.take(open_command{by, input, 8, epoch{1}});
  CHECK(process.take(seal_command{by, batch_id{1}, batch(2, 3, 4)}).verdict == verdict::written);
  CHECK(process.take(seal_command{by, batch_id{2}, batch(3, 5, 5)}).verdict == verdict::never);
  CHECK(process.take(seal_command{by, {}, batch(1, 1, 2)}).verdict == verdict::repeated);
  process.take(claim_command{200, epoch{1}});
  CHECK(process.take(seal_command{by, batch_id{2}, batch(3, 5, 5)}) == batch_answer{verdict::refused, epoch{2}});
}

TEST_CASE("a commit stages its parts, and the end of a batch frees them and its blocks, in one transaction each",
          "[joint_log]") {
  small_process process;
  process.append(epoch{1}, 1, 4);
  process.take(seal_command{by, {}, batch(1, 1, 2)});
  process.take(seal_command{by, batch_id{1}, batch(2, 3, 3)});
  CHECK(process.take(commit_command{by, commit_of(2)}).verdict == verdict::wait);
  CHECK(process.asked_for_parts == 0); // which may be gone from memory once a commit is durable
  CHECK(process.take(commit_command{by, commit_of(1)}).verdict == verdict::written);
  CHECK(process.take(commit_command{by, commit_of(1)}).verdict == verdict::repeated);
  CHECK(process.asked_for_parts == 1);
  CHECK(process.count(table::staged) == 1);
  CHECK(process.take(finish_command{by, batch_id{1}}).verdict == verdict::written);
  CHECK(process.count(table::staged) == 0);
  CHECK(process.count(table::commits) == 0);
  CHECK(process.count(table::batches) == 1);
  CHECK(process.count(table::blocks) == 2); // that of batch 2, and one that is in no batch yet
}

TEST_CASE("a batch with blocks of another one, or that passes some over, ends the process", "[joint_log]") {
  auto ends = [](const batch_record& wrong) {
    return weir::testing::in_child([&] {
             small_process process;
             process.append(epoch{1}, 1, 9);
             process.take(seal_command{by, {}, batch(1, 1, 3)});
             std::fclose(stderr);
             std::signal(SIGABRT, SIG_DFL);
             process.take(seal_command{by, batch_id{1}, wrong});
             return 0;
           }) == 128 + SIGABRT;
  };
  CHECK(ends(batch(2, 3, 4)));
  CHECK(ends(batch(2, 5, 6)));
  auto twice = batch(2, 4, 5);
  twice.splits.push_back(twice.splits.front());
  CHECK(ends(twice));
  CHECK_FALSE(ends(batch(2, 4, 6)));
}

TEST_CASE("a log that does not verify is not opened", "[joint_log]") {
  small_process process;
  CHECK(joint_log::load(process.store).has_value());
  CHECK(*joint_log::load(process.store) == process.log);
  REQUIRE(process.store.damage(table::epochs, std::string_view{"\0\0\0\0\0\0\0\0\0\0\0\x01", 12}, 5));
  CHECK(joint_log::load(process.store).error().code == error_code::corrupt);
}
