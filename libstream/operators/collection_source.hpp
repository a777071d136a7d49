#pragma once

#include <vector>

#include "libstream/base/event_time.hpp"
#include "libstream/operators/sink.hpp"

namespace weir::operators {

/// Static data: the root of a dataset, or of a stream that has it in each batch.
template <class Record>
class collection_source final : public stream_node<Record> {
public:
  /// Cut into slices of nearly equal length.
  collection_source(std::vector<Record> records, std::uint32_t slices, bool always_due = false)
    : stream_node<Record>{plan::node::role::collection, "collection", {}},
      records_{std::move(records)},
      always_due_{always_due} {
    slices = std::max(1u, slices);
    for (std::size_t slice = 1; slice <= slices; ++slice)
      ends_.push_back(records_.size() * slice / slices);
  }
  /// One slice for each of `parts`.
  explicit collection_source(std::vector<std::vector<Record>> parts)
    : stream_node<Record>{plan::node::role::collection, "collection", {}}, always_due_{false} {
    for (auto& part : parts) {
      records_.insert(records_.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
      ends_.push_back(records_.size());
    }
    if (ends_.empty())
      ends_.push_back(0);
  }

  std::uint32_t slices() const override { return static_cast<std::uint32_t>(ends_.size()); }
  bool always_due() const override { return always_due_; }
  std::optional<std::uint64_t> digest() const override {
    std::uint64_t all = records_.size();
    for (auto end : ends_)
      all = data::hash_combine(all, end);
    for (const Record& record : records_)
      all = data::hash_combine(all, data::record_traits<Record>::hash(record, 0));
    return all;
  }

  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<Record>(build, *this);
    auto index = static_cast<std::size_t>(build.input().index.value);
    auto from = index == 0 ? 0 : ends_[index - 1];
    auto to = ends_[index];
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
  std::vector<std::size_t> ends_; ///< of the slices
  bool always_due_;
};

/// What a function of the program gives for each batch time: the root of a stream. It is called once a task, so it must give the same
/// each time.
template <class Record, class Function>
class generated_source final : public stream_node<Record> {
public:
  generated_source(std::string kind, Function function, std::uint32_t slices, bool unrecoverable = false)
    : stream_node<Record>{plan::node::role::collection, std::move(kind), {}},
      function_{std::move(function)},
      slices_{std::max(1u, slices)},
      unrecoverable_{unrecoverable} {}

  bool unrecoverable() const override { return unrecoverable_; }

  std::uint32_t slices() const override { return slices_; }
  bool always_due() const override { return true; }

  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<Record>(build, *this);
    auto function = function_;
    std::vector<Record> records;
    plan::guarded(build.name_of(*this),
                  [&] { records = function(event_time{std::chrono::milliseconds{build.input().batch_time_ms}}); });
    auto index = static_cast<std::size_t>(build.input().index.value);
    auto from = records.size() * index / slices_;
    auto to = records.size() * (index + 1) / slices_;
    data::chunk<Record> chunk;
    emitter<Record> emit{chunk, *downstream};
    for (auto at = from; at < to; ++at)
      emit(records[at]);
    emit.flush();
    build.result().records_in += to - from;
    downstream->finish();
  }

private:
  Function function_;
  std::uint32_t slices_;
  bool unrecoverable_;
};

} // namespace weir::operators
