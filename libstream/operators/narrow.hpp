#pragma once

#include <functional>
#include <ranges>
#include <type_traits>
#include <utility>

#include "libstream/operators/sink.hpp"

/// Operators that look at one record at a time: map, filter, flat_map. They never materialise more than a chunk.
/// A task works on its own copy of the user's function.
namespace weir::operators {

/// Records that can be written into a chunk without a look at what comes next: an exception leaves nothing behind to destroy.
template <class Record>
inline constexpr bool is_plain =
  std::is_trivially_destructible_v<Record>&& std::is_nothrow_copy_constructible_v<Record>;

/// What the narrow sinks share.
template <class Out, class Function>
class narrow_stage {
public:
  narrow_stage(Function function, const std::string& name, std::unique_ptr<sink<Out>> downstream)
    : function_{std::move(function)}, name_{name}, downstream_{std::move(downstream)} {}

protected:
  /// Runs `body(emit)`, and passes on what it emitted before the records that this may point into are gone.
  template <class Body>
  void emitting(Body&& body) {
    plan::guarded(name_, [&] {
      emitter<Out> emit{chunk_, *downstream_};
      body(emit);
      emit.flush();
    });
  }

  Function function_;
  const std::string& name_;
  std::unique_ptr<sink<Out>> downstream_;
  data::chunk<Out> chunk_;
};

/// Applies a function to each record.
template <class In, class Out, class Function>
class map_sink final : public sink<In>, narrow_stage<Out, Function> {
public:
  using narrow_stage<Out, Function>::narrow_stage;

  void consume(std::span<const In> records) override {
    this->emitting([&](emitter<Out>& emit) {
      for (const auto& record : records)
        emit(std::invoke(this->function_, record));
    });
  }
  void finish() override { this->downstream_->finish(); }
};

/// Keeps the records for which a predicate holds, in their order.
template <class In, class Predicate>
class filter_sink : public sink<In>, protected narrow_stage<In, Predicate> {
public:
  using narrow_stage<In, Predicate>::narrow_stage;

  void consume(std::span<const In> records) override {
    if constexpr (is_plain<In>)
      plan::guarded(this->name_, [&] {
        for (; !records.empty(); records = records.subspan(std::min(records.size(), limits::chunk_records)))
          keep(records.first(std::min(records.size(), limits::chunk_records)));
      });
    else
      this->emitting([&](emitter<In>& emit) {
        for (const auto& record : records)
          if (std::invoke(this->function_, record))
            emit(record);
      });
  }
  void finish() override { this->downstream_->finish(); }

protected:
  void take_block(std::string_view block) {
    this->emitting([&](emitter<In>& emit) { this->function_.on_block(block, emit); });
  }

private:
  /// Writes each record and counts it or not: which ones are kept is no branch that the processor could guess wrong.
  void keep(std::span<const In> records) {
    auto kept = this->chunk_.data();
    for (const auto& record : records) {
      std::construct_at(kept, record);
      kept += static_cast<bool>(std::invoke(this->function_, record));
    }
    this->chunk_.resize(static_cast<std::size_t>(kept - this->chunk_.data()));
    if (!this->chunk_.empty())
      this->downstream_->consume(this->chunk_.records());
    this->chunk_.clear();
  }
};

/// Turns each record into any number of records: the function returns a range, or takes an emitter to which it gives them.
template <class In, class Out, class Function>
class flat_map_sink : public sink<In>, protected narrow_stage<Out, Function> {
public:
  using narrow_stage<Out, Function>::narrow_stage;

  void consume(std::span<const In> records) override {
    this->emitting([&](emitter<Out>& emit) {
      for (const auto& record : records)
        if constexpr (std::invocable<Function&, const In&, emitter<Out>&>)
          std::invoke(this->function_, record, emit);
        else
          emit_range(std::invoke(this->function_, record), emit);
    });
  }
  void finish() override { this->downstream_->finish(); }

protected:
  void take_block(std::string_view block) {
    this->emitting([&](emitter<Out>& emit) { this->function_.on_block(block, emit); });
  }

private:
  /// A range that owns its elements ends with this record: so does what points into it.
  template <class Range>
  static void emit_range(Range&& range, emitter<Out>& emit) {
    for (auto&& element : range)
      emit(Out(std::forward<decltype(element)>(element)));
    if constexpr (!std::ranges::borrowed_range<Range> &&
                  !std::is_same_v<std::remove_cvref_t<std::ranges::range_reference_t<Range>>, Out>)
      emit.flush();
  }
};

/// A function that works on text before it is cut: `on_block(block, emit)` emits what calls with each of the block's records would.
template <class Function, class Out>
concept works_on_blocks = requires(Function& function, std::string_view block, emitter<Out>& emit) {
  function.on_block(block, emit);
};

/// A filter or flat_map that takes blocks as well.
template <class Sink>
class on_blocks final : public Sink, public block_consumer {
public:
  using Sink::Sink;
  void consume_block(std::string_view block) override { this->take_block(block); }
};

/// `Sink`, taking blocks where its function can.
template <class Sink, class In, class Out, class Function>
using maybe_on_blocks =
  std::conditional_t<std::is_same_v<In, std::string_view> && works_on_blocks<Function, Out>, on_blocks<Sink>, Sink>;

/// Any narrow operator as a node: `Sink` is one of the above.
template <class In, class Out, class Function, class Sink>
class narrow_node final : public stream_node<Out> {
public:
  narrow_node(std::string kind, stream_ptr<In> input, Function function)
    : stream_node<Out>{plan::node::role::narrow, std::move(kind), {std::move(input)}}, function_{std::move(function)} {}

  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    return std::make_unique<Sink>(function_, build.name_of(*this), downstream_of<Out>(build, *this));
  }

private:
  Function function_;
};

} // namespace weir::operators
