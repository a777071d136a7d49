#pragma once

#include <functional>
#include <optional>

#include "libstream/operators/record_run.hpp"

/// All records of a batch into one: each task folds its own, one task joins what they made, in map-index order.
namespace weir::operators {

/// What a task made of its records.
template <class Accumulator>
class fold_run final : public plan::run {
public:
  fold_run(Accumulator value, std::shared_ptr<const void> home) : value_{std::move(value)}, home_{std::move(home)} {}
  const Accumulator& value() const { return value_; }
  std::size_t bytes() const override { return sizeof *this; }
  std::size_t entries() const override { return 1; }
  bool encode_to(std::string& bytes) const override {
    if constexpr (data::flat_encodable<Accumulator>)
      data::append_flat(bytes, value_);
    return data::flat_encodable<Accumulator>;
  }
  static result<plan::run_handle> decode(data::buffer_handle bytes) {
    if constexpr (data::flat_encodable<Accumulator>)
      return data::decode_flat<Accumulator>(bytes->view()).map([&](auto&& value) -> plan::run_handle {
        return std::make_shared<fold_run>(std::move(value), bytes);
      });
    else
      return fail(error_code::corrupt, "accumulators of this type have no flat encoding");
  }

private:
  Accumulator value_;
  std::shared_ptr<const void> home_; ///< what views in the value point into
};

/// `Logic`: Accumulator zero(); void add(Accumulator&, const In&); void merge(Accumulator&, const Accumulator&);
template <class In, class Accumulator, class Logic>
class fold_sink final : public sink<In> {
public:
  fold_sink(Logic logic, const std::string& name, plan::shuffle_output& into)
    : logic_{std::move(logic)}, name_{name}, into_{into}, value_{logic_.zero()} {}

  void consume(std::span<const In> records) override {
    plan::guarded(name_, [&] {
      for (const auto& record : records)
        logic_.add(value_, record);
      if constexpr (data::borrows<Accumulator>)
        value_ = data::record_traits<Accumulator>::rehome(value_, home_); // the records end with this call
    });
  }
  void finish() override {
    into_.runs[0] =
      std::make_shared<fold_run<Accumulator>>(std::move(value_), std::make_shared<const data::arena>(std::move(home_)));
  }

private:
  Logic logic_;
  const std::string& name_;
  plan::shuffle_output& into_;
  Accumulator value_;
  data::arena home_;
};

/// One partition. Gives what the logic's `result` makes of the accumulator: a record, or an optional one.
template <class In, class Out, class Accumulator, class Logic>
class fold_node final : public stream_node<Out> {
public:
  fold_node(std::string kind, stream_ptr<In> input, Logic logic, bool always_due)
    : stream_node<Out>{plan::node::role::shuffle, std::move(kind), {std::move(input)}},
      logic_{std::move(logic)},
      always_due_{always_due} {}

  bool always_due() const override { return always_due_; }
  std::uint32_t partitions(const plan::partition_counts&) const override { return 1; }
  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    return std::make_unique<fold_sink<In, Accumulator, Logic>>(logic_, build.name_of(*this),
                                                               build.shuffle_result(*this));
  }
  result<plan::run_handle> decode_run(data::buffer_handle bytes, std::size_t) const override {
    return fold_run<Accumulator>::decode(std::move(bytes));
  }
  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<Out>(build, *this);
    auto logic = logic_;
    auto all = logic.zero();
    for (auto& handle : build.shuffle_input(*this))
      logic.merge(all, static_cast<const fold_run<Accumulator>&>(*handle).value());
    if constexpr (requires { *logic.result(std::move(all)); }) {
      if (std::optional<Out> made = logic.result(std::move(all)))
        downstream->consume({&*made, 1});
    } else {
      Out made = logic.result(std::move(all));
      downstream->consume({&made, 1});
    }
    downstream->finish();
  }

private:
  Logic logic_;
  bool always_due_;
};

/// reduce: nothing for a batch without records.
template <class Record, class Function>
struct reduce_all_logic {
  using accumulator = std::optional<Record>;
  Function function;

  accumulator zero() const { return std::nullopt; }
  void add(accumulator& sum, const Record& record) {
    sum = sum ? std::invoke(function, std::as_const(*sum), record) : record;
  }
  void merge(accumulator& sum, const accumulator& other) {
    if (other)
      add(sum, *other);
  }
  accumulator result(accumulator all) const { return all; }
};

/// aggregate, fold: begins with `start` in each task and where they are joined.
template <class Record, class Accumulator, class Add, class Merge>
struct aggregate_logic {
  Accumulator start;
  Add add_record;
  Merge merge_values;

  Accumulator zero() const { return start; }
  void add(Accumulator& sum, const Record& record) { sum = std::invoke(add_record, std::move(sum), record); }
  void merge(Accumulator& sum, const Accumulator& other) { sum = std::invoke(merge_values, std::move(sum), other); }
  Accumulator result(Accumulator all) const { return all; }
};

} // namespace weir::operators
