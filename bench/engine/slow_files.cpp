#include "bench/engine/slow_files.hpp"

#include <chrono>
#include <thread>

#include "bench/digest.hpp"

namespace weir::bench {

std::uint64_t check_of_lines(std::string_view text, std::uint64_t& lines) {
  std::uint64_t check = 0;
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    check += weight_of(line);
    ++lines;
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return check;
}

result<void> slow_files::write(const std::string&, std::string_view bytes) {
  using clock = std::chrono::steady_clock;
  std::uint64_t lines = 0;
  check_ += check_of_lines(bytes, lines);
  lines_ += lines;
  // In small steps, so that a disk that recovers is fast at once.
  auto began = clock::now();
  for (std::uint64_t done = 0; done < bytes.size();) {
    auto rate = rate_.load();
    if (rate == 0)
      break;
    std::this_thread::sleep_until(began += std::chrono::milliseconds{5});
    done += rate / 200;
  }
  written_ += bytes.size();
  return {};
}

} // namespace weir::bench
