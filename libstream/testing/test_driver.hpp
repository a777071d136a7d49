#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "libstream/api/dstream.hpp"
#include "libstream/plan/inline_batch.hpp"

namespace weir::testing {

/// One line of an output: a key with its value, or a plain record. Written as in `rows{{"a", 1}, {"b", 1}}` or `rows{"a", "b"}`.
struct row {
  std::string text;

  row(std::string_view record) : text{record} {}
  row(const char* record) : text{record} {}
  row(const std::string& record) : text{record} {}
  template <class Key, class Value>
  row(const Key& key, const Value& value) {
    data::record_traits<std::pair<view_of<Key>, view_of<Value>>>::append_text({key, value}, text);
  }
  auto operator<=>(const row&) const = default;

private:
  template <class T>
  using view_of = std::conditional_t<std::is_convertible_v<const T&, std::string_view>, std::string_view, T>;
};

/// Lines as a multiset: kept sorted, so that comparing ignores their order.
class rows {
public:
  rows() = default;
  rows(std::initializer_list<row> lines);
  explicit rows(std::vector<row> lines);
  bool operator==(const rows&) const = default;
  const std::vector<row>& lines() const { return lines_; }

private:
  std::vector<row> lines_;
};
std::ostream& operator<<(std::ostream&, const rows&);

/// Runs an application's plan by hand: push records, step a batch, look at what each output showed. One thread, no clocks, no
/// files; the hash seed is fixed, and every few records make a map task of their own, so that merging is tested as well. Listeners that
/// `build` adds to the context hear of batches and outputs, on the calling thread: there all happens at the batch time. Functions of
/// `foreach_batch` and `foreach_partition` are called in `step`, once.
class test_driver {
public:
  struct options {
    std::uint32_t partitions = 3;
    std::size_t records_per_split = 3;
    std::int64_t interval_ms = 1000;
  };

  explicit test_driver(const application& build) : test_driver{build, options{}} {}
  test_driver(const application& build, options chosen);

  /// Input for the next batch.
  test_driver& push(std::initializer_list<std::string_view> records);
  test_driver& push(const std::vector<std::string>& records);
  /// Computes and publishes one batch of what was pushed. Throws plan_error when a user function fails; if it is one of an output, after
  /// all outputs have had the batch.
  test_driver& step();

  /// What the output of that name showed in the last batch.
  rows output(std::string_view name) const;
  const plan::physical_plan& plan() const { return *plan_; }

private:
  result<void> deliver(const plan::output& output, const std::vector<plan::staged_output>& staged,
                       std::int64_t time_ms) const;
  void finish(batch_info& batch, const std::vector<result<void>>& outcomes) const;
  void tell(const listener_event& event) const { (void)listeners_->tell(event); }

  options options_;
  std::shared_ptr<listener_list> listeners_;
  std::shared_ptr<const plan::physical_plan> plan_;
  std::vector<std::string> pending_;
  batch_id batch_;
  std::map<std::string, std::string, std::less<>> shown_;
};

} // namespace weir::testing
