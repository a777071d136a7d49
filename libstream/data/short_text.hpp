#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

/// Sixteen bytes of text as two words, loaded whole: no branch on the length, which for words is anyone's guess.
namespace weir::data {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool may_read_over = false; // a sanitizer sees only that the text has ended
#else
inline constexpr bool may_read_over = true;
#endif

/// Whether `size` bytes from `at` lie in one page, so that reading them all cannot fault if the first may be read.
inline bool within_page(const char* at, std::size_t size) {
  return may_read_over && (reinterpret_cast<std::uintptr_t>(at) & 4095) <= 4096 - size;
}

/// Masks of the first n bytes: of the low word at n, of the high word at 17 + n.
inline constexpr auto first_bytes = [] {
  std::array<std::uint64_t, 34> masks{};
  for (std::size_t n = 0; n <= 16; ++n) {
    masks[n] = n >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * n) - 1;
    masks[17 + n] = n >= 16 ? ~std::uint64_t{0} : n <= 8 ? 0 : (std::uint64_t{1} << 8 * (n - 8)) - 1;
  }
  return masks;
}();

struct short_text {
  static constexpr std::size_t max_bytes = 16;

  std::uint64_t low = 0;  ///< bytes 0-7
  std::uint64_t high = 0; ///< bytes 8-15; what lies behind the text is 0

  /// Of at most `max_bytes`.
  static short_text load(std::string_view text) {
    short_text loaded;
    if (within_page(text.data(), sizeof loaded) && text.data()) [[likely]] {
      std::memcpy(&loaded, text.data(), sizeof loaded);
      loaded.low &= first_bytes[text.size()];
      loaded.high &= first_bytes[text.size() + 17];
    } else if (!text.empty()) {
      std::memcpy(&loaded, text.data(), text.size());
    }
    return loaded;
  }
};

} // namespace weir::data
