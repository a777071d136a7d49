#include "libstream/api/stream_context.hpp"

#include <mutex>

#include "libstream/api/dstream.hpp"
#include "libstream/base/runtime_thread.hpp"
#include "libstream/operators/sums_output.hpp"
#include "libstream/operators/text_source.hpp"

namespace weir {

namespace {

/// The one that is active in this process.
struct {
  std::mutex mutex;
  stream_context* context = nullptr;
} active;

/// Whose thread the end waits for cannot wait for the end.
result<void> may_wait(const char* action) {
  auto refuse = [action](const char* where) {
    return fail(error_code::usage,
                std::string{"cannot "} + action + " in " + where + ", as it would wait for its own thread",
                "stream_context", std::string{"call drain(), or "} + action + " on another thread");
  };
  if (listener_list::is_calling())
    return refuse("a listener");
  if (runtime_thread::is_this())
    return refuse("a function of an operator or an output, or in a receiver");
  return {};
}

} // namespace

const char* name_of(stream_context::state of) {
  constexpr const char* names[] = {"initialised", "active", "stopped"};
  return names[static_cast<int>(of)];
}

stream_context::~stream_context() {
  if (state_ == state::active) {
    runtime_->stop(false);
    (void)runtime_->await(std::nullopt);
  }
  become_stopped();
}

std::shared_ptr<stream_context> stream_context::get_active() {
  std::lock_guard guard{active.mutex};
  if (!active.context)
    return nullptr;
  if (auto shared = active.context->weak_from_this().lock())
    return shared;
  return {std::shared_ptr<void>{}, active.context}; // its owner is elsewhere, e.g. on the stack
}

void stream_context::become_stopped() {
  state_ = state::stopped;
  for (auto& source : sources_)
    source->ended();
  std::lock_guard guard{active.mutex};
  if (active.context == this)
    active.context = nullptr;
}

void stream_context::require_initialised(const char* action) const {
  if (state_ != state::initialised)
    throw plan::plan_error{{error_code::usage, std::string{"cannot "} + action + ": the context is " + name_of(state_),
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

result<std::shared_ptr<const plan::physical_plan>> stream_context::plan() const {
  try {
    for (auto& output : outputs_)
      api_detail::fill_kept(*output, pins_);
    return plan::lower(outputs_);
  } catch (const plan::plan_error& wrong) { // of persisted data that is computed now
    return tl::make_unexpected(wrong.why());
  }
}

result<void> build_on(stream_context& context, const application& build) {
  auto thrown = [](const std::string& problem) {
    return fail(error_code::failed, "an exception while the streams were built: " + problem, "application",
                "mend the function that builds them");
  };
  try {
    build(context);
    if (auto state = context.get_state(); state != stream_context::state::initialised)
      return fail(
        error_code::usage,
        std::string{"the function that builds the streams has started or stopped the context, which is now "} +
          name_of(state),
        "application", "leave start() and stop() out of it: the context is started when it has returned");
    return {};
  } catch (const plan::plan_error& wrong) {
    return tl::make_unexpected(wrong.why());
  } catch (const std::exception& other) {
    return thrown(other.what());
  } catch (...) {
    return thrown("of a type that says nothing");
  }
}

void stream_context::begun_with(std::chrono::milliseconds batch_interval) { interval_ms_ = batch_interval.count(); }

std::pair<std::shared_ptr<plan::delivery>, std::chrono::milliseconds> stream_context::kept_of(
  const plan::node_ptr& stream) const {
  if (interval_ms_ < 0)
    throw plan::plan_error{{error_code::usage,
                            std::string{"slice: the context is "} + name_of(state_) + ", and no batch has run",
                            "stream_context", "ask while it is active"}};
  auto remembered = kept_.find(stream.get());
  if (remembered == kept_.end())
    throw plan::plan_error{{error_code::usage, "slice: the stream keeps nothing", "operator " + stream->kind(),
                            "call persist() on it and remember(duration) on the context"}};
  return {remembered->second, std::chrono::milliseconds{interval_ms_}};
}

void stream_context::add_sum(std::shared_ptr<plan::summed> sum) {
  sums_->push_back(std::move(sum));
  if (sums_->size() == 1)
    outputs_.push_back(std::make_shared<operators::sums_output>(sums_));
}

result<void> stream_context::start(std::shared_ptr<weir::runtime> with) {
  if (state_ == state::initialised)
    runtime_ = std::move(with);
  return start();
}

result<void> stream_context::start() {
  if (state_ != state::initialised)
    return fail(error_code::usage, std::string{"cannot start: the context is "} + name_of(state_), "stream_context",
                state_ == state::active ? "a context can be started only once" : "make a new one");
  {
    std::lock_guard guard{active.mutex};
    if (active.context)
      return fail(error_code::usage, "cannot start: another context of this process is active", "stream_context",
                  "stop it first, or run this one in a process of its own");
    active.context = this;
  }
  {
    std::lock_guard guard{starting_mutex_};
    starting_ = true;
  }
  auto begun = begin();
  if (!begun)
    refusal_ = begun.error();
  begin_is_over(begun.has_value());
  return begun;
}

/// Who wanted to stop or drain it meanwhile goes on now.
void stream_context::begin_is_over(bool begun) {
  auto drains = false;
  {
    std::lock_guard guard{starting_mutex_};
    if (begun) {
      started_ = true;
      state_ = state::active;
    } else {
      become_stopped();
    }
    starting_ = false;
    drains = begun && drain_wanted_;
  }
  starting_.notify_all();
  if (drains)
    runtime_->stop(true);
}

void stream_context::await_begin() { starting_.wait(true); }

result<void> stream_context::begin() {
  if (!runtime_)
    return fail(error_code::usage, "no runtime was given", "stream_context", "write start(runtime)");
  auto lowered = plan();
  if (!lowered)
    return tl::make_unexpected(lowered.error());
  runtime_->use_listeners(listeners_);
  begun_with(runtime_->batch_interval());
  return runtime_->start(*lowered);
}

result<void> stream_context::stop(bool graceful, std::optional<std::chrono::milliseconds> limit) {
  if (auto possible = may_wait("stop"); !possible)
    return possible;
  await_begin();
  result<void> stopped;
  if (state_ == state::active) {
    if (graceful && limit)
      runtime_->limit_drain(*limit);
    runtime_->stop(graceful);
    // What was wrong before is await_termination's to tell; that a graceful stop came to nothing is said here, too.
    auto over = runtime_->await(std::nullopt);
    if (graceful)
      stopped = over.map([](bool) {});
  }
  become_stopped();
  return stopped;
}

void stream_context::drain() {
  {
    std::lock_guard guard{starting_mutex_};
    if (starting_) {
      drain_wanted_ = true;
      return;
    }
  }
  if (state_ == state::active)
    runtime_->stop(true);
}

result<void> stream_context::await_termination() {
  return await(std::nullopt).map([](bool) {});
}

result<bool> stream_context::await_termination_or_timeout(std::chrono::milliseconds limit) { return await(limit); }

result<bool> stream_context::await(std::optional<std::chrono::milliseconds> limit) {
  if (auto possible = may_wait("wait for the end"); !possible)
    return tl::make_unexpected(possible.error());
  if (!started_) {
    auto stopped = state_ == state::stopped;
    if (stopped && refusal_)
      return tl::make_unexpected(*refusal_);
    return stopped;
  }
  auto over = runtime_->await(limit);
  if (!over || *over)
    become_stopped();
  return over;
}

} // namespace weir
