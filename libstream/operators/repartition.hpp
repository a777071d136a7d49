#pragma once

#include "libstream/operators/partitioning.hpp"
#include "libstream/operators/record_run.hpp"

/// Operators that bring records into other partitions and leave them as they are.
namespace weir::operators {

/// Takes records in: `Place` says of each which partition it belongs into: `std::size_t operator()(const Record&)`.
template <class Record, class Place>
class scatter_sink final : public sink<Record> {
public:
  scatter_sink(Place place, const std::string& name, plan::shuffle_output& into)
    : place_{std::move(place)}, name_{name}, into_{into}, parts_{into.runs.size()} {}

  void consume(std::span<const Record> records) override {
    plan::guarded(name_, [&] {
      for (const auto& record : records)
        parts_.add(place_(record), record);
    });
  }
  void finish() override { parts_.finish(into_); }

private:
  Place place_;
  const std::string& name_;
  plan::shuffle_output& into_;
  record_parts<Record> parts_;
};

/// What these shuffles have in common: records go out as they came, by map index.
template <class Record>
class scatter_node : public stream_node<Record> {
public:
  scatter_node(std::string kind, stream_ptr<Record> input)
    : stream_node<Record>{plan::node::role::shuffle, std::move(kind), {std::move(input)}} {}

  result<plan::run_handle> decode_run(data::buffer_handle bytes, std::size_t) const override {
    return record_run<Record>::decode(std::move(bytes));
  }
  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<Record>(build, *this);
    replay<Record>(build.shuffle_input(*this), *downstream);
    downstream->finish();
  }

protected:
  template <class Place>
  std::unique_ptr<plan::sink_base> scatter(plan::task_build& build, Place place) const {
    return std::make_unique<scatter_sink<Record, Place>>(std::move(place), build.name_of(*this),
                                                         build.shuffle_result(*this));
  }
};

/// Deals the records of each task out over exactly so many partitions, one after the other.
template <class Record>
class repartition_node final : public scatter_node<Record> {
public:
  repartition_node(stream_ptr<Record> input, std::uint32_t count)
    : scatter_node<Record>{"repartition", std::move(input)}, count_{count} {}

  std::string options() const override { return std::to_string(count_) + " partitions"; }
  std::uint32_t partitions(const plan::partition_counts&) const override { return count_; }
  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    return this->scatter(build, [next = build.partition() % count_, count = count_](const Record&) mutable {
      auto here = next;
      next = next + 1 == count ? 0 : next + 1;
      return here;
    });
  }

private:
  std::uint32_t count_;
};

/// Joins neighbouring partitions so that at most so many are left; the order of all records stays.
template <class Record>
class coalesce_node final : public scatter_node<Record> {
public:
  coalesce_node(stream_ptr<Record> input, std::uint32_t count)
    : scatter_node<Record>{"coalesce", std::move(input)}, count_{count} {}

  std::string options() const override { return "at most " + std::to_string(count_) + " partitions"; }
  std::uint32_t partitions(const plan::partition_counts& counts) const override {
    return std::max(1u, std::min(count_, counts.of(*this->inputs().front())));
  }
  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    auto all = std::uint64_t{build.partitions_of(*this->inputs().front())};
    auto here = std::uint64_t{build.partition()} * build.partitions_of(*this) / std::max<std::uint64_t>(1, all);
    return this->scatter(build, [here](const Record&) { return here; });
  }

private:
  std::uint32_t count_;
};

/// Brings pairs to the partition of their key.
template <class Key, class Value>
class partition_by_node final : public scatter_node<std::pair<Key, Value>> {
public:
  using record = std::pair<Key, Value>;

  partition_by_node(stream_ptr<record> input, partitioning<Key> how)
    : scatter_node<record>{"partition_by", std::move(input)}, how_{std::move(how)} {}

  std::string options() const override { return how_.described(); }
  std::uint32_t partitions(const plan::partition_counts& counts) const override { return how_.of(counts); }
  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    auto& into = build.shuffle_result(*this);
    auto place = [seed = build.input().hash_seed, choose = placement<Key>{how_, into}](const record& pair) {
      return choose(data::record_traits<Key>::hash(pair.first, seed), [&]() -> const Key& { return pair.first; });
    };
    return std::make_unique<scatter_sink<record, decltype(place)>>(std::move(place), build.name_of(*this), into);
  }

private:
  partitioning<Key> how_;
};

} // namespace weir::operators
