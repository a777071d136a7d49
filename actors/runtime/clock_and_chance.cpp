#include "actors/runtime/clock_and_chance.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <random>

namespace weir::actors {

std::int64_t wall_clock_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
    .count();
}

std::function<std::uint64_t()> make_random() {
  struct source {
    std::mutex mutex;
    std::mt19937_64 engine{(std::uint64_t{std::random_device{}()} << 32) | std::random_device{}()};
  };
  return [from = std::make_shared<source>()] {
    std::lock_guard guard{from->mutex};
    return from->engine();
  };
}

} // namespace weir::actors
