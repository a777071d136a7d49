#pragma once

#include <functional>
#include <ranges>
#include <type_traits>
#include <utility>

#include "libstream/operators/sink.hpp"

/// Operators that look at one record at a time: map, filter, flat_map. They never materialise more than a chunk.
/// A task works on its own copy of the user's function.
namespace weir::operators {

/// Applies a function to each record.
template <class In, class Out, class Function>
class map_sink final : public sink<In> {
public:
  map_sink(Function function, const std::string& name, std::unique_ptr<sink<Out>> downstream)
    : function_{std::move(function)}, name_{name}, downstream_{std::move(downstream)}, emit_{*downstream_} {}

  void consume(std::span<const In> records) override {
    plan::guarded(name_, [&] {
      for (const auto& record : records)
        emit_(std::invoke(function_, record));
      emit_.flush(); // before the records that the results may point into are gone
    });
  }
  void finish() override { downstream_->finish(); }

private:
  Function function_;
  const std::string& name_;
  std::unique_ptr<sink<Out>> downstream_;
  emitter<Out> emit_;
};

/// Keeps the records for which a predicate holds, in their order.
template <class In, class Predicate>
class filter_sink final : public sink<In> {
public:
  filter_sink(Predicate predicate, const std::string& name, std::unique_ptr<sink<In>> downstream)
    : predicate_{std::move(predicate)}, name_{name}, downstream_{std::move(downstream)}, emit_{*downstream_} {}

  void consume(std::span<const In> records) override {
    plan::guarded(name_, [&] {
      for (const auto& record : records)
        if (std::invoke(predicate_, record))
          emit_(record);
      emit_.flush();
    });
  }
  void finish() override { downstream_->finish(); }

private:
  Predicate predicate_;
  const std::string& name_;
  std::unique_ptr<sink<In>> downstream_;
  emitter<In> emit_;
};

/// Turns each record into any number of records: the function returns a range, or takes an emitter to which it gives them.
template <class In, class Out, class Function>
class flat_map_sink final : public sink<In> {
public:
  flat_map_sink(Function function, const std::string& name, std::unique_ptr<sink<Out>> downstream)
    : function_{std::move(function)}, name_{name}, downstream_{std::move(downstream)}, emit_{*downstream_} {}

  void consume(std::span<const In> records) override {
    plan::guarded(name_, [&] {
      for (const auto& record : records)
        if constexpr (std::invocable<Function&, const In&, emitter<Out>&>)
          std::invoke(function_, record, emit_);
        else
          emit_range(std::invoke(function_, record));
      emit_.flush();
    });
  }
  void finish() override { downstream_->finish(); }

private:
  /// A range that owns its elements ends with this record: so does what points into it.
  template <class Range>
  void emit_range(Range&& range) {
    for (auto&& element : range)
      emit_(Out(std::forward<decltype(element)>(element)));
    if constexpr (!std::ranges::borrowed_range<Range> &&
                  !std::is_same_v<std::remove_cvref_t<std::ranges::range_reference_t<Range>>, Out>)
      emit_.flush();
  }

  Function function_;
  const std::string& name_;
  std::unique_ptr<sink<Out>> downstream_;
  emitter<Out> emit_;
};

/// Any narrow operator as a node: `Sink` is one of the above.
template <class In, class Out, class Function, class Sink>
class narrow_node final : public stream_node<Out> {
public:
  narrow_node(std::string kind, stream_ptr<In> input, Function function)
    : stream_node<Out>{plan::node::role::narrow, std::move(kind), {std::move(input)}}, function_{std::move(function)} {}

  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build) const override {
    return std::make_unique<Sink>(function_, build.name_of(*this), downstream_of<Out>(build, *this));
  }

private:
  Function function_;
};

} // namespace weir::operators
