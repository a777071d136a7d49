#include "actors/runtime/actor_runtime.hpp"

#include <algorithm>

#include "actors/monitor/stderr_journal.hpp"
#include "actors/node/standard_descriptors.hpp"
#include "actors/runtime/node_start.hpp"
#include "actors/runtime/process_start.hpp"
#include "actors/runtime/system_visit.hpp"
#include "libstream/data/memory_block.hpp"

namespace weir::actors {

actor_runtime::actor_runtime(runtime_options options) : options_{std::move(options)} {
  if (!options_.journal)
    options_.journal = make_stderr_journal(log_level::notice, log_format::text);
}

actor_runtime::~actor_runtime() {
  if (running_)
    running_->end();
}

result<void> actor_runtime::start(std::shared_ptr<const plan::physical_plan> plan) {
  open_missing_descriptors(); // of programs with a main of their own, too
  system_visit visit;         // this thread may live longer than what it starts
  auto next = std::make_unique<running_process>(options_);
  if (auto started = start_process(options_, plan, *next); !started)
    return started;
  data::memory_block::keep_at_most(std::min<std::uint64_t>(limits::pooled_bytes, options_.settings.memory_limit / 8));
  next->observe(*plan, listeners_);
  furnish_node(options_, *next->services.application, *next->services.node);
  running_ = std::move(next);
  if (auto begun = running_->run(); !begun) {
    running_->end();
    running_.reset();
    return begun;
  }
  return {};
}

void actor_runtime::limit_drain(std::chrono::milliseconds limit) {
  if (running_)
    running_->outcome().drain_within(limit);
}

bool actor_runtime::has_left_threads() const { return running_ && running_->has_left_threads(); }

void actor_runtime::stop(bool graceful) {
  if (!running_)
    return;
  if (graceful)
    running_->begin_drain();
  else
    running_->outcome().finish();
}

result<bool> actor_runtime::await(std::optional<std::chrono::milliseconds> limit) {
  if (!running_)
    return true;
  auto over = running_->outcome().await(limit);
  if (!over || *over)
    running_->end();
  return over;
}

} // namespace weir::actors
