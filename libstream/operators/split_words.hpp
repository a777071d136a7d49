#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "libstream/data/short_text.hpp"
#include "libstream/data/wide.hpp"

namespace weir {

namespace operators {

/// Which of 64 bytes are ASCII white space (space, \t \n \v \f \r), as bits.
inline std::uint64_t white_space_mask(const char* at) {
  auto mask = [at](int part) {
    return std::uint64_t{data::bytes_16::load(at + 16 * part).white_space()} << (16 * part);
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
