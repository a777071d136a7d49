#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <immintrin.h>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "bench/yardsticks/slots.hpp"

/// The parts of the fastest word count that we can write by hand: it knows that its keys are words and its values counts, and that
/// the text holds no control characters but newlines. For CPUs with AVX-512 at its best; SSE2 otherwise.
namespace weir::bench {

/// Bits of the 64 bytes at `at` that are a space or less: where words end.
inline std::uint64_t ends_of_words(const char* at) {
#ifdef __AVX512BW__
  return _mm512_cmple_epu8_mask(_mm512_loadu_si512(at), _mm512_set1_epi8(' '));
#else
  std::uint64_t bits = 0;
  for (int quarter = 3; quarter >= 0; --quarter) {
    auto bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 16 * quarter));
    auto low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(' ')), bytes);
    bits = bits << 16 | static_cast<unsigned>(_mm_movemask_epi8(low));
  }
  return bits;
#endif
}

/// Up to 16 bytes of a word, zeros behind them. At least 16 bytes are readable.
inline __m128i load_word(const char* at, std::size_t size) {
#if defined(__AVX512BW__) && defined(__AVX512VL__)
  return _mm_maskz_loadu_epi8(static_cast<__mmask16>(_bzhi_u32(0xffff, static_cast<unsigned>(size))), at);
#else
  alignas(16) static constexpr unsigned char ones[32] = {255, 255, 255, 255, 255, 255, 255, 255,
                                                         255, 255, 255, 255, 255, 255, 255, 255};
  auto keep = _mm_loadu_si128(reinterpret_cast<const __m128i*>(ones + 16 - size));
  return _mm_and_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)), keep);
#endif
}

inline std::uint64_t hash_word16(__m128i word) {
  auto low = static_cast<std::uint64_t>(_mm_cvtsi128_si64(word)) ^ 0x9e3779b97f4a7c15u;
  auto high = static_cast<std::uint64_t>(_mm_extract_epi64(word, 1)) ^ 0xe7037ed1a0b428dbu;
  __extension__ using wide = unsigned __int128;
  auto product = static_cast<wide>(low) * high;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// Calls `take(begin, size)` for each word. 64 bytes behind the end are readable.
template <class Take>
void for_each_word(std::string_view text, Take&& take) {
  auto begin = text.data();
  auto word = begin;
  auto end = begin + text.size();
  for (auto at = begin; at < end; at += 64) {
    auto bits = ends_of_words(at);
    if (end - at < 64)
      bits = _bzhi_u64(bits, static_cast<unsigned>(end - at));
    for (; bits != 0; bits &= bits - 1) {
      auto stop = at + std::countr_zero(bits);
      if (stop > word)
        take(word, static_cast<std::size_t>(stop - word));
      word = stop + 1;
    }
  }
  if (word < end)
    take(word, static_cast<std::size_t>(end - word));
}

/// Words and their counts. Words of up to 16 bytes lie in the slots, the rare longer ones aside.
class word_table {
public:
  struct alignas(32) slot {
    __m128i word;
    std::uint64_t hash;
    std::uint64_t count; ///< 0 = empty

    std::string_view text() const {
      auto begin = reinterpret_cast<const char*>(&word);
      return {begin, ::strnlen(begin, 16)};
    }
  };

  explicit word_table(std::size_t slots = 1 << 16) : slots_{slots} {}

  void clear() {
    std::memset(static_cast<void*>(slots_.begin()), 0, slots_.size() * sizeof(slot));
    used_ = 0;
    longer_.clear();
  }

  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[hash & slots_.mask()], 1); }

  void add(__m128i word, std::uint64_t hash, std::uint64_t count) {
    for (auto at = hash & slots_.mask();; at = (at + 1) & slots_.mask()) {
      auto& here = slots_[at];
      if (_mm_movemask_epi8(_mm_cmpeq_epi8(here.word, word)) == 0xffff) {
        here.count += count;
        return;
      }
      if (here.count == 0) {
        here = {word, hash, count};
        if (++used_ > slots_.size() / 2)
          grow();
        return;
      }
    }
  }
  void add_longer(std::string_view word, std::uint64_t count) { longer_[std::string{word}] += count; }

  const slot_array<slot>& slots() const { return slots_; }
  const std::unordered_map<std::string, std::uint64_t>& longer() const { return longer_; }

private:
  void grow() {
    auto old = std::exchange(slots_, slot_array<slot>{slots_.size() * 2});
    used_ = 0;
    for (auto& from : old)
      if (from.count > 0)
        add(from.word, from.hash, from.count);
  }

  slot_array<slot> slots_;
  std::size_t used_ = 0;
  std::unordered_map<std::string, std::uint64_t> longer_;
};

/// Counts the words of a text; hashes `Ahead` of them before it probes, so that their cache misses overlap.
template <std::size_t Ahead>
void count_words(std::string_view text, word_table& into) {
  __m128i words[Ahead];
  std::uint64_t hashes[Ahead];
  std::size_t waiting = 0;
  auto probe = [&] {
    for (std::size_t i = 0; i < waiting; ++i)
      into.add(words[i], hashes[i], 1);
    waiting = 0;
  };
  for_each_word(text, [&](const char* at, std::size_t size) {
    if (size > 16) {
      into.add_longer({at, size}, 1);
      return;
    }
    auto word = load_word(at, size);
    auto hash = hash_word16(word);
    words[waiting] = word;
    hashes[waiting] = hash;
    if constexpr (Ahead > 1)
      into.prefetch(hash);
    if (++waiting == Ahead)
      probe();
  });
  probe();
}

} // namespace weir::bench
