#pragma once

#include "libstream/operators/grouping.hpp"

namespace weir::operators {

/// intersection and subtract: records of the first input that the second has, or has not. `Both`: each once; otherwise as often as
/// they came.
template <class Record, bool Both>
class membership_node final : public stream_node<Record> {
public:
  membership_node(stream_ptr<Record> left, stream_ptr<Record> right, partitioning<Record> how)
    : stream_node<Record>{plan::node::role::shuffle,
                          Both ? "intersection" : "subtract",
                          {std::move(left), std::move(right)}},
      how_{std::move(how)} {}

  std::string options() const override { return how_.described(); }
  std::uint32_t partitions(const plan::partition_counts& counts) const override { return how_.of(counts); }
  bool is_keyed() const override { return true; }
  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    return std::make_unique<key_sink>(build.name_of(*this), build.input(), how_, build.shuffle_result(*this));
  }
  result<plan::run_handle> decode_run(data::buffer_handle bytes, std::size_t) const override {
    return combined_run<Record, nothing>::decode(std::move(bytes));
  }
  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<Record>(build, *this);
    key_numbers<Record> keys{build};
    grouped_values<Record, nothing> left{build.shuffle_input(*this, 0), keys};
    grouped_values<Record, nothing> right{build.shuffle_input(*this, 1), keys};
    data::chunk<Record> chunk;
    emitter<Record> emit{chunk, *downstream};
    for (std::size_t key = 0; key < keys.keys().size(); ++key)
      for (auto times = wanted(left.of(key).size(), !right.of(key).empty()); times > 0; --times)
        emit(keys.keys()[key]);
    emit.flush();
    downstream->finish();
  }

private:
  using nothing = std::uint8_t; ///< the record is the key, and there is nothing else

  static std::size_t wanted(std::size_t times, bool also_right) {
    if (Both)
      return times > 0 && also_right ? 1 : 0;
    return also_right ? 0 : times;
  }

  /// Records as keys.
  class key_sink final : public sink<Record> {
  public:
    key_sink(const std::string& name, const plan::task_input& input, const partitioning<Record>& how,
             plan::shuffle_output& into)
      : pairs_{name, input, how, into} {}
    void consume(std::span<const Record> records) override {
      emitter<std::pair<Record, nothing>> emit{chunk_, pairs_};
      for (auto& record : records)
        emit(std::pair<Record, nothing>{record, 0});
      emit.flush();
    }
    void finish() override { pairs_.finish(); }

  private:
    pair_sink<Record, nothing> pairs_;
    data::chunk<std::pair<Record, nothing>> chunk_;
  };

  partitioning<Record> how_;
};

} // namespace weir::operators
