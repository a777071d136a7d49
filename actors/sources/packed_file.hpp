#pragma once

#include <cstddef>
#include <string_view>

namespace weir::actors {

/// How many bytes tell a compressed file.
inline constexpr std::size_t packed_file_head_bytes = 10;

/// How a file was compressed, as its first bytes or the end of its name say: "gzip", "zstd", "bzip2" or "xz". Empty if in no way
/// that is known. Such bytes are no lines: to count them as words would be a wrong result.
inline std::string_view packing_of(std::string_view name, std::string_view head) {
  using namespace std::literals;
  if (head.starts_with("\x1f\x8b\x08"sv) || name.ends_with(".gz"))
    return "gzip";
  if (head.starts_with("\x28\xb5\x2f\xfd"sv) || name.ends_with(".zst"))
    return "zstd";
  // Text may well begin with "BZh"; behind the digit of the block size stands the number pi.
  auto is_bzip2 =
    head.starts_with("BZh"sv) && head.substr(std::size_t{4} < head.size() ? 4 : head.size()) == "1AY&SY"sv;
  if (is_bzip2 || name.ends_with(".bz2"))
    return "bzip2";
  if (head.starts_with("\xfd"
                       "7zXZ\0"sv) ||
      name.ends_with(".xz"))
    return "xz";
  return {};
}

} // namespace weir::actors
