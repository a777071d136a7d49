#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "libstream/data/keyed_table.hpp"
#include "libstream/data/owned.hpp"
#include "libstream/operators/sink.hpp"

/// Grouping with a combine before the shuffle: a map task keeps one accumulator a key and sends that; a reduce task merges the
/// accumulators in map-index order. Hash once: it is computed where a record first meets the table and travels with the entry.
namespace weir::operators {

/// What a map task made for one partition: combined entries in the order of their keys' first occurrence.
template <class Key, class Accumulator>
class combined_run final : public plan::run {
public:
  using entry = typename data::keyed_table<Key, Accumulator>::entry;

  /// `keys_bytes`: this run's share of the keys.
  combined_run(std::vector<entry> entries, std::shared_ptr<const data::arena> keys, std::size_t keys_bytes)
    : entries_{std::move(entries)}, keys_{std::move(keys)}, keys_bytes_{keys_bytes} {}

  const std::vector<entry>& all() const { return entries_; }
  std::size_t bytes() const override { return entries_.size() * sizeof(entry) + keys_bytes_; }
  std::size_t entries() const override { return entries_.size(); }

private:
  std::vector<entry> entries_;
  std::shared_ptr<const data::arena> keys_; ///< what views in the entries point into; shared by the runs of a task
  std::size_t keys_bytes_;
};

/// How records become accumulators. `Logic` provides:
///   const Key& key(const In&);  Accumulator first(const In&);  void add(Accumulator&, const In&);  void merge(Accumulator&, const Accumulator&);
template <class In, class Key, class Accumulator, class Logic>
class combine_sink final : public sink<In> {
public:
  combine_sink(Logic logic, const std::string& name, const plan::task_input& input, plan::shuffle_output& into)
    : logic_{std::move(logic)}, name_{name}, input_{input}, into_{into} {}

  void consume(std::span<const In> records) override {
    plan::guarded(name_, [&] {
      std::uint64_t hashes[limits::chunk_records];
      while (!records.empty()) {
        auto some = records.first(std::min(records.size(), limits::chunk_records));
        for (std::size_t i = 0; i < some.size(); ++i) {
          hashes[i] = data::record_traits<Key>::hash(logic_.key(some[i]), input_.hash_seed);
          table_.prefetch(hashes[i]);
        }
        for (std::size_t i = 0; i < some.size(); ++i) {
          auto [value, fresh] = table_.find_or_insert(hashes[i], logic_.key(some[i]), [&] { return first(some[i]); });
          if (!fresh)
            add(*value, some[i]);
        }
        records = records.subspan(some.size());
      }
    });
  }

  /// Scatters the entries over the partitions.
  void finish() override {
    using run = combined_run<Key, Accumulator>;
    std::vector<std::size_t> counts(input_.partitions);
    for (auto& entry : table_.entries())
      ++counts[data::partition_of(entry.hash, input_.partitions)];
    std::vector<std::vector<typename run::entry>> parts(input_.partitions);
    for (std::uint32_t p = 0; p < input_.partitions; ++p)
      parts[p].reserve(counts[p]);
    for (auto& entry : table_.entries())
      parts[data::partition_of(entry.hash, input_.partitions)].push_back(std::move(entry));
    auto keys = std::make_shared<const data::arena>(std::move(table_.keys()));
    for (std::uint32_t p = 0; p < input_.partitions; ++p)
      if (!parts[p].empty()) {
        auto share = keys->bytes() * counts[p] / table_.size();
        into_.runs[p] = std::make_shared<run>(std::move(parts[p]), keys, share);
      }
  }

private:
  Accumulator first(const In& record) {
    if constexpr (data::borrows<Accumulator>)
      return data::record_traits<Accumulator>::rehome(logic_.first(record), table_.keys());
    else
      return logic_.first(record);
  }

  /// An accumulator that refers to bytes outlives those of the record. One that stays as it was is not copied again.
  void add(Accumulator& value, const In& record) {
    if constexpr (data::borrows<Accumulator>) {
      auto before = value;
      logic_.add(value, record);
      if (!(value == before))
        value = data::record_traits<Accumulator>::rehome(value, table_.keys());
    } else {
      logic_.add(value, record);
    }
  }

  Logic logic_;
  const std::string& name_;
  const plan::task_input& input_;
  plan::shuffle_output& into_;
  data::keyed_table<Key, Accumulator> table_;
};

/// The shuffle: takes `In`, gives (key, accumulator) pairs.
template <class In, class Key, class Accumulator, class Logic>
class combine_node final : public stream_node<std::pair<Key, Accumulator>> {
public:
  using record = std::pair<Key, Accumulator>;

  combine_node(std::string kind, stream_ptr<In> input, Logic logic)
    : stream_node<record>{plan::node::role::shuffle, std::move(kind), {std::move(input)}}, logic_{std::move(logic)} {}

  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build) const override {
    return std::make_unique<combine_sink<In, Key, Accumulator, Logic>>(logic_, build.name_of(*this), build.input(),
                                                                       build.shuffle_result(*this));
  }

  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<record>(build, *this);
    auto logic = logic_;
    data::keyed_table<Key, Accumulator, false> table{expected(build)}; // the runs pin the keys for this task
    for (auto& handle : build.shuffle_input(*this))
      for (auto& entry : static_cast<const combined_run<Key, Accumulator>&>(*handle).all()) {
        auto [value, fresh] = table.find_or_insert(entry.hash, entry.key, [&] { return entry.value; });
        if (!fresh)
          logic.merge(*value, entry.value);
      }
    emitter<record> emit{*downstream};
    for (auto& entry : table.entries())
      emit(record{entry.key, std::move(entry.value)});
    emit.flush();
    downstream->finish();
  }

private:
  std::size_t expected(plan::task_build& build) const {
    std::size_t most = 0;
    for (auto& handle : build.shuffle_input(*this))
      most = std::max(most, handle->entries());
    return most;
  }

  Logic logic_;
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

} // namespace weir::operators
