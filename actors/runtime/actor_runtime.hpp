#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "actors/runtime/runtime_options.hpp"
#include "libstream/api/runtime.hpp"

namespace weir::actors {

class running_process;

/// The real runtime: threads, sockets, LMDB, and the actors of one node in an actor system of its own. Made and started on one
/// thread; stopped and waited for on any.
class actor_runtime final : public runtime {
public:
  explicit actor_runtime(runtime_options options);
  /// Stops at once if it still runs.
  ~actor_runtime() override;

  result<void> start(std::shared_ptr<const plan::physical_plan> plan) override;
  void stop(bool graceful) override;
  std::chrono::milliseconds batch_interval() const override {
    auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(options_.settings.batch_interval);
    return whole == options_.settings.batch_interval ? whole
                                                     : std::chrono::milliseconds{0}; // no time can be rounded to it
  }
  void limit_drain(std::chrono::milliseconds limit) override;
  void use_listeners(std::shared_ptr<const listener_list> listeners) override { listeners_ = std::move(listeners); }
  result<bool> await(std::optional<std::chrono::milliseconds> limit) override;

  /// It has ended, but a task or an output did not return, and its thread was left alone. It may hold locks of the C library, so a program
  /// should end by `std::_Exit`.
  bool has_left_threads() const;

private:
  runtime_options options_;
  std::shared_ptr<const listener_list> listeners_;
  std::unique_ptr<running_process> running_;
};

} // namespace weir::actors
