#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

namespace weir::actors {

/// Requests that rest on others which have not come yet. Those of lost peers may wait for ever, so only so many are kept: the oldest goes, and
/// whoever asked asks again. Pure; one thread.
class parked_requests {
public:
  /// Tries to carry the request out; false: not yet.
  using request = std::function<bool()>;

  static constexpr std::size_t most = 256;

  void park(request next) {
    if (requests_.size() == most)
      requests_.pop_front();
    requests_.push_back(std::move(next));
  }

  /// Something was carried out, which may be what they wait for; and one of them may be what another waits for.
  void try_again() {
    for (auto progress = true; progress && !requests_.empty();) {
      progress = false;
      for (auto& each : std::exchange(requests_, {}))
        if (each())
          progress = true;
        else
          requests_.push_back(std::move(each));
    }
  }

  std::size_t size() const { return requests_.size(); }

private:
  std::deque<request> requests_;
};

} // namespace weir::actors
