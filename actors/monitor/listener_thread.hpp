#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "actors/monitor/journal.hpp"
#include "libstream/api/listener_list.hpp"

namespace weir::actors {

/// The thread on which an application's listeners are called. Events wait in a bounded queue; those that find it full are lost, counted,
/// and reported as a warning: the first one, then whenever their number has doubled, and at the end.
class listener_thread {
public:
  /// As many as Spark's bus holds.
  static constexpr std::size_t default_most = 10'000;

  listener_thread(std::shared_ptr<const listener_list> listeners, std::shared_ptr<journal> journal,
                  std::size_t most = default_most);
  /// Closes, with a second for what waits.
  ~listener_thread();
  listener_thread(const listener_thread&) = delete;
  listener_thread& operator=(const listener_thread&) = delete;

  /// Any thread; never waits. Does nothing while there are no listeners.
  void post(listener_event event);
  /// Takes no more events, delivers what waits within `limit`, then drops the rest. No listener is called any more afterwards, unless one
  /// has not returned for five seconds: then it is left alone, and that is said. Harmless when repeated.
  void close(std::chrono::milliseconds limit);
  std::uint64_t lost() const;

private:
  struct queue;
  std::shared_ptr<queue> queue_;
};

} // namespace weir::actors
