#pragma once

#include "libstream/operators/repartition.hpp"

/// Operators that number records over all partitions, in partition order: zip_with_index, and zip, which stands on it. Each map task keeps
/// its records in its partition and tells all others how many it has.
namespace weir::operators {

/// A record with its place among all, and how many there are.
template <class Record>
using numbered = std::tuple<Record, std::uint64_t, std::uint64_t>;

template <class Record>
class number_node final : public stream_node<numbered<Record>> {
public:
  using note = std::pair<std::uint64_t, std::uint32_t>; ///< records of the task, its partition

  explicit number_node(stream_ptr<Record> input)
    : stream_node<numbered<Record>>{plan::node::role::shuffle, "zip_with_index", {std::move(input)}} {}

  std::uint32_t partitions(const plan::partition_counts& counts) const override {
    return std::max(1u, counts.of(*this->inputs().front()));
  }
  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    class keeper final : public sink<Record> {
    public:
      keeper(std::uint32_t here, plan::shuffle_output& into) : here_{here}, into_{into}, parts_{into.runs.size()} {}
      void consume(std::span<const Record> records) override {
        for (const auto& record : records)
          parts_.add(here_, record);
        seen_ += records.size();
      }
      void finish() override {
        parts_.finish(
          into_,
          [this](std::size_t) {
            return note{seen_, here_};
          },
          seen_ > 0);
      }

    private:
      std::uint32_t here_;
      plan::shuffle_output& into_;
      record_parts<Record, note> parts_;
      std::uint64_t seen_ = 0;
    };
    return std::make_unique<keeper>(build.partition(), build.shuffle_result(*this));
  }
  result<plan::run_handle> decode_run(data::buffer_handle bytes, std::size_t) const override {
    return record_run<Record, note>::decode(std::move(bytes));
  }
  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<numbered<Record>>(build, *this);
    auto runs = build.shuffle_input(*this);
    std::uint64_t before = 0, all = 0;
    for (auto& handle : runs) {
      auto [records, partition] = read(handle).note();
      before += partition < build.input().index.value ? records : 0;
      all += records;
    }
    data::chunk<numbered<Record>> chunk;
    emitter<numbered<Record>> emit{chunk, *downstream};
    for (auto& handle : runs)
      read(handle).records().for_each_piece([&](std::span<const Record> piece) {
        for (auto& record : piece)
          emit(numbered<Record>{record, before++, all});
      });
    emit.flush();
    downstream->finish();
  }

private:
  static const record_run<Record, note>& read(const plan::run_handle& handle) {
    return static_cast<const record_run<Record, note>&>(*handle);
  }
};

/// The i-th record of one with the i-th of the other. Throws if one has more.
template <class Left, class Right>
class zip_node final : public stream_node<std::pair<Left, Right>> {
public:
  using record = std::pair<Left, Right>;

  zip_node(stream_ptr<numbered<Left>> left, stream_ptr<numbered<Right>> right)
    : stream_node<record>{plan::node::role::shuffle, "zip", {std::move(left), std::move(right)}} {}

  std::uint32_t partitions(const plan::partition_counts& counts) const override {
    return counts.of(*this->inputs().front());
  }
  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t input) const override {
    if (input == 0)
      return std::make_unique<range_sink<Left>>(build.shuffle_result(*this));
    return std::make_unique<range_sink<Right>>(build.shuffle_result(*this));
  }
  result<plan::run_handle> decode_run(data::buffer_handle bytes, std::size_t input) const override {
    return input == 0 ? record_run<Left, note>::decode(std::move(bytes))
                      : record_run<Right, note>::decode(std::move(bytes));
  }
  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<record>(build, *this);
    auto left = gathered<Left>(build.shuffle_input(*this, 0));
    auto right = gathered<Right>(build.shuffle_input(*this, 1));
    plan::guarded(build.name_of(*this), [&] {
      if (left.size() != right.size())
        throw std::length_error{"zip needs as many records on one side as on the other"};
    });
    data::chunk<record> chunk;
    emitter<record> emit{chunk, *downstream};
    for (std::size_t at = 0; at < left.size(); ++at)
      emit(record{*left[at], *right[at]});
    emit.flush();
    downstream->finish();
  }

private:
  using note = std::uint64_t;

  /// Each partition of the result is a range of places.
  template <class Record>
  class range_sink final : public sink<numbered<Record>> {
  public:
    explicit range_sink(plan::shuffle_output& into) : into_{into}, parts_{into.runs.size()} {}
    void consume(std::span<const numbered<Record>> records) override {
      for (auto& [record, place, all] : records)
        parts_.add(place_of(place, all), record);
    }
    void finish() override { parts_.finish(into_); }

  private:
    std::size_t place_of(std::uint64_t place, std::uint64_t all) const {
      auto part = static_cast<std::size_t>(static_cast<unsigned __int128>(place) * into_.runs.size() / all);
      return std::min(part, into_.runs.size() - 1);
    }

    plan::shuffle_output& into_;
    record_parts<Record, note> parts_;
  };

  template <class Record>
  static std::vector<const Record*> gathered(std::span<const plan::run_handle> runs) {
    std::vector<const Record*> all;
    for (auto& handle : runs)
      static_cast<const record_run<Record, note>&>(*handle).records().for_each_piece([&](auto piece) {
        for (auto& record : piece)
          all.push_back(&record);
      });
    return all;
  }
};

/// All pairs of a record of the first and one of the second. The first stays in its partitions, the second goes to each of them.
template <class Left, class Right>
class cartesian_node final : public stream_node<std::pair<Left, Right>> {
public:
  using record = std::pair<Left, Right>;

  cartesian_node(stream_ptr<Left> left, stream_ptr<Right> right)
    : stream_node<record>{plan::node::role::shuffle, "cartesian", {std::move(left), std::move(right)}} {}

  std::uint32_t partitions(const plan::partition_counts& counts) const override {
    return counts.of(*this->inputs().front());
  }
  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t input) const override {
    auto& into = build.shuffle_result(*this);
    if (input == 1)
      return std::make_unique<everywhere_sink>(into);
    auto here = [partition = build.partition()](const Left&) { return partition; };
    return std::make_unique<scatter_sink<Left, decltype(here)>>(here, build.name_of(*this), into);
  }
  result<plan::run_handle> decode_run(data::buffer_handle bytes, std::size_t input) const override {
    return input == 0 ? record_run<Left>::decode(std::move(bytes)) : record_run<Right>::decode(std::move(bytes));
  }
  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<record>(build, *this);
    auto left_runs = build.shuffle_input(*this, 0);
    auto right_runs = build.shuffle_input(*this, 1);
    data::chunk<record> chunk;
    emitter<record> emit{chunk, *downstream};
    for_each<Left>(left_runs, [&](const Left& left) {
      for_each<Right>(right_runs, [&](const Right& right) { emit(record{left, right}); });
    });
    emit.flush();
    downstream->finish();
  }

private:
  template <class Record, class Visit>
  static void for_each(std::span<const plan::run_handle> runs, Visit&& visit) {
    for (auto& handle : runs)
      static_cast<const record_run<Record>&>(*handle).records().for_each_piece([&](auto piece) {
        for (auto& record : piece)
          visit(record);
      });
  }

  class everywhere_sink final : public sink<Right> {
  public:
    explicit everywhere_sink(plan::shuffle_output& into) : into_{into} {}
    void consume(std::span<const Right> records) override {
      for (auto& record : records)
        records_.add(0, record);
    }
    void finish() override {
      plan::shuffle_output one{into_.shuffle, std::vector<plan::run_handle>(1)};
      records_.finish(one);
      for (auto& run : into_.runs)
        run = one.runs.front();
    }

  private:
    plan::shuffle_output& into_;
    record_parts<Right> records_{1};
  };
};

} // namespace weir::operators
