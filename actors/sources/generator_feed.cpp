// On a record's way, step 1 of 11: lines are made. To receiver/own_feed.
#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "actors/quiet_thread.hpp"
#include "actors/sources/feeds.hpp"
#include "actors/sources/generator_pace.hpp"

namespace weir::actors {

namespace {

/// One generator and its thread.
class generator_feed final : public feed {
public:
  generator_feed(const generator_options& lines, const feed_options& options, std::shared_ptr<feed_listener> listener)
    : options_{options}, listener_{std::move(listener)}, pace_{lines}, generator_{lines} {
    thread_ = start_quiet_thread([this] { run(); });
  }

  ~generator_feed() override {
    {
      std::lock_guard guard{mutex_};
      leaving_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  std::string producer() const override { return generator_producer; }
  void begin(std::uint64_t last_durable) override {
    set([&] {
      begun_ = true;
      pace_.begin(last_durable);
      began_ = std::chrono::steady_clock::now();
    });
  }
  void release(std::uint64_t bytes) override {
    set([&] { held_ -= std::min(held_, bytes); });
  }
  void limit(std::uint64_t lines_per_s) override {
    set([&] { pace_.limit(lines_per_s, elapsed()); });
  }
  void stop() override {
    set([&] { stopping_ = true; });
  }
  bool at_rest() override {
    std::lock_guard guard{mutex_};
    return begun_ && pace_.finished();
  }

private:
  template <class Change>
  void set(Change change) {
    {
      std::lock_guard guard{mutex_};
      change();
    }
    changed_.notify_all();
  }

  void run() {
    std::unique_lock lock{mutex_};
    while (!leaving_) {
      if (std::exchange(stopping_, false)) {
        stopped_ = true;
        listener_->stopped();
      }
      auto due = may_go() ? pace_.due(elapsed()) : 0;
      if (due > 0) {
        auto first = pace_.take(due, elapsed());
        lock.unlock();
        auto records = make_lines(generator_, first, due);
        lock.lock();
        held_ += records.held;
        if (!stopped_ && !leaving_)
          listener_->records(std::move(records));
      } else if (may_go() && !pace_.finished()) {
        changed_.wait_for(lock, pace_.until_due(elapsed()));
      } else {
        changed_.wait(lock);
      }
    }
  }

  bool may_go() const { return begun_ && !stopped_ && held_ < options_.budget_bytes; }
  std::chrono::microseconds elapsed() const {
    return begun_ ? std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began_)
                  : std::chrono::microseconds{0};
  }

  const feed_options options_;
  const std::shared_ptr<feed_listener> listener_;
  std::mutex mutex_;
  std::condition_variable changed_;
  generator_pace pace_;
  text_generator generator_;
  std::chrono::steady_clock::time_point began_;
  std::uint64_t held_ = 0;
  bool begun_ = false;
  bool stopping_ = false;
  bool stopped_ = false;
  bool leaving_ = false;
  std::thread thread_; // last: uses all of them
};

} // namespace

std::unique_ptr<feed> open_generator_feed(const generator_options& lines, const feed_options& options,
                                          std::shared_ptr<feed_listener> listener) {
  return std::make_unique<generator_feed>(lines, options, std::move(listener));
}

std::string generator_name(const generator_options& lines) {
  return "generate:seed=" + std::to_string(lines.seed) + "&bytes=" + std::to_string(lines.bytes) +
         "&vocabulary=" + std::to_string(lines.vocabulary);
}

} // namespace weir::actors
