#pragma once

#include <algorithm>
#include <cmath>

#include "libstream/base/split_mix.hpp"
#include "libstream/data/keyed_table.hpp"
#include "libstream/operators/repartition.hpp"

/// Chance that does not depend on how records are cut into splits and partitions. What becomes of a record follows from the seed, the batch, what
/// it says, and how many that say the same come before it in the batch. Only the last is not known to a task alone, so a first shuffle brings
/// together how often each task has each record (as a hash), and tells each task how many the tasks before it have.
namespace weir::operators {

/// How many records with that hash lie in earlier partitions than this one.
struct earlier_ones {
  std::uint32_t partition = 0;
  std::uint64_t hash = 0;
  std::uint64_t count = 0;

  template <class Self>
  static auto fields(Self& self) {
    return std::tie(self.partition, self.hash, self.count);
  }
};

} // namespace weir::operators

namespace weir::data {

template <>
struct record_traits<operators::earlier_ones> : plain_traits<operators::earlier_ones> {
  static std::uint64_t hash(const operators::earlier_ones& value, std::uint64_t seed) {
    return hash_word(value.hash, hash_word(value.partition, seed));
  }
  static std::string schema() { return "earlier_ones"; }
  static void append_text(const operators::earlier_ones& value, std::string& text) {
    record_traits<std::uint64_t>::append_text(value.hash, text);
  }
};

} // namespace weir::data

namespace weir::operators {

/// The first shuffle. Says nothing of records that are in one partition only.
template <class Record>
class occurrences_node final : public stream_node<earlier_ones> {
public:
  occurrences_node(stream_ptr<Record> input, std::uint64_t seed)
    : stream_node<earlier_ones>{plan::node::role::shuffle, "occurrences", {std::move(input)}}, seed_{seed} {}

  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    class counter final : public sink<Record> {
    public:
      counter(std::uint64_t seed, const plan::task_input& input, std::uint32_t here, plan::shuffle_output& into)
        : seed_{seed}, here_{here}, into_{into}, counts_{input.hash_seed}, parts_{into.runs.size()} {}
      void consume(std::span<const Record> records) override {
        for (const Record& record : records)
          counts_.upsert(
            data::record_traits<Record>::hash(record, seed_), [] { return std::uint64_t{1}; },
            [](std::uint64_t& count) { ++count; });
      }
      void finish() override {
        counts_.visit([this](auto& hash, std::uint64_t& count) {
          auto place = data::partition_of(data::hash_word(hash.key, counts_.seed()),
                                          static_cast<std::uint32_t>(into_.runs.size()));
          parts_.add(place, {here_, hash.key, count});
        });
        parts_.finish(into_);
      }

    private:
      std::uint64_t seed_;
      std::uint32_t here_;
      plan::shuffle_output& into_;
      data::keyed_table<std::uint64_t, std::uint64_t> counts_;
      record_parts<earlier_ones> parts_;
    };
    return std::make_unique<counter>(seed_, build.input(), build.partition(), build.shuffle_result(*this));
  }
  result<plan::run_handle> decode_run(data::buffer_handle bytes, std::size_t) const override {
    return record_run<earlier_ones>::decode(std::move(bytes));
  }
  /// Runs come in the order of the partitions that they are from.
  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<earlier_ones>(build, *this);
    data::keyed_table<std::uint64_t, std::uint64_t> counts{build.input().hash_seed};
    data::chunk<earlier_ones> chunk;
    emitter<earlier_ones> emit{chunk, *downstream};
    for (auto& handle : build.shuffle_input(*this))
      static_cast<const record_run<earlier_ones>&>(*handle).records().for_each_piece([&](auto piece) {
        for (auto& each : piece)
          counts.upsert(
            each.hash, [&] { return each.count; },
            [&](std::uint64_t& before) {
              emit(earlier_ones{each.partition, each.hash, before});
              before += each.count;
            });
      });
    emit.flush();
    downstream->finish();
  }

private:
  std::uint64_t seed_;
};

/// How often a record is kept: with a probability, or, with replacement, as often as a Poisson distribution says.
class chance {
public:
  chance(double fraction, bool replacement, std::uint64_t seed)
    : fraction_{fraction}, replacement_{replacement}, random_{split_mix::mix(seed)} {}

  std::uint64_t times() { return replacement_ ? poisson() : static_cast<std::uint64_t>(uniform() < fraction_); }

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
};

/// The second shuffle: records stay in their partition, and learn how many are before them.
template <class Record>
class sample_node final : public stream_node<Record> {
public:
  sample_node(stream_ptr<Record> input, stream_ptr<earlier_ones> alike, double fraction, std::uint64_t seed,
              bool replacement)
    : stream_node<Record>{plan::node::role::shuffle, "sample", {std::move(input), std::move(alike)}},
      fraction_{fraction},
      seed_{seed},
      replacement_{replacement} {}

  bool varies() const override { return true; }
  std::string options() const override {
    return std::to_string(fraction_) + (replacement_ ? " with replacement" : "") + ", seed " + std::to_string(seed_);
  }
  std::uint32_t partitions(const plan::partition_counts& counts) const override {
    return std::max(1u, counts.of(*this->inputs().front()));
  }
  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t input) const override {
    auto& into = build.shuffle_result(*this);
    if (input == 1) {
      auto there = [](const earlier_ones& each) { return each.partition; };
      return std::make_unique<scatter_sink<earlier_ones, decltype(there)>>(there, build.name_of(*this), into);
    }
    auto here = [partition = build.partition()](const Record&) { return partition; };
    return std::make_unique<scatter_sink<Record, decltype(here)>>(here, build.name_of(*this), into);
  }
  result<plan::run_handle> decode_run(data::buffer_handle bytes, std::size_t input) const override {
    return input == 0 ? record_run<Record>::decode(std::move(bytes))
                      : record_run<earlier_ones>::decode(std::move(bytes));
  }
  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<Record>(build, *this);
    data::keyed_table<std::uint64_t, std::uint64_t> before{build.input().hash_seed};
    for_each<earlier_ones>(build.shuffle_input(*this, 1), [&](const earlier_ones& each) {
      before.upsert(
        each.hash, [&] { return each.count; }, [](std::uint64_t&) {});
    });
    auto of_batch = data::hash_word(build.input().batch.value, seed_);
    data::chunk<Record> chunk;
    emitter<Record> emit{chunk, *downstream};
    for_each<Record>(build.shuffle_input(*this, 0), [&](const Record& record) {
      auto hash = data::record_traits<Record>::hash(record, seed_);
      std::uint64_t place = 0;
      before.upsert(
        hash, [] { return std::uint64_t{1}; }, [&](std::uint64_t& count) { place = count++; });
      chance drawn{fraction_, replacement_, data::hash_combine(data::hash_combine(of_batch, hash), place)};
      for (auto times = drawn.times(); times > 0; --times)
        emit(record);
    });
    emit.flush();
    downstream->finish();
  }

private:
  template <class T, class Visit>
  static void for_each(std::span<const plan::run_handle> runs, Visit&& visit) {
    for (auto& handle : runs)
      static_cast<const record_run<T>&>(*handle).records().for_each_piece([&](auto piece) {
        for (auto& each : piece)
          visit(each);
      });
  }

  double fraction_;
  std::uint64_t seed_;
  bool replacement_;
};

} // namespace weir::operators
