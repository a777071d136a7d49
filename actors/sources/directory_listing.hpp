#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libstream/base/error.hpp"

namespace weir::actors {

/// What tells one content of a file from another.
struct file_state {
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0; ///< since 1970
  std::uint64_t number = 0;     ///< which file it is on its disk; counts among those of one disk only
  std::uint64_t disk = 0;

  /// Nothing tells that the content is another one.
  bool operator==(const file_state& other) const {
    return size == other.size && modified_ns == other.modified_ns && (disk != other.disk || number == other.number);
  }
};

/// A file of a directory input as it was when it was seen.
struct listed_file {
  std::string name;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0; ///< since 1970

  bool operator==(const listed_file&) const = default;
};

/// Names that begin with '.' or '_' belong to whoever writes the directory.
inline bool is_input_name(std::string_view name) { return !name.empty() && name.front() != '.' && name.front() != '_'; }

/// Calls `found` for each regular file (also behind a symbolic link) whose name is an input's, in no order. Takes no memory for each. A missing
/// or unreadable directory is error 78. Tells `skipped`, if given, of entries with such a name that are something else, and what: "a directory".
/// Thread-safe.
result<void> visit_directory(const std::string& directory,
                             const std::function<void(std::string_view name, const file_state& now)>& found,
                             const std::function<void(std::string_view name, const char* what)>& skipped = {});

/// That one file; nothing if it is not there, or no regular file. Thread-safe.
std::optional<file_state> state_of_file(const std::string& path);

/// What `visit_directory` finds, by modification time, then name.
result<std::vector<listed_file>> list_directory(const std::string& directory);

/// Error 78 if the directory is not there or cannot be listed. Its files are not looked at.
result<void> check_directory(const std::string& directory);

} // namespace weir::actors
