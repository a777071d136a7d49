#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libstream/base/error.hpp"

namespace weir::actors {

/// A file of a directory input as it was when it was seen.
struct listed_file {
  std::string name;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0; ///< since 1970

  bool operator==(const listed_file&) const = default;
};

/// The regular files of a directory (also behind symbolic links) whose names do not begin with '.' or '_', by modification
/// time, then name. Whoever writes there moves finished files in by rename: what is listed is taken to be complete.
/// A missing or unreadable directory is error 78. Thread-safe.
result<std::vector<listed_file>> list_directory(const std::string& directory);

} // namespace weir::actors
