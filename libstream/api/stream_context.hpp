#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "libstream/api/accumulator.hpp"
#include "libstream/api/listener_list.hpp"
#include "libstream/api/outputs.hpp"
#include "libstream/api/record_queue.hpp"
#include "libstream/api/runtime.hpp"
#include "libstream/api/stream_fwd.hpp"
#include "libstream/plan/lower.hpp"

namespace weir {

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
  /// What `function(event_time)` returns for each batch time, a std::vector<T>, cut into `slices` map tasks (Spark's own InputDStreams).
  /// Always due. Not logged, and called again on every attempt and for every task: it must give the same for the same time.
  template <class T, class Function>
  dstream<T> generated(Function function, std::uint32_t slices = 1);
  /// What stands in a queue: one element of it a batch, or all that are there (Spark's queueStream). For tests and first steps: what was
  /// taken is gone when the process ends, so a data directory is refused.
  template <class T>
  dstream<T> queue_stream(std::shared_ptr<record_queue<T>> queue, queue_order how = queue_order::one_a_batch);
  /// The records of all streams, those of the first first. Throws plan_error for no streams.
  template <class T>
  dstream<T> union_of(const std::vector<dstream<T>>& streams);
  /// What `function(std::vector<dataset<T>>[, event_time])` makes of each batch of all streams; see `dstream::transform`.
  template <class T, class Function>
  auto transform(const std::vector<dstream<T>>& streams, Function function);

  /// A sum to which functions may add; see `accumulator.hpp`. `merge` must be associative and commutative, `zero` neutral.
  template <class T>
  weir::accumulator<T> accumulator(T zero = {}, std::function<T(const T&, const T&)> merge = std::plus<T>{});

  /// How far back persisted streams keep batches for `slice`. By default only the newest.
  void remember(std::chrono::milliseconds span) { *remember_ms_ = span.count(); }

  /// All configured outputs (`--output`).
  const output_targets& output() const { return targets_; }

  state get_state() const { return state_; }

  /// Called by streams: an output of this context. Throws plan_error once started.
  void register_output(plan::node_ptr output);
  /// The plan of what was built so far.
  [[nodiscard]] result<std::shared_ptr<const plan::physical_plan>> plan() const;
  /// Called by who runs the plan, when it begins: `slice` rounds to this.
  void begun_with(std::chrono::milliseconds batch_interval);

  /// What `start()` drives; whoever makes a context for others to start says so here.
  void drive_with(std::shared_ptr<runtime> chosen) { runtime_ = std::move(chosen); }
  /// Hands the plan to a runtime. Starting twice is an error, and so is starting after stop, or while another context is active. When it
  /// fails for another reason nothing runs, the context is stopped, and `await_termination` says the same error.
  [[nodiscard]] result<void> start(std::shared_ptr<runtime> with);
  /// The same with the runtime of `drive_with`.
  [[nodiscard]] result<void> start();
  /// Stopping what never started, or twice, is fine. Graceful: waits until all that was taken is published; not longer than `limit`, or
  /// what the runtime's settings say (10 batch intervals, at least 10 s): then it stops at once, and the error says what was left.
  /// Refused in a listener and on a thread of the runtime (in a function of an operator or an output, in a receiver), as it would wait for
  /// itself: `drain()` is for those.
  [[nodiscard]] result<void> stop(bool graceful = false, std::optional<std::chrono::milliseconds> limit = {});
  /// Begins a graceful stop and returns; `await_termination` tells when it is done. Its limit is that of `stop`. While the context is being
  /// started it begins as soon as that is done. Any thread.
  void drain();
  /// Waits for the end; the first error of the application, if there was one, also the one for which it did not start. What nobody
  /// started has no end to wait for. Refused where `stop` is.
  [[nodiscard]] result<void> await_termination();
  /// False if the time was over first.
  [[nodiscard]] result<bool> await_termination_or_timeout(std::chrono::milliseconds limit);

  /// From the next event on; also before the start, and by another listener.
  void add_listener(std::shared_ptr<streaming_listener> listener) { listeners_->add(std::move(listener)); }
  void remove_listener(const std::shared_ptr<streaming_listener>& listener) { listeners_->remove(listener); }
  const std::shared_ptr<listener_list>& listeners() const { return listeners_; }

  /// The context of this process that is active now; null if none is.
  static std::shared_ptr<stream_context> get_active();

  // Called by streams.
  /// A stream of what a function of datasets made.
  template <class T>
  dstream<T> stream_of(const dataset<T>& made);
  /// A stream of what `function(event_time)` makes anew for each batch.
  template <class Function>
  auto timed_stream(Function function);
  /// Keeps the batches of a stream: once, however often it is asked. `make(span)` gives where, `output(kept)` the node that brings
  /// them there.
  template <class Make, class Output>
  void persist(const plan::node_ptr& stream, Make make, Output output) {
    require_initialised("persist a stream");
    if (kept_.count(stream.get()) > 0)
      return;
    auto kept = make(std::shared_ptr<const std::atomic<std::int64_t>>{remember_ms_});
    kept_[stream.get()] = kept;
    outputs_.push_back(output(kept));
  }
  /// Where they are kept, and the batch interval. Throws plan_error.
  std::pair<std::shared_ptr<plan::delivery>, std::chrono::milliseconds> kept_of(const plan::node_ptr& stream) const;

private:
  void add_sum(std::shared_ptr<plan::summed> sum);
  void require_initialised(const char* action) const;
  result<void> begin();
  void begin_is_over(bool begun);
  void await_begin();
  result<bool> await(std::optional<std::chrono::milliseconds> limit);
  void become_stopped();

  output_targets targets_;
  std::atomic<state> state_ = state::initialised;
  std::atomic<bool> started_{false}; ///< by a runtime, which knows the first error
  std::mutex starting_mutex_;
  std::atomic<bool> starting_{false};                       ///< on another thread, or below on this one's stack
  bool drain_wanted_ = false;                               ///< once it has started
  std::vector<std::shared_ptr<plan::live_source>> sources_; ///< to be told when it has ended
  plan::node_ptr text_;
  std::vector<plan::node_ptr> outputs_;
  std::shared_ptr<std::atomic<std::int64_t>> remember_ms_ = std::make_shared<std::atomic<std::int64_t>>(0);
  std::map<const plan::node*, std::shared_ptr<plan::delivery>> kept_; ///< by persisted stream
  std::shared_ptr<std::vector<std::shared_ptr<plan::summed>>> sums_ =
    std::make_shared<std::vector<std::shared_ptr<plan::summed>>>();
  std::atomic<std::int64_t> interval_ms_ = -1;            ///< -1: not begun
  mutable std::vector<std::shared_ptr<const void>> pins_; ///< persisted datasets that plans of this context read
  std::shared_ptr<weir::runtime> runtime_;
  std::optional<error> refusal_; ///< why it did not start; set before it becomes stopped
  std::shared_ptr<listener_list> listeners_ = std::make_shared<listener_list>();
};

/// "initialised", "active", "stopped".
const char* name_of(stream_context::state);

/// An application: builds its streams on a context. Run in every process that takes part, it builds the same plan everywhere.
using application = std::function<void(stream_context&)>;

/// Calls the application with the context; what it throws is the error.
[[nodiscard]] result<void> build_on(stream_context& context, const application& build);

} // namespace weir
