#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "libstream/base/error.hpp"
#include "libstream/base/fields.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/log/records.hpp"
#include "libstream/log/verdict.hpp"

/// The decisions about batches, as values. Whoever applies the same commands in the same order to `batch_log` has the same log: what is
/// replicated are commands, and nothing else. All that a decision needs is in its command, its time as well.
namespace weir::log {

/// A coordinator starts: raises the coordinator's epoch, once for each incarnation, and only from the epoch that it names. So one that comes late
/// raises nothing: meanwhile its incarnation has claimed, or a later one has.
struct claim_command {
  std::uint64_t incarnation = 0; ///< random; not 0
  weir::epoch after;             ///< what it knows to be the newest; 0 = none

  bool operator==(const claim_command&) const = default;
  WEIR_FIELDS(x.incarnation, x.after)
};

/// A receiver starts: raises the epoch of an input, once for each incarnation, and only from the epoch that it names.
struct open_command {
  weir::epoch coordinator;
  input_id input;
  std::uint64_t incarnation = 0;
  weir::epoch after; ///< what the coordinator knows to be the newest of the input; 0 = none

  bool operator==(const open_command&) const = default;
  WEIR_FIELDS(x.coordinator, x.input, x.incarnation, x.after)
};

/// Fixes the input of a batch. Rests on the seal of the batch before.
struct seal_command {
  weir::epoch coordinator;
  batch_id after; ///< the batch sealed before it; 0 = none that is not done
  batch_record record;

  bool operator==(const seal_command&) const = default;
  WEIR_FIELDS(x.coordinator, x.after, x.record)
};

/// Fixes what a batch leaves out. Rests on its seal. Of several amendments the newest counts.
struct amend_command {
  weir::epoch coordinator;
  batch_record record; ///< as it was sealed, but for the amendment

  bool operator==(const amend_command&) const = default;
  WEIR_FIELDS(x.coordinator, x.record)
};

/// Concludes a batch. Rests on its seal, and on the commits of all batches that were sealed before it.
struct commit_command {
  weir::epoch coordinator;
  commit_record record;

  bool operator==(const commit_command&) const = default;
  WEIR_FIELDS(x.coordinator, x.record)
};

/// Every output has published a batch: forgets it. Rests on its commit.
struct finish_command {
  weir::epoch coordinator;
  batch_id batch;

  bool operator==(const finish_command&) const = default;
  WEIR_FIELDS(x.coordinator, x.batch)
};

/// The position of a kind is its number in the encoding: kinds are appended, never moved or removed.
using batch_command =
  std::variant<claim_command, open_command, seal_command, amend_command, commit_command, finish_command>;

struct batch_answer {
  log::verdict verdict = verdict::wait;
  /// Claimed: the coordinator's epoch. Opened: that of the input. Superseded: the newest of these. Refused: that of the coordinator which has
  /// replaced the one that asked.
  weir::epoch epoch;

  bool operator==(const batch_answer&) const = default;
  WEIR_FIELDS(x.verdict, x.epoch)
};

/// One byte for the kind, then its record.
std::string encode_command(const batch_command& command);
/// Error 65 for bytes that are no command, or one of a newer version.
result<batch_command> decode_command(std::string_view bytes);

} // namespace weir::log
