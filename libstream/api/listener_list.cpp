#include "libstream/api/listener_list.hpp"

#include <algorithm>
#include <exception>

namespace weir {

namespace {

thread_local int calls = 0;

struct call_scope {
  call_scope() { ++calls; }
  ~call_scope() { --calls; }
};

} // namespace

void listener_list::add(std::shared_ptr<streaming_listener> listener) {
  std::lock_guard guard{mutex_};
  if (listener)
    listeners_.push_back(std::move(listener));
}

void listener_list::remove(const std::shared_ptr<streaming_listener>& listener) {
  std::lock_guard guard{mutex_};
  std::erase(listeners_, listener);
}

bool listener_list::empty() const {
  std::lock_guard guard{mutex_};
  return listeners_.empty();
}

std::vector<std::string> listener_list::tell(const listener_event& event) const {
  std::vector<std::shared_ptr<streaming_listener>> listeners;
  {
    std::lock_guard guard{mutex_};
    listeners = listeners_;
  }
  call_scope scope;
  std::vector<std::string> complaints;
  for (auto& listener : listeners)
    try {
      event(*listener);
    } catch (const std::exception& thrown) {
      complaints.emplace_back(thrown.what());
    } catch (...) {
      complaints.emplace_back("something that is not a std::exception");
    }
  return complaints;
}

bool listener_list::is_calling() { return calls > 0; }

} // namespace weir
