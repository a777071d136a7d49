#pragma once

#include <algorithm>
#include <bit>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "libstream/base/ensure.hpp"
#include "libstream/data/hash.hpp"
#include "libstream/data/keyed_table.hpp"
#include "libstream/data/owned.hpp"
#include "libstream/data/same_views.hpp"
#include "libstream/operators/combined_run.hpp"
#include "libstream/operators/partitioning.hpp"
#include "libstream/operators/sink.hpp"

/// Grouping with a combine before the shuffle: a map task keeps one accumulator a key and sends that; a reduce task merges the
/// accumulators in map-index order. Hash once: it is computed where a record first meets the table and travels with the entry.
namespace weir::operators {

/// How records become accumulators. `Logic` provides:
///   const Key& key(const In&);  Accumulator first(const In&);  void add(Accumulator&, const In&);  void merge(Accumulator&, const Accumulator&);
/// and, if the result is not (key, accumulator):  static Out result(Key, Accumulator);
///
/// What combining gains is seen while it is done. A table grows beyond the core's own cache only if all keys will probably fit the shared
/// cache. One that may not grow is full: records of its keys are combined, the others go to the runs as they are. As it holds the keys that
/// came first, it mostly holds the frequent ones; if it does not, it is emptied into the runs and filled anew. If keys do not come again at
/// all, every record goes to the runs for a while. All that follows from the task's input alone. (Partial preaggregation: Larson, "Data
/// Reduction by Partial Preaggregation", ICDE 2002; buckets: Leis et al., "Morsel-Driven Parallelism", SIGMOD 2014.)
template <class In, class Key, class Accumulator, class Logic>
class combine_sink final : public sink<In> {
public:
  combine_sink(Logic logic, const std::string& name, const plan::task_input& input, const partitioning<Key>& how,
               plan::shuffle_output& into)
    : logic_{std::move(logic)},
      name_{name},
      into_{into},
      place_{how, into},
      table_{input.hash_seed, expected(input)},
      parts_(into.runs.size()) {}

  void consume(std::span<const In> records) override {
    plan::guarded(name_, [&] {
      while (!records.empty()) {
        auto some = records.first(std::min(records.size(), limits::chunk_records));
        if (uncombined_ > 0)
          pass(some);
        else
          combine(some);
        records = records.subspan(some.size());
      }
    });
  }

  void finish() override {
    plan::guarded(name_, [&] {
      if (distinct_ && table_.slot_bytes() > limits::cached_table_bytes)
        divide_runs();
      empty_table();
    });
    auto keys = std::make_shared<const data::arena>(std::move(table_.home()));
    auto entries = entries_of(parts_);
    for (std::size_t p = 0; p < into_.runs.size(); ++p) {
      auto part = std::span{parts_}.subspan(p * buckets_, buckets_);
      auto of_part = entries_of(part);
      if (of_part == 0)
        continue;
      std::vector<bucket> buckets{std::move_iterator{part.begin()}, std::move_iterator{part.end()}};
      auto share = static_cast<double>(keys->bytes()) * static_cast<double>(of_part) / static_cast<double>(entries);
      into_.runs[p] = std::make_shared<run_type>(std::move(buckets), distinct_, keys, static_cast<std::size_t>(share));
    }
  }

private:
  using run_type = combined_run<Key, Accumulator>;
  using bucket = typename run_type::bucket;
  using layout = data::table_key<Key>;
  using table = data::keyed_table<Key, Accumulator>;
  using entry = typename run_type::entry;

  /// Into how many buckets a run is divided at most, and all runs of a task together: each is written to a line of the core's cache.
  static constexpr std::uint32_t most_buckets = 64;
  static constexpr std::uint32_t most_open_buckets = 256;

  /// A guess from the bytes of the task, low enough to cost nothing if it is wrong.
  static std::size_t expected(const plan::task_input& input) {
    std::size_t bytes = 0;
    for (auto& piece : input.text)
      bytes += piece.bytes.size();
    return std::min<std::size_t>(bytes / 128, 2048);
  }

  void combine(std::span<const In> records) {
    typename table::probe probes[limits::chunk_records];
    for (std::size_t i = 0; i < records.size(); ++i)
      probes[i] = layout::make(logic_.key(records[i]), table_.seed());
    std::span<const typename table::probe> keys{probes, records.size()};
    if (is_full_)
      combine_known(records, keys);
    else
      combine_all(records, keys);
  }

  void combine_all(std::span<const In> records, std::span<const typename table::probe> keys) {
    table_.upsert(
      keys, [&](std::size_t i) { return first(records[i]); },
      [&](Accumulator& value, std::size_t i) { add(value, records[i]); });
    seen_ += records.size();
    if (!table_.grows_with(limits::chunk_records) || may_grow()) [[likely]]
      return;
    if (std::exchange(distinct_, false))
      divide_runs();
    if (seen_ * 4 < table_.size() * 5) {
      uncombined_ = 16 * table_.size();
      empty_table();
    } else {
      is_full_ = true;
      passed_ = seen_ = 0;
    }
  }

  /// The keys that came first are mostly the frequent ones.
  void combine_known(std::span<const In> records, std::span<const typename table::probe> keys) {
    auto passed = passed_;
    table_.join_known(
      keys, [&](Accumulator& value, std::size_t i) { add(value, records[i]); },
      [&](std::size_t i) {
        pass(records[i], keys[i]);
        ++passed;
      });
    passed_ = passed;
    seen_ += records.size();
    if (seen_ < 8 * table_.size())
      return;
    if (passed_ * 4 > seen_ * 3)
      empty_table();
    passed_ = seen_ = 0;
  }

  bool may_grow() const {
    auto next_bytes = 2 * table_.slot_bytes();
    return next_bytes <= limits::cached_table_bytes ||
           (next_bytes <= limits::max_table_bytes &&
            bytes_of_all_keys() <= static_cast<double>(limits::max_table_bytes));
  }

  /// What a table of all keys would take, if each record had one of them by chance: of k keys, s records then repeat about s² / 2k.
  double bytes_of_all_keys() const {
    auto seen = static_cast<double>(seen_);
    auto repeated = seen - static_cast<double>(table_.size());
    auto slot_bytes = static_cast<double>(table_.slot_bytes()) / static_cast<double>(table_.slots());
    return repeated > 0 ? 2 * slot_bytes * seen * seen / (2 * repeated) : std::numeric_limits<double>::infinity();
  }

  /// There are many keys. Before the first of them goes to the runs.
  void divide_runs() {
    auto runs = static_cast<std::uint32_t>(into_.runs.size());
    buckets_ = std::clamp<std::uint32_t>(std::bit_floor(most_open_buckets / runs), 1, most_buckets);
    parts_ = std::vector<bucket>(std::size_t{runs} * buckets_);
  }

  template <class Get>
  bucket& place_of(std::uint64_t hash, Get&& key) {
    return parts_[std::size_t{place_(hash, key)} * buckets_ + data::bucket_of(hash, buckets_)];
  }

  static std::size_t entries_of(std::span<const bucket> buckets) {
    std::size_t entries = 0;
    for (auto& each : buckets)
      entries += each.size();
    return entries;
  }

  /// Records to runs without a look whether their keys were there before.
  void pass(std::span<const In> records) {
    for (auto& record : records)
      pass(record, layout::make(logic_.key(record), table_.seed()));
    uncombined_ -= std::min(uncombined_, records.size());
  }

  void pass(const In& record, const typename table::probe& probe) {
    place_of(layout::hash(probe), [&]() -> const Key& { return logic_.key(record); }).append([&](entry* at) {
      auto value = first(record); // before the key, which would have to be undone if this throws
      layout::place(&at->key, probe, &table_.home());
      std::construct_at(&at->value, std::move(value));
    });
  }

  /// Scatters the entries over the partitions.
  void empty_table() {
    table_.drain([&](auto& key, Accumulator& value) {
      auto hash = layout::hash(layout::of(key, table_.seed()));
      place_of(hash, [&] { return layout::copy(key); }).append([&](entry* at) {
        std::construct_at(&at->key, std::move(key));
        std::construct_at(&at->value, std::move(value));
      });
    });
    is_full_ = false;
    seen_ = 0;
  }

  Accumulator first(const In& record) {
    if constexpr (data::borrows<Accumulator>)
      return data::record_traits<Accumulator>::rehome(logic_.first(record), table_.home());
    else
      return logic_.first(record);
  }

  /// An accumulator that refers to bytes outlives those of the record. One that stays as it was is not copied again.
  void add(Accumulator& value, const In& record) {
    if constexpr (data::borrows<Accumulator>) {
      auto before = value;
      logic_.add(value, record);
      if (!data::same_views(value, before))
        value = data::record_traits<Accumulator>::rehome(value, table_.home());
    } else {
      logic_.add(value, record);
    }
  }

  Logic logic_;
  const std::string& name_;
  plan::shuffle_output& into_;
  placement<Key> place_;
  table table_;
  std::uint32_t buckets_ = 1;  ///< of each run
  std::vector<bucket> parts_;  ///< those of one run side by side
  std::size_t seen_ = 0;       ///< records since the table was empty
  bool is_full_ = false;       ///< further keys pass
  std::size_t passed_ = 0;     ///< records since it is full
  std::size_t uncombined_ = 0; ///< records that will pass whatever their key
  bool distinct_ = true;
};

/// What a logic makes of a key and its accumulator.
template <class Key, class Accumulator, class Logic>
auto combined(Key key, Accumulator value) {
  if constexpr (requires { Logic::result(std::move(key), std::move(value)); })
    return Logic::result(std::move(key), std::move(value));
  else
    return std::pair<Key, Accumulator>{std::move(key), std::move(value)};
}
template <class Key, class Accumulator, class Logic>
using combined_record = decltype(combined<Key, Accumulator, Logic>(std::declval<Key>(), std::declval<Accumulator>()));

/// The shuffle: takes `In`, gives (key, accumulator) pairs, or what the logic makes of them. Views among the keys are valid while the
/// task runs.
template <class In, class Key, class Accumulator, class Logic>
class combine_node final : public stream_node<combined_record<Key, Accumulator, Logic>> {
public:
  using record = combined_record<Key, Accumulator, Logic>;

  combine_node(std::string kind, stream_ptr<In> input, Logic logic, partitioning<Key> how = {})
    : stream_node<record>{plan::node::role::shuffle, std::move(kind), {std::move(input)}},
      logic_{std::move(logic)},
      how_{std::move(how)} {}

  std::string options() const override { return how_.described(); }
  std::uint32_t partitions(const plan::partition_counts& counts) const override { return how_.of(counts); }

  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    return std::make_unique<combine_sink<In, Key, Accumulator, Logic>>(logic_, build.name_of(*this), build.input(),
                                                                       how_, build.shuffle_result(*this));
  }

  result<plan::run_handle> decode_run(data::buffer_handle bytes, std::size_t) const override {
    return combined_run<Key, Accumulator>::decode(std::move(bytes));
  }

  bool is_keyed() const override { return true; }

  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<record>(build, *this);
    auto runs = build.shuffle_input(*this);
    if (!build.input().keys.all())
      emit_chosen(runs, build, *downstream);
    else if (runs.size() == 1 && read(runs.front()).distinct())
      emit_run(read(runs.front()), *downstream);
    else if (!runs.empty() &&
             std::all_of(runs.begin(), runs.end(), [](auto& run) { return read(run).buckets().size() > 1; }))
      emit_by_bucket(runs, build.input().hash_seed, *downstream);
    else
      emit_merged(runs, build.input().hash_seed, *downstream);
    downstream->finish();
  }

private:
  using layout = data::table_key<Key>;
  using run_type = combined_run<Key, Accumulator>;
  using entry = typename run_type::entry;
  using table = data::keyed_table<Key, Accumulator, false>; // the runs pin the keys for this task

  static const run_type& read(const plan::run_handle& handle) { return static_cast<const run_type&>(*handle); }

  /// Nothing to merge.
  static void emit_run(const run_type& only, sink<record>& downstream) {
    data::chunk<record> chunk;
    emitter<record> emit{chunk, downstream};
    only.for_each_piece([&](std::span<const entry> piece) {
      for (auto& each : piece)
        emit(combined<Key, Accumulator, Logic>(layout::copy(each.key), each.value));
    });
    emit.flush();
  }

  void emit_merged(std::span<const plan::run_handle> runs, std::uint64_t seed, sink<record>& downstream) const {
    std::size_t most = 0;
    for (auto& handle : runs)
      most = std::max(most, handle->entries());
    table merged{seed, most};
    auto logic = logic_;
    for (auto& handle : runs)
      read(handle).for_each_piece([&](std::span<const entry> piece) { merge(piece, merged, logic); });
    emit_all(merged, downstream);
  }

  /// The same, in a small table.
  void emit_by_bucket(std::span<const plan::run_handle> runs, std::uint64_t seed, sink<record>& downstream) const {
    auto buckets = read(runs.front()).buckets().size();
    std::size_t most = 0;
    for (auto& handle : runs) {
      ensure(read(handle).buckets().size() == buckets, "the runs of a shuffle are divided alike", "buckets", buckets);
      most = std::max(most, handle->entries() / buckets);
    }
    table merged{seed, most};
    auto logic = logic_;
    for (std::size_t i = 0; i < buckets; ++i) {
      for (auto& handle : runs)
        read(handle).buckets()[i].for_each_piece([&](std::span<const entry> piece) { merge(piece, merged, logic); });
      emit_all(merged, downstream);
      merged.clear();
    }
  }

  /// As `emit_merged`, without the keys that the task shall leave out: entry by entry, as it is rare.
  void emit_chosen(std::span<const plan::run_handle> runs, plan::task_build& build, sink<record>& downstream) const {
    auto& keys = build.input().keys;
    table merged{build.input().hash_seed, 0};
    auto logic = logic_;
    for (auto& handle : runs)
      read(handle).for_each_piece([&](std::span<const entry> piece) {
        for (auto& each : piece) {
          auto hash = layout::hash(layout::of(each.key, merged.seed()));
          if (keys.takes(hash))
            merge({&each, 1}, merged, logic);
          else if (keys.leaves_out(hash))
            data::record_traits<Key>::append_text(layout::copy(each.key),
                                                  build.result().left_out.insert_or_assign(hash, "").first->second);
        }
      });
    emit_all(merged, downstream);
  }

  static void emit_all(table& merged, sink<record>& downstream) {
    data::chunk<record> chunk;
    emitter<record> emit{chunk, downstream};
    merged.visit([&](auto& key, Accumulator& value) {
      emit(combined<Key, Accumulator, Logic>(layout::take(key), std::move(value)));
    });
    emit.flush();
  }

  static void merge(std::span<const entry> entries, table& into, Logic& logic) {
    typename table::probe probes[limits::chunk_records];
    while (!entries.empty()) {
      auto some = entries.first(std::min(entries.size(), limits::chunk_records));
      for (std::size_t i = 0; i < some.size(); ++i)
        probes[i] = layout::of(some[i].key, into.seed());
      into.upsert(
        {probes, some.size()}, [&](std::size_t i) { return some[i].value; },
        [&](Accumulator& value, std::size_t i) { logic.merge(value, some[i].value); });
      entries = entries.subspan(some.size());
    }
  }

  Logic logic_;
  partitioning<Key> how_;
};

/// reduce_by_key: the accumulator is a value, `function` joins two of them. Associative; called in the order of the records.
template <class Key, class Value, class Function>
struct reduce_logic {
  using record = std::pair<Key, Value>;
  Function function;

  const Key& key(const record& from) const { return from.first; }
  Value first(const record& from) const { return from.second; }
  void add(Value& sum, const record& from) { sum = std::invoke(function, std::as_const(sum), from.second); }
  void merge(Value& sum, const Value& other) { sum = std::invoke(function, std::as_const(sum), other); }
};

/// count_by_value: how often each record occurs.
template <class Record>
struct occurrence_logic {
  const Record& key(const Record& from) const { return from; }
  std::uint64_t first(const Record&) const { return 1; }
  void add(std::uint64_t& count, const Record&) const { ++count; }
  void merge(std::uint64_t& count, std::uint64_t other) const { count += other; }
};

/// distinct: each record once.
template <class Record>
struct presence_logic {
  const Record& key(const Record& from) const { return from; }
  std::uint8_t first(const Record&) const { return 1; }
  void add(std::uint8_t&, const Record&) const {}
  void merge(std::uint8_t&, std::uint8_t) const {}
  static Record result(Record key, std::uint8_t) { return key; }
};

/// combine_by_key and its relatives: `create` makes an accumulator of the first value, `add` takes further ones in, `merge` joins two
/// accumulators, of which the first has the earlier values.
template <class Key, class Value, class Accumulator, class Create, class Add, class Merge>
struct general_logic {
  using record = std::pair<Key, Value>;
  Create create;
  Add add_value;
  Merge merge_values;

  const Key& key(const record& from) const { return from.first; }
  Accumulator first(const record& from) { return std::invoke(create, from.second); }
  void add(Accumulator& sum, const record& from) { sum = std::invoke(add_value, std::move(sum), from.second); }
  void merge(Accumulator& sum, const Accumulator& other) { sum = std::invoke(merge_values, std::move(sum), other); }
};

} // namespace weir::operators
