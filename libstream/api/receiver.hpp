#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "libstream/api/dstream.hpp"
#include "libstream/operators/framed_source.hpp"

namespace weir {

/// What all receivers have in common, whatever their records are.
class receiver_base : public plan::live_source {
public:
  /// Ends this run and begins another after the delay (empty: the setting `receiver_restart_delay`): on_stop, the pause, on_start.
  /// Returns at once; may be called from the receiver's threads.
  void restart(const std::string& why, std::optional<std::chrono::milliseconds> delay = std::nullopt) {
    if (auto port = current())
      port->restart(why, delay);
  }
  /// Ends the receiver: its input has come to rest for good. A new start of the program starts it again.
  void stop(const std::string& why) {
    if (auto port = current())
      port->stop(why);
  }
  /// Tells a person (the journal); the receiver goes on.
  void report_error(const std::string& what) {
    if (auto port = current())
      port->report(what);
  }
  /// Whether this run has ended: what is stored is not taken any more. Threads of the receiver look at it to end.
  bool is_stopped() const {
    auto port = current();
    return !port || port->is_stopped();
  }
  /// Whether no other run follows, either: the context has stopped or did not start, or this receiver was drained or has stopped itself.
  bool has_ended() const {
    std::lock_guard guard{mutex_};
    return ended_;
  }
  /// The number of the input, the same in every run.
  std::uint32_t stream_id() const {
    auto port = current();
    return port ? port->stream_id() : 0;
  }

protected:
  /// Begins: starts threads, opens connections. Must not block. An exception is reported, and the receiver restarted, which calls
  /// on_stop first.
  virtual void on_start() = 0;
  /// Ends what on_start began, and may wait for it: is_stopped() holds, and whoever waits in store() has been woken.
  virtual void on_stop() = 0;

  std::shared_ptr<plan::record_port> current() const {
    std::lock_guard guard{mutex_};
    return port_;
  }

private:
  void start(std::shared_ptr<plan::record_port> port) final {
    {
      std::lock_guard guard{mutex_};
      port_ = std::move(port);
    }
    on_start();
  }
  void stop() final { on_stop(); }
  void ended() final {
    std::lock_guard guard{mutex_};
    ended_ = true;
  }

  mutable std::mutex mutex_;
  bool ended_ = false;
  std::shared_ptr<plan::record_port> port_; ///< of the newest run
};

/// A source of the program's own: derive, begin in on_start, store what comes, end in on_stop. Text receivers have T =
/// std::string_view; other types work out of the box as records do, structs with MSGPACK_DEFINE.
///
/// * `store(record)` is unreliable: the record joins the block that is being filled, and is lost if the process dies before that is
///   logged. Any threads; waits while the input holds too much.
/// * `store(batch)` is reliable: it returns once the batch is durable, so that the source may be told to forget it. On an error nothing
///   is known of it: hand it over again. To be stored once all the same, records carry numbers (`plan::record_numbers`).
template <class T>
class receiver : public receiver_base {
public:
  using record_type = T;

  /// False: the run has ended, the record was not taken. A record longer than `max_record_bytes` is skipped, counted and reported.
  bool store(const T& record) {
    auto port = current();
    if (!port)
      return false;
    thread_local std::string frame; // its memory is used again
    frame.clear();
    operators::append_framed(frame, record);
    return port->put(frame, 1);
  }

  /// Returns when all are durable, as one block.
  result<void> store(std::span<const T> batch, const plan::record_numbers& numbers = {}) {
    auto port = current();
    if (!port)
      return not_started();
    return port->put_and_wait(frames_of(batch), batch.size(), numbers);
  }

  /// The same without waiting: `then` is told once, on any thread; an error also says when the input holds too much.
  void store(std::span<const T> batch, std::function<void(result<void>)> then,
             const plan::record_numbers& numbers = {}) {
    if (auto port = current())
      port->put_durable(frames_of(batch), batch.size(), numbers, std::move(then));
    else
      then(not_started());
  }

private:
  static std::string frames_of(std::span<const T> batch) {
    std::string frames;
    for (const auto& record : batch)
      operators::append_framed(frames, record);
    return frames;
  }
  static result<void> not_started() {
    return fail(error_code::usage, "the receiver has not been started", "receiver", "store from on_start on");
  }
};

/// The records of a receiver. `.named` names the input in the data directory: without a name its position among the receivers does.
template <class Receiver>
dstream<typename Receiver::record_type> stream_context::receiver_stream(std::shared_ptr<Receiver> source) {
  using record = typename Receiver::record_type;
  require_initialised("add an input");
  sources_.push_back(source);
  return {*this, std::make_shared<operators::framed_source<record>>(std::move(source))};
}

} // namespace weir
