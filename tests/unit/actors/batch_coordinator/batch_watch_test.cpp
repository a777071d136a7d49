#include "actors/batch_coordinator/batch_watch.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;

namespace {

constexpr input_id sent{0}, read_again{1};

/// One split of blocks, then two that are read again.
log::batch_record three_splits() {
  log::split of_blocks, of_file, of_another;
  of_blocks.blocks.push_back({sent, epoch{1}, block_sequence{1}, block_sequence{1}});
  of_file.ranges.push_back({read_again, "file", 100, 1, 0, 50});
  of_another.ranges.push_back({read_again, "another", 100, 1, 0, 50});
  log::batch_record record;
  record.splits = {of_blocks, of_file, of_another};
  return record;
}

} // namespace

TEST_CASE("records that are read again count once for each task, however often it says that it has ended",
          "[batch_watch]") {
  batch_watch watch{{{sent, 10, 100}, {read_again, 0, 100}}, three_splits(), {}};
  watch.announced({}, 0);
  auto records = [&] { return std::pair{watch.inputs().at(0).records, watch.inputs().at(1).records}; };
  using numbers = std::pair<std::uint64_t, std::uint64_t>;
  CHECK(records() == numbers{10, 0});
  watch.task_read(task_index{1}, 7);
  watch.task_read(task_index{1}, 7);
  CHECK(records() == numbers{10, 7});
  watch.task_read(task_index{2}, 5);
  watch.task_read(task_index{1}, 7);
  CHECK(records() == numbers{10, 12});
  watch.task_read(task_index{0}, 10); // of blocks, whose records were known before
  CHECK(records() == numbers{10, 12});
  watch.announced({}, 0); // another attempt reads all again
  CHECK(records() == numbers{10, 0});
  watch.task_read(task_index{1}, 6);
  CHECK(records() == numbers{10, 6});
}
