// On a record's way, step 1 of 8: records that the program's own threads hand over. To receiver/feed_receiver.
#include "actors/receiver/live_feed.hpp"

#include <condition_variable>
#include <future>
#include <map>
#include <mutex>

#include "actors/sources/token_bucket.hpp"
#include "libstream/data/frames.hpp"

namespace weir::actors {

namespace {

/// Records that wait for the receiver are handed over at this size, or when it has time.
constexpr std::size_t group_bytes = 128 * limits::kib;
/// How long a thread may wait for room or durability before it looks whether its run goes on, or is told that nothing is known.
constexpr std::chrono::milliseconds look_interval{500};
constexpr std::chrono::seconds durable_limit{30};
/// What a waiting record costs beside its bytes.
constexpr std::uint64_t record_overhead_bytes = 8;
/// Skipped records are reported when their number has doubled.
constexpr bool power_of_two(std::uint64_t n) { return (n & (n - 1)) == 0; }

/// Between two looks at the rate: short, so that a batch's debt and a rate that changes are noticed.
constexpr token_bucket::duration shortest_pause{1'000};
constexpr token_bucket::duration longest_pause{500'000};

using steady = std::chrono::steady_clock;
using durable_function = std::function<void(result<void>)>;

data::buffer_handle buffer_of(std::string_view bytes) {
  auto made = std::make_shared<data::buffer>(bytes.size());
  made->append(bytes);
  return made;
}

/// What ports and the feed share. Thread-safe; callbacks are called without the lock.
class live_core : public std::enable_shared_from_this<live_core> {
public:
  live_core(std::shared_ptr<plan::live_source> source, std::uint32_t stream_id, std::string name,
            const feed_options& options, std::shared_ptr<worker> thread, std::shared_ptr<feed_listener> listener)
    : source_{std::move(source)},
      stream_id_{stream_id},
      name_{std::move(name)},
      options_{options},
      thread_{std::move(thread)},
      listener_{std::move(listener)} {}

  // -- from the feed
  void start_run();
  void flush();
  void release(std::uint64_t bytes);
  void limit(std::uint64_t records_per_s);
  void stored(std::uint64_t ticket, const result<void>& how);
  void drain();
  void close();
  void wake(std::uint64_t why);
  bool at_rest();

  // -- from ports
  enum class phase { running, stopping, over };
  bool put(std::uint64_t run, std::string_view frames, std::uint64_t count);
  void put_durable(std::uint64_t run, std::string_view frames, std::uint64_t count, const plan::record_numbers& numbers,
                   bool wait_for_room, durable_function then);
  void restart(std::uint64_t run, const std::string& why, std::optional<std::chrono::milliseconds> delay);
  void stop(std::uint64_t run, const std::string& why);
  void report(const std::string& what) { warn(what); }
  bool is_stopped(std::uint64_t run);
  std::uint32_t stream_id() const { return stream_id_; }

private:
  using lock = std::unique_lock<std::mutex>;
  phase phase_of(std::uint64_t run) const { return run == run_ && !closed_ ? phase_ : phase::over; }
  bool full() const { return held_ >= options_.budget_bytes; }
  /// The rate allows no record now. Whoever is being stopped does not wait for it: what it took has to come in.
  bool too_fast() { return phase_ == phase::running && bucket_.available(steady::now()) == 0; }
  void await_room(lock& guard, std::uint64_t run);
  void hand_over_pending();
  void hand_over(fed_records records);
  void end_run(lock& guard, std::function<void()> afterwards);
  std::vector<durable_function> take_waiting();
  std::optional<error> refuse(std::uint64_t run, std::string_view frames);
  void warn(const std::string& sentence);
  static void tell(const std::vector<durable_function>& all, const result<void>& how) {
    for (auto& then : all)
      then(how);
  }

  const std::shared_ptr<plan::live_source> source_;
  const std::uint32_t stream_id_;
  const std::string name_;
  const feed_options options_;
  const std::shared_ptr<worker> thread_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<feed_listener> listener_; ///< null once closed
  bool closed_ = false;
  bool draining_ = false;
  bool finished_ = false; ///< stopped itself for good
  std::uint64_t run_ = 0; ///< the newest one
  phase phase_ = phase::over;
  bool started_ = false; ///< the newest one: on_start has returned
  std::string pending_;  ///< frames that wait to be handed over
  std::uint64_t pending_count_ = 0;
  std::uint64_t held_ = 0;
  token_bucket bucket_;
  int storing_ = 0; ///< threads that wait to store
  std::uint64_t skipped_ = 0;
  bool came_ = false; ///< since at_rest was asked
  std::uint64_t next_ticket_ = 1;
  std::map<std::uint64_t, durable_function> waiting_;
};

/// One run's way in. The source may keep it for as long as it likes; after the end of the feed nothing comes in.
class live_port final : public plan::record_port {
public:
  live_port(const std::shared_ptr<live_core>& core, std::uint64_t run)
    : core_{core}, run_{run}, stream_id_{core->stream_id()} {}

  bool put(std::string_view frames, std::uint64_t count) override {
    auto core = core_.lock();
    return core && core->put(run_, frames, count);
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
    if (auto core = core_.lock())
      core->restart(run_, why, delay);
  }
  void stop(const std::string& why) override {
    if (auto core = core_.lock())
      core->stop(run_, why);
  }
  void report(const std::string& what) override {
    if (auto core = core_.lock())
      core->report(what);
  }
  bool is_stopped() const override {
    auto core = core_.lock();
    return !core || core->is_stopped(run_);
  }
  std::uint32_t stream_id() const override { return stream_id_; }

private:
  void put_durable(std::string_view frames, std::uint64_t count, const plan::record_numbers& numbers,
                   bool wait_for_room, durable_function then) {
    if (auto core = core_.lock())
      core->put_durable(run_, frames, count, numbers, wait_for_room, std::move(then));
    else
      then(fail(error_code::failed, "the input has ended", "receiver", "store the records in the next start"));
  }

  std::weak_ptr<live_core> core_; ///< it holds the source, which holds this
  std::uint64_t run_;
  std::uint32_t stream_id_;
};

// -- what the source hands over --------------------------------------------------------------------------------------------

/// Until there is room and the rate allows a record, or the run ends.
void live_core::await_room(lock& guard, std::uint64_t run) {
  ++storing_;
  while ((full() || too_fast()) && phase_of(run) == phase::running) {
    auto pause = full() ? look_interval : std::clamp(bucket_.wait(steady::now()), shortest_pause, longest_pause);
    changed_.wait_for(guard, pause);
  }
  --storing_;
}

bool live_core::put(std::uint64_t run, std::string_view frames, std::uint64_t count) {
  lock guard{mutex_};
  await_room(guard, run);
  if (phase_of(run) == phase::over || full()) // whoever is being stopped does not wait
    return false;
  auto content = frames;
  if (auto first = data::take_frame(content); !first || first->size() > options_.max_record_bytes) {
    auto skipped = ++skipped_;
    guard.unlock();
    if (power_of_two(skipped))
      warn("skipped " + std::to_string(skipped) + " records longer than max_record_bytes (" +
           std::to_string(options_.max_record_bytes) + ")");
    return true;
  }
  came_ = true;
  bucket_.take(count, steady::now());
  auto first = pending_count_ == 0;
  pending_.append(frames);
  pending_count_ += count;
  held_ += frames.size() + record_overhead_bytes;
  if (pending_.size() >= group_bytes)
    hand_over_pending();
  else if (first && listener_)
    listener_->wake_after(std::chrono::milliseconds{0}, 0);
  return true;
}

std::optional<error> live_core::refuse(std::uint64_t run, std::string_view frames) {
  if (phase_of(run) == phase::over)
    return error{error_code::failed, "this run of the receiver has ended", name_, "store again in the next one"};
  if (full() || too_fast())
    return error{error_code::failed,
                 !full() ? "the input is at its rate" : "the input holds all that it may until batches are committed",
                 name_, "store again later", true};
  while (!frames.empty()) {
    auto record = data::take_frame(frames);
    if (!record || record->size() > options_.max_record_bytes)
      return error{error_code::usage, "a record is longer than max_record_bytes", name_,
                   "store shorter records, or raise max_record_bytes"};
  }
  return std::nullopt;
}

void live_core::put_durable(std::uint64_t run, std::string_view frames, std::uint64_t count,
                            const plan::record_numbers& numbers, bool wait_for_room, durable_function then) {
  lock guard{mutex_};
  if (wait_for_room)
    await_room(guard, run);
  came_ = true; // also what is refused: it will come again
  auto why = refuse(run, frames);
  if (why || count == 0) {
    guard.unlock();
    then(why ? result<void>{tl::make_unexpected(*why)} : result<void>{});
    return;
  }
  bucket_.take(count, steady::now());
  hand_over_pending(); // records stay in the order in which they were stored
  fed_records records;
  records.bytes = buffer_of(frames);
  records.count = count;
  records.held = frames.size() + fed_overhead_bytes;
  records.producer = numbers.producer;
  records.first = numbers.first;
  records.ticket = next_ticket_++;
  waiting_[records.ticket] = std::move(then);
  held_ += records.held;
  hand_over(std::move(records));
}

void live_core::hand_over_pending() {
  if (pending_count_ == 0)
    return;
  fed_records records;
  records.bytes = buffer_of(pending_);
  records.count = std::exchange(pending_count_, 0);
  records.held = pending_.size() + records.count * record_overhead_bytes;
  pending_.clear();
  hand_over(std::move(records));
}

void live_core::hand_over(fed_records records) {
  if (listener_)
    listener_->records(std::move(records));
}

void live_core::flush() {
  lock guard{mutex_};
  hand_over_pending();
}

void live_core::release(std::uint64_t bytes) {
  {
    lock guard{mutex_};
    held_ -= std::min(held_, bytes);
  }
  changed_.notify_all();
}

void live_core::limit(std::uint64_t records_per_s) {
  {
    lock guard{mutex_};
    bucket_.set_rate(records_per_s, steady::now());
  }
  changed_.notify_all();
}

void live_core::stored(std::uint64_t ticket, const result<void>& how) {
  durable_function then;
  {
    lock guard{mutex_};
    auto entry = waiting_.find(ticket);
    if (entry == waiting_.end())
      return;
    then = std::move(entry->second);
    waiting_.erase(entry);
  }
  then(how);
}

// -- runs ------------------------------------------------------------------------------------------------------------------

void live_core::start_run() {
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
void live_core::end_run(lock& guard, std::function<void()> afterwards) {
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
      self->hand_over_pending();
    }
    afterwards();
  });
}

void live_core::restart(std::uint64_t run, const std::string& why, std::optional<std::chrono::milliseconds> delay) {
  lock guard{mutex_};
  if (phase_of(run) != phase::running)
    return;
  auto pause = delay.value_or(options_.restart_delay);
  end_run(guard, [self = shared_from_this(), run, pause] {
    lock inner{self->mutex_};
    if (self->listener_)
      self->listener_->wake_after(pause, run);
  });
  warn("restarts in " + std::to_string(pause.count()) + " ms: " + why);
}

void live_core::stop(std::uint64_t run, const std::string& why) {
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

void live_core::wake(std::uint64_t why) {
  if (why == 0)
    flush();
  else
    start_run();
}

void live_core::drain() {
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

void live_core::close() {
  std::vector<durable_function> left;
  {
    lock guard{mutex_};
    hand_over_pending();
    closed_ = true;
    listener_ = nullptr;
    left = take_waiting();
    end_run(guard, [] {});
  }
  tell(left, fail(error_code::failed, "the input has ended before the records were known to be durable", name_,
                  "store them again; numbers keep them from being stored twice"));
}

std::vector<durable_function> live_core::take_waiting() {
  std::vector<durable_function> all;
  for (auto& [ticket, then] : waiting_)
    all.push_back(std::move(then));
  waiting_.clear();
  return all;
}

bool live_core::is_stopped(std::uint64_t run) {
  lock guard{mutex_};
  return phase_of(run) != phase::running;
}

bool live_core::at_rest() {
  lock guard{mutex_};
  auto nothing_came = !std::exchange(came_, false) && storing_ == 0;
  auto goes_on = phase_ == phase::running && started_; // else it waits for its start or restart
  return (nothing_came && goes_on) || finished_;
}

void live_core::warn(const std::string& sentence) {
  lock guard{mutex_};
  if (listener_)
    listener_->warning(name_ + ": " + sentence);
}

class live_feed final : public feed {
public:
  explicit live_feed(std::shared_ptr<live_core> core) : core_{std::move(core)} {}
  ~live_feed() override { core_->close(); }

  void begin(std::uint64_t) override { core_->start_run(); }
  void release(std::uint64_t bytes) override { core_->release(bytes); }
  void limit(std::uint64_t records_per_s) override { core_->limit(records_per_s); }
  void stored(std::uint64_t ticket, const result<void>& how) override { core_->stored(ticket, how); }
  void wake(std::uint64_t why) override { core_->wake(why); }
  void stop() override { core_->drain(); }
  bool at_rest() override { return core_->at_rest(); }

private:
  std::shared_ptr<live_core> core_;
};

} // namespace

std::unique_ptr<feed> open_live_feed(std::shared_ptr<plan::live_source> source, std::uint32_t stream_id,
                                     std::string name, const feed_options& options, std::shared_ptr<worker> thread,
                                     std::shared_ptr<feed_listener> listener) {
  return std::make_unique<live_feed>(std::make_shared<live_core>(std::move(source), stream_id, std::move(name), options,
                                                                 std::move(thread), std::move(listener)));
}

std::string live_worker_name(std::uint32_t stream_id) { return "receiver-" + std::to_string(stream_id); }

} // namespace weir::actors
