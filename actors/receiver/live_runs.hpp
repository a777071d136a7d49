#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "actors/node/worker.hpp"
#include "actors/receiver/live_buffer.hpp"
#include "actors/sources/feeds.hpp"
#include "libstream/plan/live_source.hpp"

namespace weir::actors {

/// What ports and the feed share: the runs of a source, and the lock and the waiting around its buffer. Thread-safe; who waits for
/// durability is told without the lock.
class live_runs : public std::enable_shared_from_this<live_runs> {
public:
  live_runs(std::shared_ptr<plan::live_source> source, std::uint32_t stream_id, std::string name,
            const feed_options& options, std::shared_ptr<worker> thread, std::shared_ptr<feed_listener> listener)
    : source_{std::move(source)},
      stream_id_{stream_id},
      name_{std::move(name)},
      restart_delay_{options.restart_delay},
      thread_{std::move(thread)},
      listener_{std::move(listener)},
      buffer_{name_, {options.budget_bytes, options.max_record_bytes}} {}

  // -- from the feed
  void start_run();
  void flush();
  void release(std::uint64_t bytes);
  void limit(std::uint64_t records_per_s);
  void stored(std::uint64_t ticket, const result<void>& how);
  void drain();
  void close();
  void wake(std::uint64_t why);
  bool at_rest();

  // -- from ports
  enum class phase { running, stopping, over };
  bool put(std::uint64_t run, std::string_view frames, std::uint64_t count);
  void put_durable(std::uint64_t run, std::string_view frames, std::uint64_t count, const plan::record_numbers& numbers,
                   bool wait_for_room, live_buffer::durable_function then);
  void restart(std::uint64_t run, const std::string& why, std::optional<std::chrono::milliseconds> delay);
  void stop(std::uint64_t run, const std::string& why);
  void report(const std::string& what) { warn(what); }
  bool is_stopped(std::uint64_t run);
  std::uint32_t stream_id() const { return stream_id_; }

private:
  using lock = std::unique_lock<std::mutex>;
  phase phase_of(std::uint64_t run) const { return run == run_ && !closed_ ? phase_ : phase::over; }
  void await_room(lock& guard, std::uint64_t run);
  void hand_over();
  void flush_now();
  void end_run(lock& guard, std::function<void()> afterwards);
  std::optional<error> refusal(std::uint64_t run, std::string_view frames);
  void warn(const std::string& sentence);

  const std::shared_ptr<plan::live_source> source_;
  const std::uint32_t stream_id_;
  const std::string name_;
  const std::chrono::milliseconds restart_delay_;
  const std::shared_ptr<worker> thread_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<feed_listener> listener_; ///< null once closed
  bool closed_ = false;
  bool draining_ = false;
  bool finished_ = false; ///< stopped itself for good
  std::uint64_t run_ = 0; ///< the newest one
  phase phase_ = phase::over;
  bool started_ = false; ///< the newest one: on_start has returned
  int storing_ = 0;      ///< threads that wait to store
  live_buffer buffer_;
};

} // namespace weir::actors
