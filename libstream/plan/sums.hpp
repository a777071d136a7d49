#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libstream/base/error.hpp"

/// What accumulators sum up while tasks run. Each task sums for itself; what it found is staged with its outputs, so that it counts when its
/// batch is committed, and once, however often the task ran.
namespace weir::plan {

/// What one task has summed up for one accumulator.
class partial_sum {
public:
  virtual ~partial_sum() = default;
  virtual void encode_to(std::string& bytes) const = 0;
};

/// An accumulator, as the engine sees it.
class summed {
public:
  explicit summed(std::uint32_t index) : index_{index} {}
  virtual ~summed() = default;
  /// Its place among the accumulators of its context.
  std::uint32_t index() const { return index_; }
  virtual std::unique_ptr<partial_sum> begin() const = 0;
  /// Adds what a task has summed up. Error 65: the bytes are no such sum.
  virtual result<void> add_encoded(std::string_view bytes) = 0;

private:
  std::uint32_t index_;
};

/// The sums of the task that runs on this thread, while it lives. Tasks do not nest, but the task of an action may run within one.
class task_sums {
public:
  task_sums() : around_{std::exchange(current_, this)} {}
  ~task_sums() { current_ = around_; }
  task_sums(const task_sums&) = delete;
  task_sums& operator=(const task_sums&) = delete;

  /// Null outside of tasks.
  static task_sums* current() { return current_; }

  partial_sum& of(const summed& which) {
    if (sums_.size() <= which.index())
      sums_.resize(which.index() + std::size_t{1});
    auto& found = sums_[which.index()];
    if (!found)
      found = which.begin();
    return *found;
  }
  bool empty() const { return sums_.empty(); }
  /// Read by `add_sums`.
  std::string encoded() const;

private:
  static inline thread_local task_sums* current_ = nullptr;

  task_sums* around_;
  std::vector<std::unique_ptr<partial_sum>> sums_; ///< by index
};

/// Adds what a task has summed up to the accumulators, by index. Error 65: the bytes are no sums of these.
result<void> add_sums(std::string_view encoded, const std::vector<std::shared_ptr<summed>>& all);

} // namespace weir::plan
