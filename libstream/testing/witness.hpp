#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libstream/plan/task.hpp"

namespace weir::testing {

/// Somebody outside of an application, who sees what it shows and remembers it over its crashes. One thread.
class witness {
public:
  /// The bytes of one output in one batch, by part; parts without records are absent.
  using parts = std::map<std::uint32_t, std::string>;

  /// A batch was computed. Throws plan_error when an earlier attempt with as many partitions gave other bytes: then a user function depends on
  /// something else than its input.
  void computed(batch_id batch, std::uint32_t partitions, const std::vector<plan::output>& outputs,
                const std::vector<plan::staged_output>& staged);
  /// The program has changed: it may compute something else.
  void forget_attempts() { attempts_.clear(); }
  /// One part is shown. The same again is nothing new; throws plan_error if it is not the same.
  void shown(const std::string& output, std::int64_t time_ms, std::uint32_t part, std::string_view bytes);
  /// All of the batch was shown.
  void ended(std::int64_t time_ms) { last_ms_ = time_ms; }

  /// What the last batch that ended has shown there.
  const parts& last(std::string_view output) const;
  /// By batch time; batches in which the output had no record are absent.
  const std::map<std::int64_t, parts>& all(std::string_view output) const;

private:
  struct attempt {
    std::uint32_t partitions = 0;
    std::map<std::pair<std::string, std::uint32_t>, std::uint64_t> checksums; ///< by output and part
  };

  std::map<batch_id, attempt> attempts_; ///< the newest of each batch
  std::map<std::string, std::map<std::int64_t, parts>, std::less<>> shown_;
  std::int64_t last_ms_ = 0;
};

} // namespace weir::testing
