#include "libstream/operators/lines.hpp"

#include <algorithm>
#include <bit>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "libstream/data/wide.hpp"

/// Each loop stands here for 16 bytes at a time, which every processor has, and for 32, which x86-64 may have: that is asked when the
/// program begins. All ways find the same.
namespace weir::operators {

namespace {

using data::bytes_16;

/// Newlines in the first bytes of `text`, a multiple of 16 of them, which it drops.
std::uint64_t newlines_by_16(std::string_view& text) {
  std::uint64_t newlines = 0;
  for (; text.size() >= 16; text.remove_prefix(16))
    newlines += static_cast<std::uint64_t>(std::popcount(bytes_16::load(text.data()).equal('\n')));
  return newlines;
}

/// The first of the places in `mask`, counted from `here`, where `wanted` stands; npos if none.
std::size_t first_match(const char* here, std::uint32_t mask, std::string_view wanted) {
  for (; mask; mask &= mask - 1) {
    auto place = static_cast<std::size_t>(std::countr_zero(mask));
    if (std::memcmp(here + place, wanted.data(), wanted.size()) == 0)
      return place;
  }
  return std::string_view::npos;
}

/// Looks from `at` on, at 16 places a step; stops at a match (true), or where less than 16 places are left.
bool find_by_16(std::string_view text, std::string_view wanted, std::size_t& place) {
  auto places = text.size() - wanted.size() + 1;
  for (; place + 16 <= places; place += 16) {
    auto here = text.data() + place;
    auto both =
      bytes_16::load(here).equal(wanted.front()) & bytes_16::load(here + wanted.size() - 1).equal(wanted.back());
    if (both)
      if (auto match = first_match(here, both, wanted); match != std::string_view::npos) {
        place += match;
        return true;
      }
  }
  return false;
}

#if defined(__x86_64__)

const bool has_avx2 = __builtin_cpu_supports("avx2");

constexpr std::size_t most_steps = 255; // a byte counts so far

[[gnu::target("avx2")]] __m256i load_32(const char* bytes) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
}

std::uint64_t sum_of_bytes(__m128i bytes) {
  auto halves = _mm_sad_epu8(bytes, _mm_setzero_si128());
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(halves)) +
         static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(halves, halves)));
}

[[gnu::target("avx2")]] std::uint64_t newlines_by_32(std::string_view& text) {
  auto newline = _mm256_set1_epi8('\n');
  std::uint64_t newlines = 0;
  while (text.size() >= 32) {
    auto steps = std::min(text.size() / 32, most_steps);
    auto sums = _mm256_setzero_si256();
    for (std::size_t i = 0; i < steps; ++i)
      sums = _mm256_sub_epi8(sums, _mm256_cmpeq_epi8(load_32(text.data() + 32 * i), newline));
    newlines += sum_of_bytes(_mm256_castsi256_si128(sums)) + sum_of_bytes(_mm256_extracti128_si256(sums, 1));
    text.remove_prefix(32 * steps);
  }
  return newlines;
}

[[gnu::target("avx2")]] bool find_by_32(std::string_view text, std::string_view wanted, std::size_t& place) {
  auto first = _mm256_set1_epi8(wanted.front());
  auto last = _mm256_set1_epi8(wanted.back());
  auto places = text.size() - wanted.size() + 1;
  for (; place + 32 <= places; place += 32) {
    auto here = text.data() + place;
    auto both = _mm256_and_si256(_mm256_cmpeq_epi8(load_32(here), first),
                                 _mm256_cmpeq_epi8(load_32(here + wanted.size() - 1), last));
    if (auto mask = static_cast<std::uint32_t>(_mm256_movemask_epi8(both)))
      if (auto match = first_match(here, mask, wanted); match != std::string_view::npos) {
        place += match;
        return true;
      }
  }
  return false;
}

#else

constexpr bool has_avx2 = false;
std::uint64_t newlines_by_32(std::string_view&) { return 0; }
bool find_by_32(std::string_view, std::string_view, std::size_t&) { return false; }

#endif

} // namespace

std::uint64_t count_lines(std::string_view text) {
  std::uint64_t lines = !text.empty() && text.back() != '\n';
  if (has_avx2)
    lines += newlines_by_32(text);
  lines += newlines_by_16(text);
  return lines + static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

std::size_t find_text(std::string_view text, std::string_view wanted) {
  if (wanted.size() > text.size())
    return std::string_view::npos;
  std::size_t place = 0;
  if ((has_avx2 && find_by_32(text, wanted, place)) || find_by_16(text, wanted, place))
    return place;
  return text.find(wanted, place);
}

bool may_hold_longer_line(std::string_view text, std::size_t max_bytes) {
  // From the begin of a line to the last newline that it may have: all lines between are shorter.
  while (text.size() > max_bytes) {
    auto last = text.rfind('\n', max_bytes);
    if (last == std::string_view::npos)
      return true;
    text.remove_prefix(last + 1);
  }
  return false;
}

} // namespace weir::operators
