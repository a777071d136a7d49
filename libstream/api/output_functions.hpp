#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "libstream/api/dataset.hpp"
#include "libstream/api/output_keys.hpp"
#include "libstream/data/owned.hpp"
#include "libstream/operators/record_output.hpp"

/// How functions of the program are called with committed batches. Of one process each sees a batch that it has taken once; what it threw
/// on comes again.
namespace weir {

template <class Function, class T>
concept batch_function = std::invocable < Function&,
        const dataset<data::owned<T>>
& > || std::invocable<Function&, const dataset<data::owned<T>>&, event_time> ||
  std::invocable<Function&, const dataset<data::owned<T>>&, const batch_key&>;

template <class Function, class T>
concept partition_function = std::invocable<Function&, const partition_key&, std::span<const data::owned<T>>>;

namespace api_detail {

inline batch_key key_of(const plan::delivered_batch& batch) {
  return {batch.application, batch.output, batch.batch, event_time{std::chrono::milliseconds{batch.time_ms}}};
}

/// A function may return nothing of meaning, or a `result<void>` whose error is like an exception.
template <class Function, class... Arguments>
result<void> call_output(Function& function, const Arguments&... arguments) {
  if constexpr (std::is_same_v<std::invoke_result_t<Function&, const Arguments&...>, result<void>>) {
    return std::invoke(function, arguments...);
  } else {
    std::invoke(function, arguments...);
    return {};
  }
}

template <class Record>
result<std::vector<Record>> records_of(const plan::delivered_part& part) {
  std::vector<Record> records;
  auto read = operators::for_each_framed<Record>(
    part.bytes, [&](Record&& record, std::size_t) { records.push_back(std::move(record)); });
  if (!read)
    return tl::make_unexpected(read.error());
  return records;
}

/// Calls `visit` with an array of them: a vector of bools is none.
template <class Record, class Visit>
result<void> with_span(const std::vector<Record>& records, Visit visit) {
  if constexpr (std::is_same_v<Record, bool>) {
    auto array = std::make_unique<bool[]>(records.size());
    std::copy(records.begin(), records.end(), array.get());
    return visit(std::span<const bool>{array.get(), records.size()});
  } else {
    return visit(std::span<const Record>{records});
  }
}

/// Between its calls a function can be told that the application ends.
class function_delivery : public plan::delivery {
public:
  void cancel() override { cancelled_ = true; }
  bool is_cancelled() const override { return cancelled_; }

private:
  std::atomic<bool> cancelled_{false};
};

template <class T, class Function>
class batch_delivery final : public function_delivery {
public:
  explicit batch_delivery(Function function) : function_{std::move(function)} {}

  result<void> deliver(const plan::delivered_batch& batch) override {
    if (batch.batch <= taken_)
      return {}; // only the answer was lost
    std::vector<std::vector<record>> partitions;
    for (auto& part : batch.parts) {
      auto records = records_of<record>(part);
      if (!records)
        return tl::make_unexpected(records.error());
      partitions.resize(std::max<std::size_t>(partitions.size(), part.partition)); // those between have no records
      partitions.push_back(std::move(*records));
    }
    auto done = call(dataset<record>::from_partitions(std::move(partitions)), batch);
    if (done)
      taken_ = batch.batch;
    return done;
  }
  bool always_due() const override { return true; }

private:
  using record = data::owned<T>;

  result<void> call(const dataset<record>& records, const plan::delivered_batch& batch) {
    if constexpr (std::invocable<Function&, const dataset<record>&, const batch_key&>)
      return call_output(function_, records, key_of(batch));
    else if constexpr (std::invocable<Function&, const dataset<record>&, event_time>)
      return call_output(function_, records, key_of(batch).time);
    else
      return call_output(function_, records);
  }

  Function function_;
  batch_id taken_;
};

/// What was taken of a batch before a partition failed is not handed over again.
template <class T, class Function>
class partition_delivery final : public function_delivery {
public:
  explicit partition_delivery(Function function) : function_{std::move(function)} {}

  result<void> deliver(const plan::delivered_batch& batch) override {
    if (batch.batch < begun_)
      return {};
    if (batch.batch > begun_)
      taken_ = 0;
    begun_ = batch.batch;
    for (; taken_ < batch.parts.size(); ++taken_) {
      auto& part = batch.parts[taken_];
      at_ = part.partition;
      if (is_cancelled())
        return fail(error_code::failed, "the application ends");
      auto records = records_of<record>(part);
      if (!records)
        return tl::make_unexpected(records.error());
      auto done = with_span(*records, [&](std::span<const record> all) {
        return call_output(function_, partition_key{key_of(batch), partition_index{at_}}, all);
      });
      if (!done)
        return done;
    }
    return {};
  }
  std::string failed_at() const override { return "partition " + std::to_string(at_); }

private:
  using record = data::owned<T>;

  Function function_;
  batch_id begun_;
  std::size_t taken_ = 0; ///< parts of it
  std::uint32_t at_ = 0;
};

} // namespace api_detail

} // namespace weir
