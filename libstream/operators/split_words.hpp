#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <emmintrin.h>

namespace weir {

namespace operators {

/// Which of 64 bytes are ASCII white space (space, \t \n \v \f \r), as bits.
inline std::uint64_t white_space_mask(const char* at) {
  std::uint64_t mask = 0;
  for (int i = 0; i < 4; ++i) {
    auto bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 16 * i));
    auto space = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(' '));
    // \t..\r are 9..13: shifted down by 9 they are at most 4, unsigned.
    auto shifted = _mm_sub_epi8(bytes, _mm_set1_epi8(9));
    auto control = _mm_cmpeq_epi8(_mm_min_epu8(shifted, _mm_set1_epi8(4)), shifted);
    mask |= static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_or_si128(space, control))))
            << (16 * i);
  }
  return mask;
}

} // namespace operators

/// Cuts text into words: runs of bytes other than ASCII white space, case kept. For flat_map; the words are views into the text.
struct word_splitter {
  using output = std::string_view;

  template <class Emit>
  void operator()(std::string_view text, Emit& emit) const {
    auto begin = text.data();
    std::size_t word = 0; // where the word that is open begins
    bool open = false;
    for (std::size_t at = 0; at < text.size(); at += 64) {
      auto rest = text.size() - at;
      std::uint64_t words;
      if (rest >= 64) {
        words = ~operators::white_space_mask(begin + at);
      } else {
        char tail[64] = {};
        std::memcpy(tail, begin + at, rest);
        words = ~operators::white_space_mask(tail) & ((std::uint64_t{1} << rest) - 1);
      }
      // Bits where a word begins or ends, in turns.
      auto edges = words ^ (words << 1 | static_cast<std::uint64_t>(open));
      while (edges) {
        auto edge = at + static_cast<std::size_t>(std::countr_zero(edges));
        edges &= edges - 1;
        if (open)
          emit(text.substr(word, edge - word));
        else
          word = edge;
        open = !open;
      }
    }
    if (open)
      emit(text.substr(word));
  }
};
inline constexpr word_splitter split_words{};

} // namespace weir
