#pragma once

#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#endif

/// Sixteen bytes at a time, with what every processor of its kind has: SSE2 on x86-64, NEON on arm64, plain words elsewhere. Nothing here
/// needs a flag of the compiler, and all three give the same. Wider instructions are chosen when a program runs, in `.cpp` files.
namespace weir::data {

/// The same in plain C++, for other processors; and what the tests compare the others with.
class plain_bytes_16 {
public:
  static plain_bytes_16 load(const char* at) {
    plain_bytes_16 loaded;
    std::memcpy(loaded.bytes_, at, 16);
    return loaded;
  }
  void store(char* to) const { std::memcpy(to, bytes_, 16); }

  std::uint32_t equal(char byte) const {
    return mask([byte](unsigned char each) { return each == static_cast<unsigned char>(byte); });
  }
  std::uint32_t between(char first, char last) const {
    return mask([=](unsigned char each) {
      return each >= static_cast<unsigned char>(first) && each <= static_cast<unsigned char>(last);
    });
  }
  std::uint32_t white_space() const { return equal(' ') | between('\t', '\r'); }
  std::uint32_t escaped() const { return equal('\t') | equal('\n') | equal('\r') | equal('\\'); }

private:
  template <class Predicate>
  std::uint32_t mask(Predicate holds) const {
    std::uint32_t bits = 0;
    for (int i = 0; i < 16; ++i)
      bits |= static_cast<std::uint32_t>(holds(bytes_[i])) << i;
    return bits;
  }

  unsigned char bytes_[16];
};

#if defined(__SSE2__)

class bytes_16 {
public:
  static bytes_16 load(const char* at) { return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))}; }
  void store(char* to) const { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes_); }

  /// Which bytes equal this one, the first as bit 0.
  std::uint32_t equal(char byte) const { return mask(same(byte)); }
  /// Which are ASCII white space: space, \t \n \v \f \r.
  std::uint32_t white_space() const {
    // \t..\r are 9..13: shifted down by 9 they are at most 4, unsigned.
    auto shifted = _mm_sub_epi8(bytes_, _mm_set1_epi8('\t'));
    auto controls = _mm_cmpeq_epi8(_mm_min_epu8(shifted, _mm_set1_epi8('\r' - '\t')), shifted);
    return mask(_mm_or_si128(same(' '), controls));
  }
  /// Which must be escaped in a key of a line of text: tab, newline, carriage return, backslash.
  std::uint32_t escaped() const {
    return mask(_mm_or_si128(_mm_or_si128(same('\t'), same('\n')), _mm_or_si128(same('\r'), same('\\'))));
  }

private:
  bytes_16(__m128i bytes) : bytes_{bytes} {}
  __m128i same(char byte) const { return _mm_cmpeq_epi8(bytes_, _mm_set1_epi8(byte)); }
  static std::uint32_t mask(__m128i which) { return static_cast<std::uint32_t>(_mm_movemask_epi8(which)); }

  __m128i bytes_;
};

#elif defined(__ARM_NEON) && defined(__aarch64__)

class bytes_16 {
public:
  static bytes_16 load(const char* at) { return {vld1q_u8(reinterpret_cast<const std::uint8_t*>(at))}; }
  void store(char* to) const { vst1q_u8(reinterpret_cast<std::uint8_t*>(to), bytes_); }

  std::uint32_t equal(char byte) const { return mask(same(byte)); }
  std::uint32_t white_space() const {
    auto shifted = vsubq_u8(bytes_, vdupq_n_u8('\t'));
    return mask(vorrq_u8(same(' '), vcleq_u8(shifted, vdupq_n_u8('\r' - '\t'))));
  }
  std::uint32_t escaped() const {
    return mask(vorrq_u8(vorrq_u8(same('\t'), same('\n')), vorrq_u8(same('\r'), same('\\'))));
  }

private:
  bytes_16(uint8x16_t bytes) : bytes_{bytes} {}
  uint8x16_t same(char byte) const { return vceqq_u8(bytes_, vdupq_n_u8(static_cast<std::uint8_t>(byte))); }
  /// NEON has no movemask: each byte keeps a bit of its own, and each half adds them up.
  static std::uint32_t mask(uint8x16_t which) {
    const uint8x16_t bits{1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    auto kept = vandq_u8(which, bits);
    return static_cast<std::uint32_t>(vaddv_u8(vget_low_u8(kept))) |
           static_cast<std::uint32_t>(vaddv_u8(vget_high_u8(kept))) << 8;
  }

  uint8x16_t bytes_;
};

#else

using bytes_16 = plain_bytes_16;

#endif

} // namespace weir::data
