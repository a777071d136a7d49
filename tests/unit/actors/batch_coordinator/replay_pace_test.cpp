#include "actors/batch_coordinator/replay_pace.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

/// A file of equal lines, read by batches that are computed one interval after they were sealed.
struct file_reader {
  std::uint64_t line_bytes;
  std::chrono::microseconds interval;
  replay_pace pace{interval};
  replay_pace::time_point now{1h};
  std::uint64_t offset = 0, number = 0, most_in_a_batch = 0;

  /// Records that begin before an offset.
  std::uint64_t records_before(std::uint64_t at) const { return (at + line_bytes - 1) / line_bytes; }
  std::uint64_t batch() {
    auto bytes = pace.allowed_bytes(now).value();
    auto records = records_before(offset + bytes) - records_before(offset);
    offset += bytes;
    now += interval;
    if (bytes == 0)
      return 0;
    pace.sealed(batch_id{++number}, bytes);
    pace.computed(batch_id{number}, records, bytes);
    most_in_a_batch = std::max(most_in_a_batch, records);
    return records;
  }
  std::uint64_t batches(std::uint64_t count) {
    std::uint64_t records = 0;
    for (; count > 0; --count)
      records += batch();
    return records;
  }
};

} // namespace

TEST_CASE("a batch of a file holds what the rate allows, from the first one on", "[rates]") {
  file_reader file{100, 100ms};
  file.pace.set_rate(1'000, file.now);
  CHECK(file.batch() <= 100);
  file.batches(5); // learns how long lines are
  file.most_in_a_batch = 0;
  auto records = file.batches(100);
  CHECK(file.most_in_a_batch <= 106);
  CHECK(records <= 10'500);
  CHECK(records >= 9'500);
}

TEST_CASE("a rate of less than a record a batch is carried over", "[rates]") {
  file_reader file{100, 100ms};
  file.pace.set_rate(2, file.now);
  file.batches(400); // learns
  file.most_in_a_batch = 0;
  auto records = file.batches(600); // a minute
  CHECK(file.most_in_a_batch <= 2);
  CHECK(records <= 126);
  CHECK(records >= 114);
}

TEST_CASE("lines that become shorter are paid for: the rate holds over time", "[rates]") {
  file_reader file{1'000, 100ms};
  file.pace.set_rate(500, file.now);
  file.batches(20);
  file.line_bytes = 10;
  file.offset = 0;
  auto records = file.batches(300);
  CHECK(records <= 15'750 + 5'000); // what the first short ones brought is one batch of mistaken size
  auto later = file.batches(100);
  CHECK(later <= 5'250);
  CHECK(later >= 4'750);
}

TEST_CASE("without a rate a batch takes what it likes, and a rate that comes holds at once", "[rates]") {
  replay_pace pace{100ms};
  auto now = replay_pace::time_point{1h};
  CHECK_FALSE(pace.allowed_bytes(now));
  pace.computed(batch_id{1}, 10, 1'000);
  pace.set_rate(100, now);
  CHECK(pace.allowed_bytes(now) == 1'050);
  pace.sealed(batch_id{2}, 1'050);
  CHECK(pace.allowed_bytes(now) <= 100); // the one record that may always be saved up
  CHECK(pace.allowed_bytes(now + 100ms).value() == Approx(1'000).margin(60));
  pace.set_rate(0, now);
  CHECK_FALSE(pace.allowed_bytes(now));
}
