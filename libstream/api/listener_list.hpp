#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "libstream/api/streaming_listener.hpp"

namespace weir {

/// Something that happened, as the call of a listener that it becomes.
using listener_event = std::function<void(streaming_listener&)>;

/// The listeners of a context. Any thread; a listener may add and remove others, and itself, while it is being called.
class listener_list {
public:
  void add(std::shared_ptr<streaming_listener> listener);
  /// One that is not there is fine. A call that is under way ends.
  void remove(const std::shared_ptr<streaming_listener>& listener);
  bool empty() const;

  /// Calls every listener, in the order in which they were added, on the calling thread. Returns what those said that threw.
  std::vector<std::string> tell(const listener_event& event) const;

  /// Whether the calling thread is inside a listener.
  static bool is_calling();

private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<streaming_listener>> listeners_;
};

} // namespace weir
