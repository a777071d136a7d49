#pragma once

#include <vector>

#include "libstream/operators/sink.hpp"

namespace weir::operators {

/// Static data, cut into slices of nearly equal length: the root of a dataset, or of a stream that has it in each batch.
template <class Record>
class collection_source final : public stream_node<Record> {
public:
  collection_source(std::vector<Record> records, std::uint32_t slices, bool always_due = false)
    : stream_node<Record>{plan::node::role::collection, "collection", {}},
      records_{std::move(records)},
      slices_{std::max(1u, slices)},
      always_due_{always_due} {}

  std::uint32_t slices() const override { return slices_; }
  bool always_due() const override { return always_due_; }

  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<Record>(build, *this);
    auto index = static_cast<std::size_t>(build.input().index.value);
    auto from = records_.size() * index / slices_;
    auto to = records_.size() * (index + 1) / slices_;
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
  std::vector<Record> records_;
  std::uint32_t slices_;
  bool always_due_;
};

} // namespace weir::operators
