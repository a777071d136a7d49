#include "bench/yardsticks/grep.hpp"

#include <atomic>
#include <bit>
#include <cstring>
#include <immintrin.h>

#include "bench/yardsticks/pair.hpp"

namespace weir::bench {

namespace {

#ifdef __AVX512BW__
struct wide {
  static constexpr std::ptrdiff_t bytes = 64;
  explicit wide(char of) : all{_mm512_set1_epi8(of)} {}
  std::uint64_t equal(const char* at) const { return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(at), all); }
  __m512i all;
};
#else
struct wide {
  static constexpr std::ptrdiff_t bytes = 16;
  explicit wide(char of) : all{_mm_set1_epi8(of)} {}
  std::uint64_t equal(const char* at) const {
    auto same = _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)), all);
    return static_cast<unsigned>(_mm_movemask_epi8(same));
  }
  __m128i all;
};
#endif

std::uint64_t count_once(std::string_view text, std::string_view pattern) {
  wide first{pattern.front()}, last{pattern.back()};
  auto to_last = static_cast<std::ptrdiff_t>(pattern.size()) - 1;
  auto at = text.data();
  auto end = at + text.size();
  std::uint64_t lines = 0;
next:
  while (at < end) {
    auto bits = first.equal(at) & last.equal(at + to_last);
    for (; bits != 0; bits &= bits - 1) {
      auto hit = at + std::countr_zero(bits);
      if (hit + pattern.size() > end || std::memcmp(hit, pattern.data(), pattern.size()) != 0)
        continue;
      ++lines;
      auto newline = static_cast<const char*>(std::memchr(hit, '\n', static_cast<std::size_t>(end - hit)));
      if (!newline)
        return lines;
      at = newline + 1;
      goto next;
    }
    at += wide::bytes;
  }
  return lines;
}

/// The compiler must not find out that each time gives the same.
void another_time() { asm volatile("" : : : "memory"); }

} // namespace

std::uint64_t count_lines_with(std::string_view text, std::string_view pattern, int times) {
  std::uint64_t lines = 0;
  for (int i = 0; i < times; ++i, another_time())
    lines = count_once(text, pattern);
  return lines;
}

std::uint64_t count_lines_with_by_two(std::string_view text, std::string_view pattern, int times) {
  auto middle = text.find('\n', text.size() / 2) + 1;
  std::uint64_t lines[2] = {};
  run_pair([&](int me, auto meet) {
    auto mine = me == 0 ? text.substr(0, middle) : text.substr(middle);
    for (int i = 0; i < times; ++i, another_time()) {
      lines[me] = count_once(mine, pattern);
      meet();
    }
  });
  return lines[0] + lines[1];
}

} // namespace weir::bench
