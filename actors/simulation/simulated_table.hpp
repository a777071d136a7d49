#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>

#include "actors/simulation/scenario.hpp"
#include "actors/simulation/timeline.hpp"
#include "libstream/api/output_keys.hpp"

namespace weir::actors::simulation {

/// Where a function of the program puts its rows: a store that takes each key once, as one with transactions does. It fails as the seed says,
/// before it has written or after, and judges what comes: in batch order, the same rows each time, and nothing again that this life of the
/// program has been told is there.
class simulated_table {
public:
  using row = std::pair<std::string, std::uint64_t>;
  /// By batch time and partition: lines.
  using published_parts = std::map<std::int64_t, std::map<std::uint32_t, std::string>>;

  simulated_table(timeline& time, const planned_function& what, std::function<void(const std::string&)> broken)
    : time_{time}, what_{what}, broken_{std::move(broken)} {}

  /// What the application's function does. Throws when it fails.
  void write(const partition_key& key, std::span<const row> rows);
  /// The policy has taken the batch from this output: it may be there, in parts, or not.
  void left_out(batch_id batch) { left_out_.insert(batch); }
  /// What the process remembered is gone.
  void life_ended();

  std::uint64_t thrown() const { return thrown_; }
  /// How it differs from the text files of the same stream; empty if it does not, but for what was left out.
  std::string compare(const published_parts& files) const;

private:
  void maybe_fail();

  timeline& time_;
  planned_function what_;
  std::function<void(const std::string&)> broken_;
  published_parts rows_;
  std::map<std::int64_t, batch_id> batches_; ///< by time
  std::set<batch_id> left_out_;
  std::set<std::string> taken_; ///< keys, in this life
  batch_id newest_;             ///< in this life
  std::uint64_t thrown_ = 0;
};

} // namespace weir::actors::simulation
