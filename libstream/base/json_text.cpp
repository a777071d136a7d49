#include "libstream/base/json_text.hpp"

#include <cstdint>
#include <cstdio>

namespace weir {

namespace {

struct character {
  std::uint32_t code;
  std::size_t bytes; ///< 0: no UTF-8
};

/// The character at the beginning of `text`, which is not empty. Refuses what is longer than needed, surrogates, and what is beyond Unicode.
character first_character(std::string_view text) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80)
    return {byte(0), 1};
  std::size_t bytes = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < bytes)
    return {0, 0};
  std::uint32_t code = byte(0) & (0xffu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80)
      return {0, 0};
    code = code << 6 | (byte(i) & 0x3fu);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < least[bytes] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
    return {0, 0};
  return {code, bytes};
}

} // namespace

std::string json_text(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    auto [code, bytes] = first_character(text);
    if (bytes == 0) {
      quoted += "\xef\xbf\xbd";
      text.remove_prefix(1);
      continue;
    }
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(code));
      quoted += escape;
    } else {
      if (code == '"' || code == '\\')
        quoted += '\\';
      quoted += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  return quoted + "\"";
}

} // namespace weir
