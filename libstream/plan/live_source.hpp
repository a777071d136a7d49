#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libstream/base/error.hpp"

/// The border between a source that the program brings itself and the runtime that starts it and stores what it hands over.
/// Records cross it as frames: a length (seven bits a byte, the lowest first), then that many bytes.
namespace weir::plan {

/// The numbers of records that may be handed over again: those of `producer` count from 1 and never go back. What was stored before
/// is recognised and dropped.
struct record_numbers {
  std::string producer; ///< empty: not numbered
  std::uint64_t first = 0;
};

/// Where records of one run of a source go. Implemented by the runtime; any thread may call. After the run has ended (the source was
/// stopped or is restarted) nothing is taken any more.
class record_port {
public:
  virtual ~record_port() = default;
  /// Into the block that is being filled: lost if the process dies before that is logged. Waits while the input holds too much.
  /// False: the run has ended, nothing was taken.
  virtual bool put(std::string_view frames, std::uint64_t count) = 0;
  /// `then` is told once, on any thread, that all records are durable, or why that is not known. Does not wait: it is an error
  /// that the input holds too much.
  virtual void put_durable(std::string_view frames, std::uint64_t count, const record_numbers& numbers,
                           std::function<void(result<void>)> then) = 0;
  /// The same, but waits: for room, then until the records are durable.
  virtual result<void> put_and_wait(std::string_view frames, std::uint64_t count, const record_numbers& numbers) = 0;
  /// Ends this run; another begins after the delay (empty: the setting `receiver_restart_delay`). Returns at once.
  virtual void restart(const std::string& why, std::optional<std::chrono::milliseconds> delay) = 0;
  /// Ends this run; no other begins in this process.
  virtual void stop(const std::string& why) = 0;
  /// Tells a person; the run goes on.
  virtual void report(const std::string& what) = 0;
  virtual bool is_stopped() const = 0;
  /// The number of the input, the same for all runs.
  virtual std::uint32_t stream_id() const = 0;
};

/// What a runtime starts and stops. Calls come one after the other on a thread of the source's own.
class live_source {
public:
  virtual ~live_source() = default;
  /// Begins a run. Must return soon; may throw, which restarts it.
  virtual void start(std::shared_ptr<record_port> port) = 0;
  /// Ends it: what it has begun to hand over is taken, nothing else. May wait for its threads.
  virtual void stop() = 0;
  /// No other run follows: it was drained, has stopped itself for good, or its context has stopped or did not start. Any thread; may come
  /// more than once, and without a start before.
  virtual void ended() {}
};

} // namespace weir::plan
