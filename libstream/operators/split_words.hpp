#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <immintrin.h>

#include "libstream/data/short_text.hpp"

namespace weir {

namespace operators {

/// Which of 16 bytes are ASCII white space (space, \t \n \v \f \r), as bits.
inline std::uint32_t white_space_mask_16(__m128i bytes) {
#if defined(__SSSE3__)
  // No two of the six share their low four bits, so these pick the only one that a byte could be.
  auto candidates = _mm_setr_epi8(' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', '\v', '\f', '\r', 0, 0);
  auto white = _mm_cmpeq_epi8(_mm_shuffle_epi8(candidates, bytes), bytes);
#else
  auto space = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(' '));
  // \t..\r are 9..13: shifted down by 9 they are at most 4, unsigned.
  auto shifted = _mm_sub_epi8(bytes, _mm_set1_epi8(9));
  auto white = _mm_or_si128(space, _mm_cmpeq_epi8(_mm_min_epu8(shifted, _mm_set1_epi8(4)), shifted));
#endif
  return static_cast<std::uint32_t>(_mm_movemask_epi8(white));
}

/// The same of 64 bytes.
inline std::uint64_t white_space_mask(const char* at) {
  auto mask = [at](int part) {
    auto bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 16 * part));
    return std::uint64_t{white_space_mask_16(bytes)} << (16 * part);
  };
  return mask(0) | mask(1) | mask(2) | mask(3);
}

/// Of the last bytes of a text: what lies behind counts as white space.
inline std::uint64_t white_space_mask(const char* at, std::size_t size) {
  auto behind = ~std::uint64_t{0} << size;
  if (data::within_page(at, 64))
    return white_space_mask(at) | behind;
  char tail[64] = {};
  std::memcpy(tail, at, size);
  return white_space_mask(tail) | behind;
}

} // namespace operators

/// Cuts text into words: runs of bytes other than ASCII white space, case kept. For flat_map; the words are views into the text.
struct word_splitter {
  using output = std::string_view;

  template <class Emit>
  void operator()(std::string_view text, Emit& emit) const {
    auto word = text.data(); // where the next word begins, at the earliest
    auto end = word + text.size();
    for (auto at = word; at < end; at += 64) {
      auto rest = static_cast<std::size_t>(end - at);
      auto gaps = rest >= 64 ? operators::white_space_mask(at) : operators::white_space_mask(at, rest);
      for (; gaps; gaps &= gaps - 1) {
        auto gap = at + std::countr_zero(gaps);
        if (gap >= end) [[unlikely]]
          break;
        if (gap > word)
          emit(std::string_view{word, static_cast<std::size_t>(gap - word)});
        word = gap + 1;
      }
    }
    if (word < end)
      emit(std::string_view{word, static_cast<std::size_t>(end - word)});
  }

  /// A newline is white space like any other.
  template <class Emit>
  void on_block(std::string_view block, Emit& emit) const {
    (*this)(block, emit);
  }
};
inline constexpr word_splitter split_words{};

} // namespace weir
