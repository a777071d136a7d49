#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <tuple>

/// Strong types for ids and positions, so that a batch number cannot be passed where a block sequence is meant.
/// All are plain values; zero is "none yet" wherever a counter starts at one.
namespace weir {

template <class Tag, class Rep = std::uint64_t>
struct strong_id {
  using rep = Rep;
  Rep value = 0;

  constexpr auto operator<=>(const strong_id&) const = default;
  constexpr strong_id next() const { return strong_id{static_cast<Rep>(value + 1)}; }
};

/// The number of a batch: how many intervals lie between the application's zero time and the batch time.
using batch_id = strong_id<struct batch_id_tag>;
/// Rises whenever an input or the coordinator starts anew; 0 = never started.
using epoch = strong_id<struct epoch_tag>;
/// Rises whenever partitions change owner, so also whenever an executor is restarted.
using view_id = strong_id<struct view_id_tag>;
/// An input of the application, as registered in its data directory.
using input_id = strong_id<struct input_id_tag, std::uint32_t>;
/// Position of a block within one (input, epoch); the first is 1.
using block_sequence = strong_id<struct block_sequence_tag>;
/// One slice of a dataset after a shuffle.
using partition_index = strong_id<struct partition_index_tag, std::uint32_t>;
/// Position of a task within its stage: a split of the input, or a partition.
using task_index = strong_id<struct task_index_tag, std::uint32_t>;
/// Positions in the physical plan; the same in every process that builds the same plan.
using stage_index = strong_id<struct stage_index_tag, std::uint32_t>;
using shuffle_index = strong_id<struct shuffle_index_tag, std::uint32_t>;
using output_index = strong_id<struct output_index_tag, std::uint32_t>;

/// Names one immutable run of records that one receiver cut and logged.
struct block_id {
  input_id input;
  weir::epoch epoch;
  block_sequence sequence;

  auto operator<=>(const block_id&) const = default;
  template <class Self>
  static auto fields(Self& self) {
    return std::tie(self.input, self.epoch, self.sequence);
  }
};

} // namespace weir

template <class Tag, class Rep>
struct std::hash<weir::strong_id<Tag, Rep>> {
  std::size_t operator()(weir::strong_id<Tag, Rep> id) const noexcept { return std::hash<Rep>{}(id.value); }
};
