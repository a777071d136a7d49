#include "actors/monitor/listener_thread.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "actors/quiet_thread.hpp"

namespace weir::actors {

namespace {

/// How long a listener that was being called at the end may take to return.
constexpr std::chrono::seconds last_call_limit{5};

} // namespace

/// Shared with the thread, which may have to be left behind.
struct listener_thread::queue {
  std::shared_ptr<const listener_list> listeners;
  std::shared_ptr<actors::journal> journal;
  std::size_t most = 0;

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<listener_event> events;
  std::uint64_t lost = 0;
  std::uint64_t report_at = 1;
  bool busy = false;
  bool closed = false;
  bool ended = false;
  std::thread thread;

  void run() {
    std::unique_lock guard{mutex};
    for (;;) {
      changed.wait(guard, [this] { return closed || !events.empty(); });
      if (events.empty())
        break;
      auto event = std::move(events.front());
      events.pop_front();
      busy = true;
      guard.unlock();
      for (auto& complaint : listeners->tell(event))
        journal->warning("a streaming listener threw: " + complaint);
      event = nullptr;
      guard.lock();
      busy = false;
      changed.notify_all();
    }
    ended = true;
    changed.notify_all();
  }
};

listener_thread::listener_thread(std::shared_ptr<const listener_list> listeners, std::shared_ptr<journal> journal,
                                 std::size_t most)
  : queue_{std::make_shared<queue>()} {
  queue_->listeners = std::move(listeners);
  queue_->journal = std::move(journal);
  queue_->most = most;
  queue_->thread = start_quiet_thread([shared = queue_] { shared->run(); });
}

listener_thread::~listener_thread() { close(std::chrono::seconds{1}); }

void listener_thread::post(listener_event event) {
  auto& q = *queue_;
  if (q.listeners->empty())
    return;
  std::uint64_t report = 0;
  {
    std::lock_guard guard{q.mutex};
    if (q.closed)
      return;
    if (q.events.size() < q.most)
      q.events.push_back(std::move(event));
    else if (++q.lost == q.report_at)
      q.report_at *= 2, report = q.lost;
  }
  q.changed.notify_all();
  if (report > 0)
    q.journal->warning("streaming listeners are too slow: " + std::to_string(report) +
                       " events were not delivered so far");
}

void listener_thread::close(std::chrono::milliseconds limit) {
  auto& q = *queue_;
  std::unique_lock guard{q.mutex};
  if (!q.thread.joinable())
    return;
  q.closed = true;
  q.changed.notify_all();
  if (std::this_thread::get_id() == q.thread.get_id()) { // a listener lets go of the last reference
    q.events.clear();
    q.thread.detach();
    return;
  }
  q.changed.wait_for(guard, limit, [&] { return q.ended; });
  q.lost += q.events.size();
  q.events.clear();
  auto returned = q.changed.wait_for(guard, last_call_limit, [&] { return q.ended; });
  auto lost = q.lost;
  auto thread = std::move(q.thread);
  guard.unlock();
  if (returned) {
    thread.join();
  } else {
    thread.detach();
    q.journal->warning("a streaming listener does not return; the application ends without it");
  }
  if (lost > 0)
    q.journal->warning("streaming listeners were too slow: " + std::to_string(lost) + " events were not delivered");
}

std::uint64_t listener_thread::lost() const {
  std::lock_guard guard{queue_->mutex};
  return queue_->lost;
}

} // namespace weir::actors
