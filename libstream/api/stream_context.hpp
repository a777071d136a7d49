#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "libstream/api/listener_list.hpp"
#include "libstream/api/outputs.hpp"
#include "libstream/api/runtime.hpp"
#include "libstream/plan/lower.hpp"

namespace weir {

template <class T>
class dstream;

/// The entry point: streams are built on it, then it runs them: initialised → active → stopped, never back. Built and started on
/// one thread; listeners may come and go, and it may be stopped and waited for, on any. A process has one active context at a time, and any
/// number of others.
class stream_context : public std::enable_shared_from_this<stream_context> {
public:
  enum class state { initialised, active, stopped };

  /// `targets` are what `output()` stands for.
  explicit stream_context(output_targets targets = print()) : targets_{std::move(targets)} {}
  stream_context(const stream_context&) = delete;
  stream_context& operator=(const stream_context&) = delete;
  /// Stops at once if it is active.
  ~stream_context();

  /// The text records of all configured inputs, united.
  dstream<std::string_view> text_input();
  /// The records of a source that the program brings itself, once a `receiver<T>` (`api/receiver.hpp`), which the runtime starts and
  /// stops. A stream of its own: `text_input` does not have them.
  template <class Receiver>
  dstream<typename Receiver::record_type> receiver_stream(std::shared_ptr<Receiver> source);
  /// The records of a source that can be read again (`api/replayable.hpp`): batches hold ranges of its offsets, nothing is copied. A
  /// stream of its own, too. T is std::string_view for lines of text, any record type for frames.
  template <class T>
  dstream<T> replayable_stream(std::shared_ptr<plan::replayable_source> source);
  /// The same records in every batch (Spark's ConstantInputDStream), cut into `slices` map tasks. Always due. Not logged: the
  /// program has them again after a restart.
  template <class T>
  dstream<T> constant(std::vector<T> records, std::uint32_t slices = 1);
  /// The same for text: whole newline-terminated records in each piece, and `limits::read_padding` readable bytes behind it. A slice
  /// is a run of pieces.
  dstream<std::string_view> constant_text(std::vector<plan::text_piece> pieces, std::uint32_t slices = 1);
  /// All configured outputs (`--output`).
  const output_targets& output() const { return targets_; }

  state get_state() const { return state_; }

  /// Called by streams: an output of this context. Throws plan_error once started.
  void register_output(plan::node_ptr output);
  /// The plan of what was built so far.
  result<std::shared_ptr<const plan::physical_plan>> plan() const { return plan::lower(outputs_); }

  /// What `start()` drives; whoever makes a context for others to start says so here.
  void drive_with(std::shared_ptr<runtime> chosen) { runtime_ = std::move(chosen); }
  /// Hands the plan to a runtime. Starting twice is an error, and so is starting after stop, or while another context is active. When it
  /// fails for another reason nothing runs, and the context is stopped.
  result<void> start(std::shared_ptr<runtime> with);
  /// The same with the runtime of `drive_with`.
  result<void> start();
  /// Stopping what never started, or twice, is fine. Graceful: waits until all that was taken is published; not longer than `limit`, or
  /// what the runtime's settings say (10 batch intervals, at least 10 s): then it stops at once, and the error says what was left.
  /// Refused in a listener, whose thread it would wait for.
  result<void> stop(bool graceful = false, std::optional<std::chrono::milliseconds> limit = {});
  /// Begins a graceful stop and returns; `await_termination` tells when it is done. Its limit is that of `stop`.
  void drain();
  /// Waits for the end; the first error of the application, if there was one. What never started has no end to wait for.
  result<void> await_termination();
  /// False if the time was over first.
  result<bool> await_termination_or_timeout(std::chrono::milliseconds limit);

  /// From the next event on; also before the start, and by another listener.
  void add_listener(std::shared_ptr<streaming_listener> listener) { listeners_->add(std::move(listener)); }
  void remove_listener(const std::shared_ptr<streaming_listener>& listener) { listeners_->remove(listener); }
  const std::shared_ptr<listener_list>& listeners() const { return listeners_; }

  /// The context of this process that is active now; null if none is.
  static std::shared_ptr<stream_context> get_active();

private:
  void require_initialised(const char* action) const;
  result<void> begin();
  result<bool> await(std::optional<std::chrono::milliseconds> limit);
  void become_stopped();

  output_targets targets_;
  std::atomic<state> state_ = state::initialised;
  std::atomic<bool> started_{false}; ///< by a runtime, which knows the first error
  plan::node_ptr text_;
  std::vector<plan::node_ptr> outputs_;
  std::shared_ptr<weir::runtime> runtime_;
  std::shared_ptr<listener_list> listeners_ = std::make_shared<listener_list>();
};

/// "initialised", "active", "stopped".
const char* name_of(stream_context::state);

/// An application: builds its streams on a context. Run in every process that takes part, it builds the same plan everywhere.
using application = std::function<void(stream_context&)>;

} // namespace weir
