#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "libstream/api/outputs.hpp"
#include "libstream/api/runtime.hpp"
#include "libstream/plan/lower.hpp"

namespace weir {

template <class T>
class dstream;

/// The entry point: streams are built on it, then it runs them: initialised → active → stopped, never back. One thread.
class stream_context {
public:
  enum class state { initialised, active, stopped };

  /// `targets` are what `output()` stands for.
  explicit stream_context(output_targets targets = print()) : targets_{std::move(targets)} {}
  stream_context(const stream_context&) = delete;
  stream_context& operator=(const stream_context&) = delete;

  /// The text records of all configured inputs, united.
  dstream<std::string_view> text_input();
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

  /// Hands the plan to a runtime. Starting twice is an error, and so is starting after stop.
  result<void> start(std::shared_ptr<runtime> with);
  /// Stopping what never started, or twice, is fine. Graceful: waits until all that was taken is published.
  void stop(bool graceful = false);
  /// Begins a graceful stop and returns; `await_termination` tells when it is done.
  void drain();
  /// Waits for the end; the first error of the application, if there was one.
  result<void> await_termination();
  /// False if the time was over first.
  result<bool> await_termination_or_timeout(std::chrono::milliseconds limit);

private:
  void require_initialised(const char* action) const;

  output_targets targets_;
  state state_ = state::initialised;
  plan::node_ptr text_;
  std::vector<plan::node_ptr> outputs_;
  std::shared_ptr<weir::runtime> runtime_;
};

/// An application: builds its streams on a context. Run in every process that takes part, it builds the same plan everywhere.
using application = std::function<void(stream_context&)>;

} // namespace weir
