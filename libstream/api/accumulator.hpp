#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "libstream/data/flat.hpp"
#include "libstream/data/record_traits.hpp"
#include "libstream/plan/sums.hpp"

namespace weir {

/// A sum to which functions of all tasks add, and which the program reads. What a task adds counts when its batch is committed, exactly
/// once, however often the task ran; what the program itself adds outside of tasks counts at once. It begins anew with each process. A
/// handle, copied with the functions that use it; any thread.
template <class T>
class accumulator {
public:
  using merge_function = std::function<T(const T&, const T&)>;

  /// By `stream_context::accumulator`.
  accumulator(std::uint32_t index, T zero, merge_function merge)
    : state_{std::make_shared<state>(index, std::move(zero), std::move(merge))} {}

  void add(const T& value) const {
    if (auto task = plan::task_sums::current())
      static_cast<partial&>(task->of(*state_)).add(value);
    else
      state_->add(value);
  }
  const accumulator& operator+=(const T& value) const {
    add(value);
    return *this;
  }
  /// All that was committed in this process.
  T value() const { return state_->value(); }

  /// As the engine sees it.
  std::shared_ptr<plan::summed> summed() const { return state_; }

private:
  static_assert(data::flat_encodable<T>,
                "accumulator: take numbers, strings, pairs, tuples, optionals, vectors or maps");

  class partial final : public plan::partial_sum {
  public:
    partial(T zero, const merge_function& merge) : sum_{std::move(zero)}, merge_{merge} {}
    void add(const T& value) { sum_ = merge_(sum_, value); }
    void encode_to(std::string& bytes) const override { data::append_flat(bytes, sum_); }

  private:
    T sum_;
    merge_function merge_;
  };

  class state final : public plan::summed {
  public:
    state(std::uint32_t index, T zero, merge_function merge)
      : plan::summed{index}, zero_{zero}, sum_{std::move(zero)}, merge_{std::move(merge)} {}

    std::unique_ptr<plan::partial_sum> begin() const override { return std::make_unique<partial>(zero_, merge_); }
    result<void> add_encoded(std::string_view bytes) override {
      return data::decode_flat<T>(bytes).map([this](T value) { add(value); });
    }
    void add(const T& value) {
      std::lock_guard guard{mutex_};
      sum_ = merge_(sum_, value);
    }
    T value() const {
      std::lock_guard guard{mutex_};
      return sum_;
    }

  private:
    T zero_;
    mutable std::mutex mutex_;
    T sum_;
    merge_function merge_;
  };

  std::shared_ptr<state> state_;
};

} // namespace weir
