#pragma once

#include <cstdint>
#include <string>

#include "actors/monitor/event.hpp"
#include "actors/node/role.hpp"
#include "libstream/base/error.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/log/records.hpp"

namespace weir::actors {

/// How one batch went. Times are microseconds; `time_ms` is the batch time.
struct batch_summary {
  batch_id batch;
  std::int64_t time_ms = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::int64_t scheduling_delay_us = 0; ///< batch time → sealed and announced
  std::int64_t processing_us = 0;       ///< announced → committed
  std::int64_t total_delay_us = 0;      ///< batch time → committed
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
