#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Records of any content one behind the other: a length (seven bits a byte, the lowest first), then that many bytes.
namespace weir::data {

inline void append_frame(std::string& bytes, std::string_view content) {
  auto size = content.size();
  for (; size >= 0x80; size >>= 7)
    bytes.push_back(static_cast<char>(size | 0x80));
  bytes.push_back(static_cast<char>(size));
  bytes.append(content);
}

/// Takes the first frame off `bytes`; nothing if they do not begin with a whole one.
inline std::optional<std::string_view> take_frame(std::string_view& bytes) {
  std::uint64_t size = 0;
  std::size_t at = 0;
  for (unsigned shift = 0;; shift += 7) {
    if (at == bytes.size() || shift > 56)
      return std::nullopt;
    auto byte = static_cast<unsigned char>(bytes[at++]);
    size |= std::uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80)
      break;
  }
  if (size > bytes.size() - at)
    return std::nullopt;
  auto content = bytes.substr(at, size);
  bytes.remove_prefix(at + size);
  return content;
}

/// Bytes behind the first `count` frames.
inline std::string_view skip_frames(std::string_view bytes, std::uint64_t count) {
  while (count-- > 0 && take_frame(bytes))
    continue;
  return bytes;
}

} // namespace weir::data
