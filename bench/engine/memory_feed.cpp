#include "bench/engine/memory_feed.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace weir::bench {

using actors::connection_id;
using actors::ingest_listener;

struct memory_feed::progress {
  std::mutex mutex;
  std::condition_variable changed;
  std::uint64_t limit_bytes = UINT64_MAX;
  std::uint64_t acknowledged = 0;
  std::uint64_t taken_bytes = 0;
  std::uint64_t held_bytes = 0;
  std::optional<std::uint64_t> welcomed; ///< the last durable number
  bool reading = true;
  bool held_back = false;
  bool closed = false;
};

class memory_feed::port final : public actors::ingest_server {
public:
  port(const std::vector<block>& blocks, std::shared_ptr<progress> state, std::uint64_t budget,
       std::shared_ptr<ingest_listener> listener)
    : blocks_{blocks}, state_{std::move(state)}, budget_{budget}, listener_{std::move(listener)} {
    thread_ = std::thread{[this] { offer(); }};
  }
  ~port() override {
    change([](progress& p) { p.closed = true; });
    thread_.join();
  }

  void welcome(connection_id, std::uint64_t last_durable) override {
    change([=](progress& p) { p.welcomed = last_durable; });
  }
  void acknowledge(connection_id, std::uint64_t through) override {
    change([=](progress& p) { p.acknowledged = std::max(p.acknowledged, through); });
  }
  void farewell(connection_id) override {}
  void refuse(connection_id, std::string) override {
    change([](progress& p) { p.closed = true; });
  }
  void release(std::uint64_t bytes) override {
    change([=](progress& p) { p.held_bytes -= std::min(p.held_bytes, bytes); });
  }
  void hold_back(bool hold) override {
    change([=](progress& p) { p.held_back = hold; });
  }
  void stop_reading() override {
    change([](progress& p) { p.reading = false; });
  }
  std::string address() const override { return "127.0.0.1:1"; }
  std::size_t open_connections() const override { return 1; }

private:
  template <class Change>
  void change(Change what) {
    std::lock_guard guard{state_->mutex};
    what(*state_);
    state_->changed.notify_all();
  }

  /// Waits until the receiver may be given `bytes`; the number of records it has by then, empty when it takes no more.
  bool admitted(std::uint64_t bytes) {
    std::unique_lock guard{state_->mutex};
    auto& p = *state_;
    auto over = [&] { return p.closed || !p.reading; };
    p.changed.wait(guard, [&] {
      return over() ||
             (p.welcomed && !p.held_back && p.held_bytes + bytes <= budget_ && p.taken_bytes + bytes <= p.limit_bytes);
    });
    if (over())
      return false;
    p.held_bytes += bytes;
    p.taken_bytes += bytes;
    return true;
  }

  void offer() {
    listener_->hello(1, "bench");
    std::uint64_t next = 1;
    for (std::size_t i = 0;; i = (i + 1) % blocks_.size()) {
      auto& block = blocks_[i];
      if (!admitted(block.bytes->size()))
        return;
      listener_->data(1, {next, block.records, block.bytes, block.bytes->size()});
      next += block.records;
    }
  }

  const std::vector<block>& blocks_;
  std::shared_ptr<progress> state_;
  std::uint64_t budget_;
  std::shared_ptr<ingest_listener> listener_;
  std::thread thread_;
};

memory_feed::memory_feed(std::vector<block> blocks)
  : blocks_{std::move(blocks)}, progress_{std::make_shared<progress>()} {}

result<std::unique_ptr<actors::ingest_server>> memory_feed::listen(const std::string&, std::uint64_t budget_bytes,
                                                                   std::shared_ptr<ingest_listener> listener) {
  return std::make_unique<port>(blocks_, progress_, budget_bytes, std::move(listener));
}

void memory_feed::stop_after(std::uint64_t bytes) {
  std::lock_guard guard{progress_->mutex};
  progress_->limit_bytes = bytes;
  progress_->changed.notify_all();
}

std::uint64_t memory_feed::acknowledged_records() const {
  std::lock_guard guard{progress_->mutex};
  return progress_->acknowledged;
}

std::uint64_t memory_feed::taken_bytes() const {
  std::lock_guard guard{progress_->mutex};
  return progress_->taken_bytes;
}

} // namespace weir::bench
