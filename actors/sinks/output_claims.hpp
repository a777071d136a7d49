#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/sinks/output_mark.hpp"
#include "libstream/log/batch_log.hpp"

/// What a start makes sure of before it may publish: that each `text:` prefix is its own, and what lies there already.
namespace weir::actors {

/// Who starts.
struct output_owner {
  std::string application;
  std::uint64_t id = 0;                ///< of the data directory, or of this run without one
  std::string place;                   ///< the data directory, or `no_data_directory`
  std::optional<log::last_batch> last; ///< that its log knows
  bool after_restore = false;          ///< its log may be older than what was published from it
  bool after_set_aside = false;        ///< takes over from the directory that lay at `place` and was moved away
};

struct output_claims {
  struct claim {
    plan::output_target target;
    output_mark mark;
  };
  std::vector<claim> claims;
  /// What batches that come must be younger than, if outputs hold something that the log does not know.
  std::optional<log::last_batch> beyond;
};

/// Changes nothing. A prefix without a mark is free, or of an older version, and is taken over. Errors, 78: two outputs write to one place,
/// however it is spelt; a prefix has another owner; the outputs have younger batches than the log, which was restored from an older copy.
result<output_claims> examine_outputs(const file_system& files, const std::vector<plan::output>& outputs,
                                      const output_owner& owner);
/// Makes the directories above the prefixes, and the marks. `last`: the newest batch that the log knows now.
result<void> claim_outputs(file_system& files, output_claims claims, const std::optional<log::last_batch>& last);

} // namespace weir::actors
