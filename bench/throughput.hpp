#pragma once

#include "bench/case.hpp"
#include "bench/engine/engine.hpp"
#include "bench/inputs/text_inputs.hpp"
#include "bench/yardsticks/hand_loop.hpp"

/// How the throughput of one computation is measured: batches back to back through the real runtime, between runs of the yardstick on
/// the same data, every result compared.
namespace weir::bench {

using lines = std::vector<std::string>;

struct throughput_case {
  std::string name;
  std::uint64_t records = 0; ///< of one batch
  std::uint64_t bytes = 0;
  /// Builds the streams over data that is the same in every batch, cut into so many map tasks.
  std::function<void(stream_context&, std::uint32_t slices)> constant;
  /// Builds them over `text_input()`; empty when the records are no text, which is all that the log takes: then `constant` runs with
  /// a data directory, and only batches and results are logged.
  application fed;
  std::shared_ptr<const text_input> text; ///< with `fed`
  /// Makes the loop that computes the batch by hand on so many threads.
  std::function<hand_loop<lines>(std::uint32_t threads)> yardstick;
  /// What a batch must show: naively computed. `model` for a batch of other lines.
  lines expected;
  std::function<lines(std::string_view text)> model;
  double target_alone = 0.6; ///< of the yardstick, one executor
  double target_pair = 0.85; ///< of the two-thread yardstick
};

/// Shows a digest as its text.
inline hand_loop<lines> shown(const hand_loop<digest>& loop) {
  return {loop.work, [result = loop.result]() -> lines { return {text_of(result())}; }};
}

/// One and two executors, without and with log.
void measure_throughput(const throughput_case& what, const setting& with,
                        const std::function<void(measurement)>& report);

} // namespace weir::bench
