#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "libstream/testing/test_driver.hpp"

namespace weir::testing {

/// What arrives before one batch: text records, or whatever a function pushes.
class arrival {
public:
  arrival() = default; ///< nothing
  arrival(std::initializer_list<std::string_view> records)
    : arrival{std::vector<std::string>(records.begin(), records.end())} {}
  arrival(std::vector<std::string> records)
    : push_{[records = std::move(records)](test_driver& driver) { driver.push(records); }} {}
  /// Called as `function(driver)`, once in each run.
  template <class Function>
    requires std::invocable<const Function&, test_driver&> &&
      (!std::is_same_v<Function, arrival>)arrival(Function function)
      : push_{[function = std::move(function)](test_driver& driver) { function(driver); }} {}

    void push(test_driver& driver) const {
      if (push_)
        push_(driver);
    }

  private:
    std::function<void(test_driver&)> push_;
};

struct three_ways_options {
  /// Of the straight run, and of those that crash.
  driver_options driver = {};
  /// Counts and sizes that the other runs are cut by.
  std::vector<std::uint32_t> partitions = {1, 2, 7};
  std::vector<std::size_t> records_per_split = {1, 2, 1000};
  /// Only these outputs are compared; empty = all.
  std::vector<std::string> outputs = {};
  /// Rows that a verdict shows of each side.
  std::size_t shown_rows = 5;
};

/// What `three_ways` found: true if all runs were equal. Printed, it says in how many ways, or where the first difference is.
class verdict {
public:
  verdict(bool equal, std::string text) : equal_{equal}, text_{std::move(text)} {}
  explicit operator bool() const { return equal_; }
  const std::string& text() const& { return text_; }
  std::string text() && { return std::move(text_); }

private:
  bool equal_;
  std::string text_;
};
std::ostream& operator<<(std::ostream&, const verdict&);

/// Whether a pipeline gives the same however it runs: straight, and straight again; with a crash at each moment of every batch; and cut
/// otherwise, by other numbers of partitions and sizes of splits, from the start or changed at a restart in the middle. All outputs of all batches
/// are compared as multisets. One batch an element of `input`. Cost: about twenty runs; `CHECK(three_ways(word_count, {{"a b"}, {"a"}}))`.
///
/// What an output is given by `deliver_to` it is given in every run.
verdict three_ways(const application& build, const std::vector<arrival>& input, const three_ways_options& options = {});

} // namespace weir::testing
