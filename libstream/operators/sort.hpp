#pragma once

#include <functional>

#include "libstream/data/order.hpp"
#include "libstream/operators/repartition.hpp"

/// Sorting by ranges (sample sort): a first shuffle keeps records in their partitions and gives a sample of all keys to each, so that all
/// agree on the ranges; a second one brings records to the partition of their range, which sorts them. Partition i has nothing that comes
/// after something of partition i + 1; equal keys lie in one partition, in the order of the records.
namespace weir {

/// Which end comes first.
enum class order { ascending, descending };

namespace operators {

template <class Key>
bool ordered(order how, const Key& a, const Key& b) {
  return how == order::ascending ? data::precedes(a, b) : data::precedes(b, a);
}

/// A record with its partition after the second shuffle.
template <class Record>
using ranged = std::pair<std::uint32_t, Record>;

/// The first shuffle. `KeyOf` gives the key of a record; it must not refer to the function object.
template <class Record, class Key, class KeyOf>
class sort_ranges_node final : public stream_node<ranged<Record>> {
public:
  using note = std::vector<Key>; ///< a sample of the task's keys

  sort_ranges_node(stream_ptr<Record> input, KeyOf key_of, order how, std::uint32_t count)
    : stream_node<ranged<Record>>{plan::node::role::shuffle, "sort_ranges", {std::move(input)}},
      key_of_{std::move(key_of)},
      how_{how},
      count_{count} {}

  std::string options() const override { return how_ == order::ascending ? "ascending" : "descending"; }
  std::uint32_t partitions(const plan::partition_counts& counts) const override {
    return std::max(1u, counts.of(*this->inputs().front()));
  }
  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override;
  result<plan::run_handle> decode_run(data::buffer_handle bytes, std::size_t) const override {
    return record_run<Record, note>::decode(std::move(bytes));
  }
  void run(plan::task_build& build) const override;

private:
  static constexpr std::size_t sampled = 64; ///< keys a task and partition to be

  std::vector<Key> bounds(std::span<const plan::run_handle> runs, std::uint32_t ranges) const;

  KeyOf key_of_;
  order how_;
  std::uint32_t count_;
};

template <class Record, class Key, class KeyOf>
std::unique_ptr<plan::sink_base> sort_ranges_node<Record, Key, KeyOf>::make_sink(plan::task_build& build,
                                                                                 std::size_t) const {
  class sampler final : public sink<Record> {
  public:
    sampler(KeyOf key_of, std::size_t here, std::size_t most, const std::string& name, plan::shuffle_output& into)
      : key_of_{std::move(key_of)}, here_{here}, most_{most}, name_{name}, into_{into}, parts_{into.runs.size()} {}

    void consume(std::span<const Record> records) override {
      plan::guarded(name_, [&] {
        for (const auto& record : records) {
          parts_.add(here_, record);
          if (seen_++ % step_ == 0)
            sample(record);
        }
      });
    }
    void finish() override {
      auto keep = [&](auto&&) { return keys_; };
      parts_.finish(into_, keep, !keys_.empty());
    }

  private:
    /// Every so-many-th record; whenever there are too many, every second of them, so that it is even over the task.
    void sample(const Record& record) {
      Key key(std::invoke(key_of_, record));
      if constexpr (data::borrows<Key>)
        key = data::record_traits<Key>::rehome(key, home());
      keys_.push_back(std::move(key));
      if (keys_.size() < 2 * most_)
        return;
      for (std::size_t at = 0; 2 * at < keys_.size(); ++at)
        keys_[at] = std::move(keys_[2 * at]);
      keys_.resize((keys_.size() + 1) / 2);
      step_ *= 2;
    }
    data::arena& home() { return parts_.home(); }

    KeyOf key_of_;
    std::size_t here_;
    std::size_t most_;
    const std::string& name_;
    plan::shuffle_output& into_;
    record_parts<Record, note> parts_;
    std::vector<Key> keys_;
    std::size_t seen_ = 0;
    std::size_t step_ = 1;
  };
  auto ranges = count_ > 0 ? count_ : build.input().partitions;
  return std::make_unique<sampler>(key_of_, build.partition(), ranges > 1 ? sampled * ranges : 1, build.name_of(*this),
                                   build.shuffle_result(*this));
}

/// The first keys of all ranges but the first.
template <class Record, class Key, class KeyOf>
std::vector<Key> sort_ranges_node<Record, Key, KeyOf>::bounds(std::span<const plan::run_handle> runs,
                                                              std::uint32_t ranges) const {
  std::vector<Key> sample;
  for (auto& handle : runs) {
    auto& keys = static_cast<const record_run<Record, note>&>(*handle).note();
    sample.insert(sample.end(), keys.begin(), keys.end());
  }
  std::sort(sample.begin(), sample.end(), [this](auto& a, auto& b) { return ordered(how_, a, b); });
  std::vector<Key> bounds;
  for (std::uint32_t range = 1; range < ranges && !sample.empty(); ++range)
    bounds.push_back(sample[sample.size() * range / ranges]);
  return bounds;
}

template <class Record, class Key, class KeyOf>
void sort_ranges_node<Record, Key, KeyOf>::run(plan::task_build& build) const {
  auto downstream = downstream_of<ranged<Record>>(build, *this);
  auto runs = build.shuffle_input(*this);
  auto limits_of_ranges = bounds(runs, count_ > 0 ? count_ : build.input().partitions);
  auto key_of = key_of_;
  data::chunk<ranged<Record>> chunk;
  emitter<ranged<Record>> emit{chunk, *downstream};
  for (auto& handle : runs)
    static_cast<const record_run<Record, note>&>(*handle).records().for_each_piece([&](auto piece) {
      for (auto& record : piece) {
        auto range =
          std::upper_bound(limits_of_ranges.begin(), limits_of_ranges.end(), Key(std::invoke(key_of, record)),
                           [this](auto& a, auto& b) { return ordered(how_, a, b); });
        emit(ranged<Record>{static_cast<std::uint32_t>(range - limits_of_ranges.begin()), record});
      }
    });
  emit.flush();
  downstream->finish();
}

/// The second shuffle.
template <class Record, class Key, class KeyOf>
class sort_node final : public stream_node<Record> {
public:
  sort_node(std::string kind, stream_ptr<ranged<Record>> input, KeyOf key_of, order how, std::uint32_t count)
    : stream_node<Record>{plan::node::role::shuffle, std::move(kind), {std::move(input)}},
      key_of_{std::move(key_of)},
      how_{how},
      count_{count} {}

  std::string options() const override {
    return std::string{how_ == order::ascending ? "ascending" : "descending"} +
           (count_ > 0 ? ", " + std::to_string(count_) + " partitions" : "");
  }
  std::uint32_t partitions(const plan::partition_counts& counts) const override {
    return count_ > 0 ? count_ : counts.application();
  }
  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    class range_sink final : public sink<ranged<Record>> {
    public:
      explicit range_sink(plan::shuffle_output& into) : into_{into}, parts_{into.runs.size()} {}
      void consume(std::span<const ranged<Record>> records) override {
        for (auto& [range, record] : records)
          parts_.add(range, record);
      }
      void finish() override { parts_.finish(into_); }

    private:
      plan::shuffle_output& into_;
      record_parts<Record> parts_;
    };
    return std::make_unique<range_sink>(build.shuffle_result(*this));
  }
  result<plan::run_handle> decode_run(data::buffer_handle bytes, std::size_t) const override {
    return record_run<Record>::decode(std::move(bytes));
  }
  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<Record>(build, *this);
    if constexpr (std::is_same_v<KeyOf, std::identity> && std::is_arithmetic_v<Record> && !std::is_same_v<Record, bool>)
      emit_values(build.shuffle_input(*this), *downstream); // equal ones are the same
    else
      emit_by_key(build.shuffle_input(*this), *downstream);
    downstream->finish();
  }

private:
  template <class Visit>
  static void for_each(std::span<const plan::run_handle> runs, Visit&& visit) {
    for (auto& handle : runs)
      static_cast<const record_run<Record>&>(*handle).records().for_each_piece(visit);
  }

  void emit_values(std::span<const plan::run_handle> runs, sink<Record>& downstream) const {
    std::vector<Record> all;
    for_each(runs, [&](std::span<const Record> piece) { all.insert(all.end(), piece.begin(), piece.end()); });
    auto ascending = [](Record a, Record b) { return data::precedes(a, b); };
    auto descending = [](Record a, Record b) { return data::precedes(b, a); };
    if constexpr (std::is_floating_point_v<Record>) // the same are not always alike: 0.0 and -0.0
      how_ == order::ascending ? std::stable_sort(all.begin(), all.end(), ascending)
                               : std::stable_sort(all.begin(), all.end(), descending);
    else
      how_ == order::ascending ? std::sort(all.begin(), all.end(), ascending)
                               : std::sort(all.begin(), all.end(), descending);
    pass_on(std::span<const Record>{all}, downstream);
  }

  /// Sorts keys with the places of their records: records themselves are moved once.
  void emit_by_key(std::span<const plan::run_handle> runs, sink<Record>& downstream) const {
    struct placed {
      Key key;
      std::uint32_t place;
      const Record* record;
    };
    std::vector<placed> all;
    auto key_of = key_of_;
    for_each(runs, [&](std::span<const Record> piece) {
      for (auto& record : piece)
        all.push_back({Key(std::invoke(key_of, record)), static_cast<std::uint32_t>(all.size()), &record});
    });
    std::sort(all.begin(), all.end(), [this](auto& a, auto& b) {
      return ordered(how_, a.key, b.key) || (!ordered(how_, b.key, a.key) && a.place < b.place);
    });
    data::chunk<Record> chunk;
    emitter<Record> emit{chunk, downstream};
    for (auto& each : all)
      emit(*each.record);
    emit.flush();
  }

  KeyOf key_of_;
  order how_;
  std::uint32_t count_;
};

} // namespace operators

} // namespace weir
