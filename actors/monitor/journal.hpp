#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actors/monitor/event.hpp"
#include "actors/node/role.hpp"
#include "libstream/base/error.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/log/records.hpp"

namespace weir::actors {

/// What a batch takes from one input. Of files, records are known once they have been read.
struct batch_input {
  input_id input;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
};

/// A batch whose input is fixed.
struct batch_submission {
  batch_id batch;
  std::int64_t time_ms = 0;
  std::int64_t submitted_us = 0; ///< since 1970: it was due, also if flow control held it back for a while
  std::vector<batch_input> inputs;
  std::vector<output_index> outputs{}; ///< that must publish it; of one that is committed already
};

/// Why receivers stop when the application ends.
inline constexpr const char* drained_reason = "the application drains";

/// What a receiver says of itself. Totals are those of its incarnation.
struct receiver_figures {
  std::uint64_t records = 0; ///< taken: they are durable
  std::uint64_t bytes = 0;
  std::uint64_t connections = 0;
  std::uint64_t rate_limit = 0; ///< records a second; 0 = none

  bool operator==(const receiver_figures&) const = default;
};

/// How one batch went. Times are microseconds; `time_ms` is the batch time.
struct batch_summary {
  batch_id batch;
  std::int64_t time_ms = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::int64_t scheduling_delay_us = 0; ///< batch time → sealed and announced
  std::int64_t processing_us = 0;       ///< announced → committed
  std::int64_t total_delay_us = 0;      ///< batch time → committed
  std::vector<batch_input> inputs;      ///< with the records of files
  std::vector<output_index> outputs{};  ///< that must publish it
};

/// Told what happens, by actors on any thread. Implementations return quickly and never throw.
class journal {
public:
  virtual ~journal() = default;
  virtual void input_bound(const std::string& url) = 0;
  virtual void batch_committed(const batch_summary&) = 0;
  virtual void batch_done(batch_id, std::int64_t time_ms) = 0;
  /// What it leaves out is logged. May be said again after a restart.
  virtual void batch_amended(const log::batch_record&) {}
  virtual void actor_restarted(const address&, const std::string& reason) = 0;
  // What only some want to know. Times are microseconds since 1970.

  virtual void batch_submitted(const batch_submission&) {}
  /// An executor begins with a task of it; said again by every executor, and for every few tasks.
  virtual void batch_started(batch_id, std::int64_t /*at_us*/) {}
  virtual void output_started(batch_id, output_index, std::int64_t /*at_us*/) {}
  /// `failure` is empty if it was published.
  virtual void output_ended(batch_id, output_index, std::int64_t /*at_us*/, const std::string& /*failure*/) {}
  /// A coordinator starts anew: these are open, and committed but not published; of all others that were submitted nothing is left.
  virtual void batches_recovered(const std::vector<batch_submission>& /*open*/,
                                 const std::vector<batch_submission>& /*unpublished*/) {}
  /// A receiver takes records, at `location`. A restarted one says it again.
  virtual void receiver_started(input_id, const std::string& /*location*/) {}
  /// It takes no more, for good: `why` is what a person may read.
  virtual void receiver_stopped(input_id, const std::string& /*why*/) {}
  /// It goes on.
  virtual void receiver_failed(input_id, const std::string& /*sentence*/) {}
  /// When they have changed, ten times a second at most.
  virtual void receiver_counted(input_id, const receiver_figures&) {}
  /// What waits to be sealed; the records of files are not known. Whenever it changes.
  virtual void input_waits(input_id, std::uint64_t /*records*/, std::uint64_t /*bytes*/) {}

  /// Anything else. Whoever tells no fields apart is told a sentence.
  virtual void tell(const event& what) {
    auto sentence = what.message.empty() ? std::string{what.name} : what.message;
    if (what.level <= log_level::warning)
      warning(sentence);
    else
      detail(sentence);
  }
  /// Something a person should know about; the application goes on. `tell` says the same with fields.
  virtual void warning(const std::string& sentence) = 0;
  /// For whoever wants to follow every step; off by default.
  virtual void detail(const std::string& sentence) = 0;
};

} // namespace weir::actors
