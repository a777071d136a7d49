#include "libstream/api/stream_context.hpp"

#include "libstream/api/dstream.hpp"
#include "libstream/operators/text_source.hpp"

namespace weir {

void stream_context::require_initialised(const char* action) const {
  if (state_ != state::initialised)
    throw plan::plan_error{{error_code::usage,
                            std::string{"cannot "} + action + " after the context was started or stopped",
                            "stream_context", "build all streams before start"}};
}

dstream<std::string_view> stream_context::text_input() {
  require_initialised("add an input");
  if (!text_)
    text_ = std::make_shared<operators::text_source>();
  return {*this, std::static_pointer_cast<const operators::stream_node<std::string_view>>(text_)};
}

dstream<std::string_view> stream_context::constant_text(std::vector<plan::text_piece> pieces, std::uint32_t slices) {
  require_initialised("add an input");
  return {*this, std::make_shared<operators::text_source>(std::move(pieces), slices)};
}

void stream_context::register_output(plan::node_ptr output) {
  require_initialised("add an output");
  outputs_.push_back(std::move(output));
}

result<void> stream_context::start(std::shared_ptr<weir::runtime> with) {
  if (state_ != state::initialised)
    return fail(error_code::usage, "the context was started or stopped before", "stream_context", "make a new one");
  auto lowered = plan();
  if (!lowered)
    return tl::make_unexpected(lowered.error());
  runtime_ = std::move(with);
  if (auto started = runtime_->start(*lowered); !started) {
    state_ = state::stopped;
    return started;
  }
  state_ = state::active;
  return {};
}

void stream_context::stop(bool graceful) {
  if (state_ == state::active) {
    runtime_->stop(graceful);
    if (graceful)
      (void)runtime_->await(std::nullopt); // the error, if any, is await_termination's to tell
  }
  state_ = state::stopped;
}

void stream_context::drain() {
  if (state_ == state::active)
    runtime_->stop(true);
}

result<void> stream_context::await_termination() {
  if (!runtime_)
    return {};
  return runtime_->await(std::nullopt).map([](bool) {});
}

result<bool> stream_context::await_termination_or_timeout(std::chrono::milliseconds limit) {
  if (!runtime_)
    return state_ == state::stopped;
  return runtime_->await(limit);
}

} // namespace weir
