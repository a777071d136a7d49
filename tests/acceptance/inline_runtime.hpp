#pragma once

#include <optional>

#include "libstream/api/runtime.hpp"
#include "libstream/plan/inline_batch.hpp"

namespace weir::acceptance {

/// Runs batches on the calling thread when it is told to: virtual time, no log, the first error ends it. One thread.
class inline_runtime final : public runtime {
public:
  /// A function that fails is tried so often in all, as a task of the real runtime is.
  static constexpr int attempts = 4;

  explicit inline_runtime(std::uint32_t partitions) : partitions_{partitions} {}

  result<void> start(std::shared_ptr<const plan::physical_plan> plan) override;
  void stop(bool) override { finished_ = true; }
  std::chrono::milliseconds batch_interval() const override { return std::chrono::seconds{1}; }
  void use_listeners(std::shared_ptr<const listener_list> listeners) override { listeners_ = std::move(listeners); }
  result<bool> await(std::optional<std::chrono::milliseconds> limit) override;

  /// The next batch from its input to its outputs; nothing once it has ended.
  void step();

private:
  result<void> compute_and_publish(std::int64_t time_ms);
  result<void> publish(const plan::output& output, std::int64_t time_ms,
                       const std::vector<plan::staged_output>& parts) const;

  std::uint32_t partitions_;
  std::shared_ptr<const plan::physical_plan> plan_;
  std::shared_ptr<const listener_list> listeners_;
  batch_id batch_;
  bool finished_ = false;
  std::optional<error> error_;
};

} // namespace weir::acceptance
