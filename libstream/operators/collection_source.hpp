#pragma once

#include <vector>

#include "libstream/operators/sink.hpp"

namespace weir::operators {

/// Static data, cut into slices of nearly equal length or as it is given: the root of a dataset, or of a stream that has it in each
/// batch.
template <class Record>
class collection_source final : public stream_node<Record> {
public:
  collection_source(std::vector<Record> records, std::uint32_t slices, bool always_due = false)
    : stream_node<Record>{plan::node::role::collection, "collection", {}},
      records_{std::move(records)},
      slices_{std::max(1u, slices)},
      always_due_{always_due} {}

  /// A slice each, also of empty ones; one empty slice if there is none.
  explicit collection_source(std::vector<std::vector<Record>> partitions)
    : collection_source{std::vector<Record>{}, static_cast<std::uint32_t>(partitions.size())} {
    for (auto& partition : partitions) {
      records_.insert(records_.end(), std::make_move_iterator(partition.begin()),
                      std::make_move_iterator(partition.end()));
      ends_.push_back(records_.size());
    }
  }

  std::uint32_t slices() const override { return slices_; }
  bool always_due() const override { return always_due_; }

  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<Record>(build, *this);
    auto index = static_cast<std::size_t>(build.input().index.value);
    auto from = index == 0 ? 0 : end_of(index - 1);
    auto to = end_of(index);
    if constexpr (std::is_same_v<Record, bool>) { // a vector of them is no array
      data::chunk<bool> chunk;
      emitter<bool> emit{chunk, *downstream};
      for (auto at = from; at < to; ++at)
        emit(records_[at]);
      emit.flush();
    } else {
      for (auto at = from; at < to; at += limits::chunk_records)
        downstream->consume({records_.data() + at, std::min(limits::chunk_records, to - at)});
    }
    build.result().records_in += to - from;
    downstream->finish();
  }

private:
  std::size_t end_of(std::size_t slice) const {
    return ends_.empty() ? records_.size() * (slice + 1) / slices_ : ends_[slice];
  }

  std::vector<Record> records_;
  std::vector<std::size_t> ends_; ///< of slices, if they were given
  std::uint32_t slices_;
  bool always_due_;
};

} // namespace weir::operators
