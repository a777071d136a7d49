// On a record's way, step 1 of 11: records that the program's own threads hand over. To receiver/own_feed.
#include "actors/receiver/live_runs.hpp"

#include <future>
#include <utility>
#include <vector>

namespace weir::actors {

namespace {

/// How long a thread waits for durability before it is told that nothing is known.
constexpr std::chrono::seconds durable_limit{30};

using steady = std::chrono::steady_clock;
using durable_function = live_buffer::durable_function;

/// One run's way in. The source may keep it for as long as it likes; after the end of the feed nothing comes in.
class live_port final : public plan::record_port {
public:
  live_port(const std::shared_ptr<live_runs>& runs, std::uint64_t run)
    : runs_{runs}, run_{run}, stream_id_{runs->stream_id()} {}

  bool put(std::string_view frames, std::uint64_t count) override {
    auto runs = runs_.lock();
    return runs && runs->put(run_, frames, count);
  }
  void put_durable(std::string_view frames, std::uint64_t count, const plan::record_numbers& numbers,
                   durable_function then) override {
    put_durable(frames, count, numbers, false, std::move(then));
  }
  result<void> put_and_wait(std::string_view frames, std::uint64_t count,
                            const plan::record_numbers& numbers) override {
    auto known = std::make_shared<std::promise<result<void>>>();
    auto answer = known->get_future();
    put_durable(frames, count, numbers, true, [known](result<void> how) { known->set_value(std::move(how)); });
    if (answer.wait_for(durable_limit) != std::future_status::ready)
      return fail(error_code::failed, "the records were not durable after 30 s; nothing is known of them", "receiver",
                  "find out what holds up the log, and store them again");
    return answer.get();
  }
  void restart(const std::string& why, std::optional<std::chrono::milliseconds> delay) override {
    if (auto runs = runs_.lock())
      runs->restart(run_, why, delay);
  }
  void stop(const std::string& why) override {
    if (auto runs = runs_.lock())
      runs->stop(run_, why);
  }
  void report(const std::string& what) override {
    if (auto runs = runs_.lock())
      runs->report(what);
  }
  bool is_stopped() const override {
    auto runs = runs_.lock();
    return !runs || runs->is_stopped(run_);
  }
  std::uint32_t stream_id() const override { return stream_id_; }

private:
  void put_durable(std::string_view frames, std::uint64_t count, const plan::record_numbers& numbers,
                   bool wait_for_room, durable_function then) {
    if (auto runs = runs_.lock())
      runs->put_durable(run_, frames, count, numbers, wait_for_room, std::move(then));
    else
      then(fail(error_code::failed, "the input has ended", "receiver", "store the records in the next start"));
  }

  std::weak_ptr<live_runs> runs_; ///< it holds the source, which holds this
  std::uint64_t run_;
  std::uint32_t stream_id_;
};

} // namespace

// -- what the source hands over --------------------------------------------------------------------------------------------

/// Until there is room and the rate allows a record, or the run ends.
void live_runs::await_room(lock& guard, std::uint64_t run) {
  ++storing_;
  while (phase_of(run) == phase::running) {
    auto pause = buffer_.wait_for_room(steady::now());
    if (!pause)
      break;
    changed_.wait_for(guard, *pause);
  }
  --storing_;
}

bool live_runs::put(std::uint64_t run, std::string_view frames, std::uint64_t count) {
  lock guard{mutex_};
  await_room(guard, run);
  if (phase_of(run) == phase::over)
    return false;
  using enum live_buffer::outcome;
  switch (buffer_.put(frames, count, steady::now())) {
    case no_room: return false; // whoever is being stopped does not wait
    case skipped: {
      auto sentence = buffer_.report_of_skipped();
      guard.unlock();
      if (sentence)
        warn(*sentence);
      return true;
    }
    case begins_group:
      if (listener_)
        listener_->wake_after(std::chrono::milliseconds{0}, 0);
      return true;
    case given: hand_over(); return true;
    case waits: return true;
  }
  return true;
}

std::optional<error> live_runs::refusal(std::uint64_t run, std::string_view frames) {
  using enum live_buffer::pacing;
  auto standing = phase_of(run);
  if (standing == phase::over)
    return error{error_code::failed, "this run of the receiver has ended", name_, "store again in the next one"};
  return buffer_.refusal(frames, steady::now(), standing == phase::running ? at_rate : at_once);
}

void live_runs::put_durable(std::uint64_t run, std::string_view frames, std::uint64_t count,
                            const plan::record_numbers& numbers, bool wait_for_room, durable_function then) {
  lock guard{mutex_};
  if (wait_for_room)
    await_room(guard, run);
  buffer_.something_came(); // also what is refused: it will come again
  auto why = refusal(run, frames);
  if (why || count == 0) {
    guard.unlock();
    then(why ? result<void>{tl::make_unexpected(*why)} : result<void>{});
    return;
  }
  buffer_.put_durable(frames, count, numbers, steady::now(), std::move(then));
  hand_over();
}

/// With the lock, so that the order stays.
void live_runs::hand_over() {
  for (auto& records : buffer_.take_given())
    if (listener_)
      listener_->records(std::move(records));
}

void live_runs::flush_now() {
  buffer_.flush();
  hand_over();
}

void live_runs::flush() {
  lock guard{mutex_};
  flush_now();
}

void live_runs::release(std::uint64_t bytes) {
  {
    lock guard{mutex_};
    buffer_.release(bytes);
  }
  changed_.notify_all();
}

void live_runs::limit(std::uint64_t records_per_s) {
  {
    lock guard{mutex_};
    buffer_.limit(records_per_s, steady::now());
  }
  changed_.notify_all();
}

void live_runs::stored(std::uint64_t ticket, const result<void>& how) {
  durable_function then;
  {
    lock guard{mutex_};
    then = buffer_.settle(ticket);
  }
  if (then)
    then(how);
}

// -- runs ------------------------------------------------------------------------------------------------------------------

void live_runs::start_run() {
  thread_->post([self = shared_from_this()] {
    std::uint64_t run = 0;
    {
      lock guard{self->mutex_};
      if (self->closed_ || self->draining_ || self->finished_ || self->phase_ == phase::running)
        return;
      run = ++self->run_;
      self->phase_ = phase::running;
      self->started_ = false;
    }
    std::string problem;
    try {
      self->source_->start(std::make_shared<live_port>(self, run));
      lock guard{self->mutex_};
      self->started_ = true;
      return;
    } catch (const std::exception& thrown) {
      problem = thrown.what();
    } catch (...) {
      problem = "an exception that is not a std::exception";
    }
    self->restart(run, "cannot start: " + problem, std::nullopt);
  });
}

/// The run hears that it ends, is stopped on its thread, and after that nothing of it is taken. Then `afterwards`.
void live_runs::end_run(lock& guard, std::function<void()> afterwards) {
  auto was_running = phase_ == phase::running;
  if (was_running)
    phase_ = phase::stopping;
  guard.unlock();
  changed_.notify_all();
  thread_->post([self = shared_from_this(), was_running, afterwards = std::move(afterwards)] {
    if (was_running) {
      try {
        self->source_->stop();
      } catch (const std::exception& thrown) {
        self->warn(std::string{"on_stop has failed: "} + thrown.what());
      } catch (...) {
        self->warn("on_stop has failed");
      }
      lock inner{self->mutex_};
      if (self->phase_ == phase::stopping)
        self->phase_ = phase::over;
      self->flush_now();
    }
    afterwards();
  });
}

void live_runs::restart(std::uint64_t run, const std::string& why, std::optional<std::chrono::milliseconds> delay) {
  lock guard{mutex_};
  if (phase_of(run) != phase::running)
    return;
  auto pause = delay.value_or(restart_delay_);
  end_run(guard, [self = shared_from_this(), run, pause] {
    lock inner{self->mutex_};
    if (self->listener_)
      self->listener_->wake_after(pause, run);
  });
  warn("restarts in " + std::to_string(pause.count()) + " ms: " + why);
}

void live_runs::stop(std::uint64_t run, const std::string& why) {
  lock guard{mutex_};
  if (phase_of(run) != phase::running)
    return;
  end_run(guard, [self = shared_from_this(), why] {
    lock inner{self->mutex_};
    self->finished_ = true;
    self->source_->ended();
    if (self->listener_)
      self->listener_->source_stopped(why);
  });
}

void live_runs::wake(std::uint64_t why) {
  if (why == 0)
    flush();
  else
    start_run();
}

void live_runs::drain() {
  lock guard{mutex_};
  if (std::exchange(draining_, true))
    return;
  end_run(guard, [self = shared_from_this()] {
    lock inner{self->mutex_};
    self->source_->ended();
    if (self->listener_)
      self->listener_->stopped();
  });
}

void live_runs::close() {
  std::vector<durable_function> left;
  {
    lock guard{mutex_};
    flush_now();
    closed_ = true;
    listener_ = nullptr;
    left = buffer_.abandon();
    end_run(guard, [] {});
  }
  for (auto& then : left)
    then(fail(error_code::failed, "the input has ended before the records were known to be durable", name_,
              "store them again; numbers keep them from being stored twice"));
}

bool live_runs::is_stopped(std::uint64_t run) {
  lock guard{mutex_};
  return phase_of(run) != phase::running;
}

bool live_runs::at_rest() {
  lock guard{mutex_};
  auto nothing_came = !buffer_.has_something_come() && storing_ == 0;
  auto goes_on = phase_ == phase::running && started_; // else it waits for its start or restart
  return (nothing_came && goes_on) || finished_;
}

void live_runs::warn(const std::string& sentence) {
  lock guard{mutex_};
  if (listener_)
    listener_->warning(name_ + ": " + sentence);
}

} // namespace weir::actors
