#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libstream/base/event_time.hpp"
#include "libstream/base/ids.hpp"

namespace weir {

/// What a batch took from one input.
struct input_info {
  input_id input;
  std::uint64_t records = 0;
  std::string description; ///< the input as it was given, e.g. "weir://127.0.0.1:40123"
};

/// One output of one batch.
struct output_operation_info {
  event_time batch_time;
  output_index id;
  std::string name;
  std::optional<event_time> start;
  std::optional<event_time> end;
  std::optional<std::string> failure_reason;

  std::optional<std::chrono::microseconds> duration() const {
    return start && end ? std::optional{*end - *start} : std::nullopt;
  }
};

/// One batch, as far as it is known when the event happens: what comes later is absent.
struct batch_info {
  batch_id id;
  event_time batch_time;
  std::map<input_id, input_info> inputs;      ///< those that the batch took something from
  event_time submission;                      ///< the batch was due, also if flow control held it back for a while
  std::optional<event_time> processing_start; ///< its first task started
  std::optional<event_time> processing_end;   ///< its last output was published
  std::vector<output_operation_info> outputs; ///< in the order of their numbers

  std::optional<std::chrono::microseconds> scheduling_delay() const {
    return processing_start ? std::optional{*processing_start - submission} : std::nullopt;
  }
  std::optional<std::chrono::microseconds> processing_delay() const {
    return processing_start && processing_end ? std::optional{*processing_end - *processing_start} : std::nullopt;
  }
  /// The sum of the two.
  std::optional<std::chrono::microseconds> total_delay() const {
    return processing_end ? std::optional{*processing_end - submission} : std::nullopt;
  }
  /// Of files, records are known once they have been read.
  std::uint64_t records() const {
    std::uint64_t sum = 0;
    for (auto& [number, input] : inputs)
      sum += input.records;
    return sum;
  }
};

/// Whoever takes records in for one input.
struct receiver_info {
  input_id input;
  std::string name;     ///< the input as it was given
  bool active = false;  ///< takes records
  std::string location; ///< where it is bound, or what it watches
  std::string last_error;
  std::optional<event_time> last_error_time;
  std::string stop_reason; ///< why it takes none any more, if it was stopped on purpose
};

/// Told what happens to an application. Each call comes on one thread of its own, in the order of the events, so a listener needs no locks
/// of its own and never slows the engine: events wait in a bounded queue, and those that do not fit are lost and counted. An exception
/// is logged and changes nothing. `stream_context::stop` is refused in here (call `drain`). Nothing comes after `stop` has returned.
class streaming_listener {
public:
  virtual ~streaming_listener() = default;
  virtual void on_streaming_started(event_time) {}
  /// Also when a receiver was restarted.
  virtual void on_receiver_started(const receiver_info&) {}
  virtual void on_receiver_stopped(const receiver_info&) {}
  /// The receiver goes on, or is restarted.
  virtual void on_receiver_error(const receiver_info&) {}
  /// The batch's input is fixed.
  virtual void on_batch_submitted(const batch_info&) {}
  virtual void on_batch_started(const batch_info&) {}
  /// All outputs have published it.
  virtual void on_batch_completed(const batch_info&) {}
  /// An output begins to publish the batch.
  virtual void on_output_operation_started(const output_operation_info&) {}
  virtual void on_output_operation_completed(const output_operation_info&) {}
};

} // namespace weir
