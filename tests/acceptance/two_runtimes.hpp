#pragma once

#include <algorithm>
#include <functional>

#ifndef CATCH_CONFIG_ENABLE_ALL_STRINGMAKERS
#define CATCH_CONFIG_ENABLE_ALL_STRINGMAKERS
#endif
#include <catch2/catch.hpp>

#include "libstream/api/dstream.hpp"
#include "tests/acceptance/batch_numbers.hpp"

/// Cases as Spark's suites write them: elements of inputs batch by batch, and what a stream must give for each batch. Each runs on the test
/// driver's way (inline, virtual time) and on the real runtime.
namespace weir::acceptance {

/// Of each batch its records.
template <class T>
using batches = std::vector<std::vector<T>>;

/// Collects what a stream gives.
template <class T>
class received final : public plan::delivery {
public:
  result<void> deliver(const plan::delivered_batch& batch) override {
    std::vector<T> records;
    for (auto& part : batch.parts) {
      auto read =
        operators::for_each_framed<T>(part.bytes, [&](T record, std::size_t) { records.push_back(std::move(record)); });
      if (!read)
        return read;
    }
    std::lock_guard guard{mutex_};
    all_.emplace_back(event_time{std::chrono::milliseconds{batch.time_ms}}, std::move(records));
    return {};
  }
  void cancel() override {}

  /// In the order in which they came.
  std::vector<std::pair<event_time, std::vector<T>>> all() const {
    std::lock_guard guard{mutex_};
    return all_;
  }

private:
  mutable std::mutex mutex_;
  std::vector<std::pair<event_time, std::vector<T>>> all_;
};

/// One run of a case: its context, its inputs and what is expected of it. Built and run on one thread.
class scenario {
public:
  /// `partitions` and `interval`: of the run.
  scenario(std::uint32_t partitions, std::chrono::milliseconds interval)
    : partitions_{partitions}, interval_{interval} {}

  stream_context& context() { return *context_; }
  std::uint32_t partitions() const { return partitions_; }
  std::chrono::milliseconds interval() const { return interval_; }
  const std::shared_ptr<batch_numbers>& numbers() const { return numbers_; }

  /// A stream with the i-th element in batch i, and nothing after the last.
  template <class T>
  dstream<T> input(batches<T> elements, std::uint32_t slices = 2) {
    length_ = std::max(length_, elements.size());
    return context_->generated<T>(
      [elements = std::make_shared<const batches<T>>(std::move(elements)), numbers = numbers_](event_time time) {
        auto number = numbers->of(time);
        return number < elements->size() ? (*elements)[number] : std::vector<T>{};
      },
      slices);
  }

  /// The stream gives these, in this order within each batch.
  template <class T>
  void expect_list(const dstream<T>& stream, batches<data::owned<T>> expected) {
    expect(stream, std::move(expected), [](auto&) {});
  }
  /// The stream gives these, in any order within each batch.
  template <class T>
  void expect_set(const dstream<T>& stream, batches<data::owned<T>> expected) {
    expect(stream, std::move(expected), [](auto& records) { std::sort(records.begin(), records.end()); });
  }
  /// A batch fails, and the application ends with an error that has these words.
  void expect_error(std::vector<std::string> words) { error_words_ = std::move(words); }
  /// At least so many batches.
  void last(std::size_t count) { length_ = std::max(length_, count); }
  /// To be looked at once all batches have been published; the context is still active.
  void look(std::function<void()> at) { looks_.push_back(std::move(at)); }
  /// To be looked at when it has stopped.
  void look_afterwards(std::function<void()> at) { last_looks_.push_back(std::move(at)); }

  /// Runs it to its end. `step` brings the next batch on, or waits a moment for one.
  void run(std::shared_ptr<runtime> on, const std::function<void()>& step);
  /// All batches that were completed, by number. Any thread.
  void completed(event_time time);

private:
  template <class T, class Arrange>
  void expect(const dstream<T>& stream, batches<data::owned<T>> expected, Arrange arrange) {
    length_ = std::max(length_, expected.size());
    auto seen = std::make_shared<received<data::owned<T>>>();
    stream.deliver_to(seen);
    look_afterwards([seen, expected = std::move(expected), arrange, numbers = numbers_]() mutable {
      batches<data::owned<T>> found(expected.size());
      std::optional<event_time> before;
      for (auto& [time, records] : seen->all()) {
        CHECK((!before || *before < time)); // in batch order, each once
        before = time;
        auto number = numbers->known(time);
        REQUIRE(number);
        if (*number < found.size())
          found[*number] = records;
      }
      for (std::size_t number = 0; number < expected.size(); ++number) {
        INFO("batch " << number + 1);
        arrange(expected[number]);
        arrange(found[number]);
        CHECK(found[number] == expected[number]);
      }
    });
  }
  bool is_through() const;

  std::uint32_t partitions_;
  std::chrono::milliseconds interval_;
  std::shared_ptr<batch_numbers> numbers_ = std::make_shared<batch_numbers>();
  std::size_t length_ = 0;
  std::vector<std::string> error_words_;
  std::vector<std::function<void()>> looks_, last_looks_;
  mutable std::mutex mutex_;
  std::set<event_time> completed_;
  std::shared_ptr<stream_context> context_ = std::make_shared<stream_context>();
};

/// Runs a case inline with several numbers of partitions, and on the real runtime.
void on_both(const std::function<void(scenario&)>& build);

/// The error of what must throw one.
template <class Function>
error error_of(Function&& function) {
  try {
    std::forward<Function>(function)();
  } catch (const plan::plan_error& thrown) {
    return thrown.why();
  }
  FAIL("nothing was thrown");
  return {};
}

/// Runs a case of datasets with tasks one after the other, on threads, and on the executors of an application that runs.
void on_jobs(const std::function<void()>& what);

} // namespace weir::acceptance
