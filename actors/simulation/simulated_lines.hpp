#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "libstream/api/output_keys.hpp"

namespace weir::actors::simulation {

/// What an output that stands on the input itself is called with: `text_input().foreach_batch(f)`. It acts in every batch, so each interval has
/// one, also without input. Judges what comes: in batch order, and the same lines each time.
class simulated_lines {
public:
  explicit simulated_lines(std::function<void(const std::string&)> broken) : broken_{std::move(broken)} {}

  /// What the application's function does.
  void write(const batch_key& key, std::vector<std::string> lines) {
    if (life_has_seen_ && key.batch <= newest_)
      broken_("a function is called with " + key.text() + " after " + std::to_string(newest_.value));
    life_has_seen_ = true;
    newest_ = key.batch;
    if (auto [entry, fresh] = batches_.emplace(key.batch, lines); !fresh && entry->second != lines)
      broken_("a function is called with other lines of " + key.text() + " than before");
    empty_ += lines.empty() ? 1 : 0;
  }
  void life_ended() { life_has_seen_ = false; }

  /// How often each line came, whatever came again counted once.
  std::map<std::string, std::uint64_t> totals() const {
    std::map<std::string, std::uint64_t> found;
    for (auto& [batch, lines] : batches_)
      for (auto& line : lines)
        ++found[line];
    return found;
  }
  /// Batches without a line.
  std::uint64_t empty() const { return empty_; }

private:
  std::function<void(const std::string&)> broken_;
  std::map<batch_id, std::vector<std::string>> batches_;
  batch_id newest_;
  bool life_has_seen_ = false;
  std::uint64_t empty_ = 0;
};

} // namespace weir::actors::simulation
