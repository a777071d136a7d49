#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "libstream/data/array_list.hpp"
#include "libstream/data/flat.hpp"
#include "libstream/data/order.hpp"
#include "libstream/data/owned.hpp"
#include "libstream/operators/sink.hpp"

/// The n greatest records of a batch: each map task keeps its own n greatest, one reduce task chooses among those.
namespace weir::operators {

/// Keeps the n greatest of the records that it is shown; of equal ones the first. `Less` orders them. Cost: one comparison for a
/// record that is not among them, log n otherwise.
template <class Record, class Less>
class greatest {
public:
  greatest(std::size_t count, Less less) : count_{count}, less_{std::move(less)} {}

  void add(std::span<const Record> records) {
    for (const auto& record : records) {
      auto place = seen_++;
      if (kept_.size() == count_ && (count_ == 0 || !less_(kept_.front().record, record)))
        continue;
      if (kept_.size() == count_) {
        std::pop_heap(kept_.begin(), kept_.end(), before());
        kept_.pop_back();
      }
      kept_.push_back({home(record), place});
      std::push_heap(kept_.begin(), kept_.end(), before());
    }
  }

  struct chosen {
    data::array_list<Record> records; ///< greatest first
    std::shared_ptr<const data::arena> home;
  };
  /// Ends it.
  chosen take() {
    std::sort_heap(kept_.begin(), kept_.end(), before());
    chosen made;
    made.records.reserve(kept_.size());
    for (auto& each : kept_)
      made.records.push_back(std::move(each.record));
    made.home = std::make_shared<const data::arena>(std::move(home_));
    return made;
  }

private:
  struct candidate {
    Record record;
    std::uint64_t place;
  };

  /// The order of the result; the heap's front is the last of it.
  auto before() {
    return [this](const candidate& a, const candidate& b) {
      if (less_(b.record, a.record))
        return true;
      return !less_(a.record, b.record) && a.place < b.place;
    };
  }

  /// A copy that outlives the block. What was displaced stays in the arena, so that is moved out of once it is most of it.
  Record home(const Record& record) {
    if constexpr (data::borrows<Record>) {
      if (++homed_ > 8 * count_ + 1024) {
        data::arena fresh;
        for (auto& each : kept_)
          each.record = data::record_traits<Record>::rehome(each.record, fresh);
        home_ = std::move(fresh);
        homed_ = kept_.size();
      }
      return data::record_traits<Record>::rehome(record, home_);
    } else {
      return record;
    }
  }

  std::size_t count_;
  Less less_;
  std::vector<candidate> kept_;
  std::uint64_t seen_ = 0;
  std::size_t homed_ = 0;
  data::arena home_;
};

/// What a map task chose.
template <class Record>
class top_run final : public plan::run {
public:
  /// `home` is what views in the records point into.
  top_run(data::array_list<Record> records, std::shared_ptr<const void> home, std::size_t home_bytes)
    : records_{std::move(records)}, home_{std::move(home)}, home_bytes_{home_bytes} {}
  const data::array_list<Record>& records() const { return records_; }
  std::size_t bytes() const override { return sizeof *this + records_.size() * sizeof(Record) + home_bytes_; }
  std::size_t entries() const override { return records_.size(); }

  bool encode_to(std::string& bytes) const override {
    if constexpr (std::is_same_v<Record, bool>)
      data::append_flat(bytes, std::vector<bool>(records_.begin(), records_.end()));
    else if constexpr (data::flat_encodable<Record>)
      data::append_flat(bytes, records_);
    return data::flat_encodable<Record>;
  }
  static result<plan::run_handle> decode(data::buffer_handle bytes) {
    if constexpr (data::flat_encodable<Record>)
      return data::decode_flat<std::vector<Record>>(bytes->view()).map([&](auto&& records) -> plan::run_handle {
        if constexpr (std::is_same_v<Record, bool>)
          return std::make_shared<top_run>(data::bool_list(records.begin(), records.end()), bytes, bytes->size());
        else
          return std::make_shared<top_run>(std::move(records), bytes, bytes->size());
      });
    else
      return fail(error_code::corrupt, "records of this type have no flat encoding");
  }

private:
  data::array_list<Record> records_;
  std::shared_ptr<const void> home_;
  std::size_t home_bytes_;
};

template <class Record, class Less>
class top_sink final : public sink<Record> {
public:
  top_sink(std::size_t count, Less less, const std::string& name, plan::shuffle_output& into)
    : greatest_{count, std::move(less)}, name_{name}, into_{into} {}

  void consume(std::span<const Record> records) override {
    plan::guarded(name_, [&] { greatest_.add(records); });
  }
  void finish() override {
    plan::guarded(name_, [&] {
      auto chosen = greatest_.take();
      if (!chosen.records.empty())
        into_.runs[0] = std::make_shared<top_run<Record>>(std::move(chosen.records), chosen.home, chosen.home->bytes());
    });
  }

private:
  greatest<Record, Less> greatest_;
  const std::string& name_;
  plan::shuffle_output& into_;
};

/// The n greatest records of each batch, greatest first, all in partition 0.
template <class Record, class Less>
class top_node final : public stream_node<Record> {
public:
  top_node(stream_ptr<Record> input, std::size_t count, Less less)
    : stream_node<Record>{plan::node::role::shuffle, "top", {std::move(input)}},
      count_{count},
      less_{std::move(less)} {}

  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    return std::make_unique<top_sink<Record, Less>>(count_, less_, build.name_of(*this), build.shuffle_result(*this));
  }

  result<plan::run_handle> decode_run(data::buffer_handle bytes, std::size_t) const override {
    return top_run<Record>::decode(std::move(bytes));
  }

  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<Record>(build, *this);
    greatest<Record, Less> all{count_, less_};
    for (auto& handle : build.shuffle_input(*this))
      all.add(static_cast<const top_run<Record>&>(*handle).records());
    auto chosen = all.take();
    std::span<const Record> records{chosen.records};
    for (; !records.empty(); records = records.subspan(std::min(records.size(), limits::chunk_records)))
      downstream->consume(records.first(std::min(records.size(), limits::chunk_records)));
    downstream->finish();
  }

private:
  std::size_t count_;
  Less less_;
};

} // namespace weir::operators
