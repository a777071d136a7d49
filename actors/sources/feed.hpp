#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "libstream/base/error.hpp"
#include "libstream/data/buffer.hpp"

/// Inputs whose records this process fetches or makes itself: a TCP client, a generator, a source of the program's own. The receiver
/// actor that stores what they hand over is one for all (`actors/receiver/receiver`); the simulation brings feeds of its own.
namespace weir::actors {

/// Whole records on their way from a feed to its receiver.
struct fed_records {
  data::buffer_handle bytes;
  std::uint64_t count = 0;
  std::uint64_t held = 0;   ///< what the feed counts for them until it is released
  std::string producer;     ///< whose numbers they have; empty = not numbered
  std::uint64_t first = 0;  ///< number of the first one
  std::uint64_t ticket = 0; ///< names them in `feed::stored`; 0 = nobody wants to know
};

/// What fed records cost beside their bytes, so that many small ones are bounded too.
inline constexpr std::uint64_t fed_overhead_bytes = 256;

/// Told what a feed has. Called on the feed's threads: implementations only pass it on as a message.
class feed_listener {
public:
  virtual ~feed_listener() = default;
  virtual void records(fed_records) = 0;
  /// Last word after `stop`: everything that was taken has been handed over.
  virtual void stopped() = 0;
  /// The source has ended for good, by itself; `stop` is still to come.
  virtual void source_stopped(std::string /*why*/) {}
  /// Something is wrong; the feed goes on. Already limited in rate.
  virtual void warning(std::string sentence) = 0;
  /// It is well again.
  virtual void recovery(std::string sentence) { warning(std::move(sentence)); }
  /// `feed::wake(why)` is to be called after this pause.
  virtual void wake_after(std::chrono::milliseconds pause, std::uint64_t why) = 0;
};

/// One input. All functions may be called from any thread and return at once. After the destructor the listener is not called.
class feed {
public:
  virtual ~feed() = default;
  /// The producer whose last durable number `begin` wants to know; empty = it does not.
  virtual std::string producer() const { return {}; }
  /// Hands over records from now on. Once.
  virtual void begin(std::uint64_t last_durable) = 0;
  /// Records for which the feed counts so many bytes are no longer held. It takes no more while it counts more than its budget.
  virtual void release(std::uint64_t bytes) = 0;
  /// Hands over no more records a second than this from now on (`token_bucket` says exactly what that means); 0 = as fast as they come.
  /// The source waits meanwhile: a socket is left unread, a thread that stores is blocked.
  virtual void limit(std::uint64_t records_per_s) = 0;
  /// Records with this ticket are durable, or (an error) were not taken.
  virtual void stored(std::uint64_t ticket, const result<void>& how) {
    static_cast<void>(ticket), static_cast<void>(how);
  }
  /// Asked for by `feed_listener::wake_after`.
  virtual void wake(std::uint64_t why) { static_cast<void>(why); }
  /// Takes no more; answered by `feed_listener::stopped`.
  virtual void stop() = 0;
  /// To its peers, now; 0 also if it has none to be connected to.
  virtual std::uint64_t connections() const { return 0; }
  /// Whether the input rests, as `--stop-when-idle` means it: nothing has come since this was asked last, or nothing will. One that
  /// waits for its connection, its start or its restart does not rest.
  virtual bool at_rest() = 0;
};

} // namespace weir::actors
