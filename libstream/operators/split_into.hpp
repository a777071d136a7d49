#pragma once

#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "libstream/operators/sink.hpp"

/// One function that gives records to several streams, each of its own type: side outputs. The function is called once a record, however many
/// of the streams are used; each keeps the order in which the function gave it records.
namespace weir::operators {

/// Where a split finds the consumers of one of its sides in this task.
class side_entry : public plan::sink_base {
public:
  explicit side_entry(std::size_t side) : side_{side} {}
  std::size_t side() const { return side_; }

private:
  std::size_t side_;
};

template <class Out>
class typed_side_entry final : public side_entry {
public:
  typed_side_entry(std::size_t side, std::unique_ptr<sink<Out>> downstream)
    : side_entry{side}, downstream_{std::move(downstream)} {}
  std::unique_ptr<sink<Out>> take() { return std::move(downstream_); }

private:
  std::unique_ptr<sink<Out>> downstream_;
};

/// The end of a side that nobody uses.
template <class Record>
class unused_side final : public sink<Record> {
public:
  void consume(std::span<const Record>) override {}
  void finish() override {}
};

template <class In, class Function, class... Outs>
class split_sink final : public sink<In> {
public:
  split_sink(Function function, const std::string& name, std::vector<std::unique_ptr<plan::sink_base>> entries)
    : function_{std::move(function)}, name_{name} {
    for (auto& entry : entries)
      connect(static_cast<side_entry&>(*entry), std::index_sequence_for<Outs...>{}); // only sides consume a split
  }

  void consume(std::span<const In> records) override {
    plan::guarded(name_, [&] {
      std::apply([&](auto&... sides) { give(records, emitter<Outs>{sides.chunk, *sides.downstream}...); }, sides_);
    });
  }
  void finish() override {
    std::apply([](auto&... sides) { (sides.downstream->finish(), ...); }, sides_);
  }

private:
  template <class Out>
  struct side {
    std::unique_ptr<sink<Out>> downstream = std::make_unique<unused_side<Out>>();
    data::chunk<Out> chunk;
  };

  template <std::size_t... Sides>
  void connect(side_entry& entry, std::index_sequence<Sides...>) {
    auto try_one = [&](auto& to, auto& from) { to.downstream = from.take(); };
    ((entry.side() == Sides ? try_one(std::get<Sides>(sides_), static_cast<typed_side_entry<Outs>&>(entry)) : void()),
     ...);
  }

  void give(std::span<const In> records, emitter<Outs>&&... emits) {
    for (const auto& record : records)
      std::invoke(function_, record, emits...);
    (emits.flush(), ...);
  }

  Function function_;
  const std::string& name_;
  std::tuple<side<Outs>...> sides_;
};

/// Calls the function. Its consumers are the sides, and nothing else.
template <class In, class Function, class... Outs>
class split_node final : public plan::node {
public:
  split_node(stream_ptr<In> input, Function function)
    : plan::node{plan::node::role::narrow, "split_into", {std::move(input)}}, function_{std::move(function)} {}

  std::string schema() const override {
    std::string all;
    ((all += (all.empty() ? "" : " | ") + data::record_traits<Outs>::schema()), ...);
    return all;
  }
  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    return std::make_unique<split_sink<In, Function, Outs...>>(function_, build.name_of(*this),
                                                               build.consumers_of(*this));
  }

private:
  Function function_;
};

/// One of the streams that come out of a split.
template <class Out>
class side_node final : public stream_node<Out> {
public:
  side_node(plan::node_ptr split, std::size_t side)
    : stream_node<Out>{plan::node::role::narrow, "side", {std::move(split)}}, side_{side} {}

  std::string options() const override { return std::to_string(side_); }
  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    return std::make_unique<typed_side_entry<Out>>(side_, downstream_of<Out>(build, *this));
  }

private:
  std::size_t side_;
};

} // namespace weir::operators
