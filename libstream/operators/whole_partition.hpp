#pragma once

#include <functional>
#include <optional>
#include <ranges>

#include "libstream/data/array_list.hpp"
#include "libstream/operators/record_run.hpp"

/// Operators that look at chunks or at whole partitions.
namespace weir::operators {

/// Keeps all records of a task, so that they are there together at its end. Cost: a copy of each record, memory for all of a partition.
template <class Record>
class kept_records {
public:
  void add(std::span<const Record> records) {
    for (const auto& record : records)
      if constexpr (data::borrows<Record>)
        records_.push_back(data::record_traits<Record>::rehome(record, home_));
      else
        records_.push_back(record);
  }
  std::span<const Record> all() const { return {records_.data(), records_.size()}; }

private:
  data::array_list<Record> records_;
  data::arena home_;
};

/// glom, map_partitions: `Function(partition index, records, emit)` is called once a partition, at its end.
template <class In, class Out, class Function>
class partition_sink final : public sink<In> {
public:
  partition_sink(Function function, std::uint32_t partition, const std::string& name,
                 std::unique_ptr<sink<Out>> downstream)
    : function_{std::move(function)}, partition_{partition}, name_{name}, downstream_{std::move(downstream)} {}

  void consume(std::span<const In> records) override { kept_.add(records); }
  void finish() override {
    plan::guarded(name_, [&] {
      data::chunk<Out> chunk;
      emitter<Out> emit{chunk, *downstream_};
      function_(partition_, kept_.all(), emit);
      emit.flush();
    });
    downstream_->finish();
  }

private:
  Function function_;
  std::uint32_t partition_;
  const std::string& name_;
  std::unique_ptr<sink<Out>> downstream_;
  kept_records<In> kept_;
};

template <class In, class Out, class Function>
class partition_node final : public stream_node<Out> {
public:
  partition_node(std::string kind, stream_ptr<In> input, Function function)
    : stream_node<Out>{plan::node::role::narrow, std::move(kind), {std::move(input)}}, function_{std::move(function)} {}

  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    return std::make_unique<partition_sink<In, Out, Function>>(function_, build.partition(), build.name_of(*this),
                                                               downstream_of<Out>(build, *this));
  }

private:
  Function function_;
};

/// map_chunks: `Function(records, emit)` is called once a chunk.
template <class In, class Out, class Function>
class chunk_sink final : public sink<In> {
public:
  chunk_sink(Function function, const std::string& name, std::unique_ptr<sink<Out>> downstream)
    : function_{std::move(function)}, name_{name}, downstream_{std::move(downstream)} {}

  void consume(std::span<const In> records) override {
    plan::guarded(name_, [&] {
      emitter<Out> emit{chunk_, *downstream_};
      std::invoke(function_, records, emit);
      emit.flush();
    });
  }
  void finish() override { downstream_->finish(); }

private:
  Function function_;
  const std::string& name_;
  std::unique_ptr<sink<Out>> downstream_;
  data::chunk<Out> chunk_;
};

} // namespace weir::operators
