#pragma once

#include <algorithm>
#include <cmath>

#include "libstream/base/split_mix.hpp"
#include "libstream/operators/narrow.hpp"

namespace weir::operators {

/// Keeps each record by chance: with a probability, or, with replacement, as often as a Poisson distribution says. What is kept follows from
/// the seed, the batch and the record's place, so it is the same on every attempt.
template <class Record>
class sample_sink final : public sink<Record> {
public:
  sample_sink(double fraction, bool replacement, std::uint64_t seed, std::unique_ptr<sink<Record>> downstream)
    : fraction_{fraction}, replacement_{replacement}, random_{seed}, downstream_{std::move(downstream)} {}

  void consume(std::span<const Record> records) override {
    emitter<Record> emit{chunk_, *downstream_};
    for (const auto& record : records)
      for (auto times = replacement_ ? poisson() : static_cast<std::uint64_t>(uniform() < fraction_); times > 0;
           --times)
        emit(record);
    emit.flush();
  }
  void finish() override { downstream_->finish(); }

private:
  /// From 0 to 1, without 1.
  double uniform() { return static_cast<double>(random_.next() >> 11) * 0x1.0p-53; }

  /// Knuth's method: how many factors until their product is below e^-mean. A great mean, for which that is no number any more, is the sum
  /// of small ones.
  std::uint64_t poisson() {
    constexpr double small = 100;
    std::uint64_t times = 0;
    for (auto mean = fraction_; mean > 0; mean -= small)
      for (auto product = uniform(); product > std::exp(-std::min(mean, small)); product *= uniform())
        ++times;
    return times;
  }

  double fraction_;
  bool replacement_;
  split_mix random_; ///< hashes of neighbouring numbers are too much alike for draws that follow each other
  std::unique_ptr<sink<Record>> downstream_;
  data::chunk<Record> chunk_;
};

template <class Record>
class sample_node final : public stream_node<Record> {
public:
  sample_node(stream_ptr<Record> input, double fraction, std::uint64_t seed, bool replacement)
    : stream_node<Record>{plan::node::role::narrow, "sample", {std::move(input)}},
      fraction_{fraction},
      seed_{seed},
      replacement_{replacement} {}

  bool varies() const override { return true; }
  std::string options() const override {
    return std::to_string(fraction_) + (replacement_ ? " with replacement" : "") + ", seed " + std::to_string(seed_);
  }
  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    auto seed = data::hash_combine(data::hash_word(build.input().batch.value, seed_), build.partition());
    return std::make_unique<sample_sink<Record>>(fraction_, replacement_, seed, downstream_of<Record>(build, *this));
  }

private:
  double fraction_;
  std::uint64_t seed_;
  bool replacement_;
};

} // namespace weir::operators
