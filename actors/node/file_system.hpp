#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libstream/base/error.hpp"

namespace weir::actors {

/// The few file operations that publication needs, so that the simulation can lose what was not synced. Blocking: called on a
/// sink's worker only. Errors are 74 and name the path; those for lack of room are `full`, apart from a sync's.
class file_system {
public:
  virtual ~file_system() = default;
  virtual bool exists(const std::string& path) const = 0;
  /// Whether files could be made in the directory, or if it is absent in the nearest one above it. Changes nothing.
  virtual result<void> check_writable(const std::string& /*directory*/) const { return {}; }
  /// The whole of a small file; nothing if there is none.
  virtual result<std::optional<std::string>> read(const std::string& /*path*/) const {
    return std::optional<std::string>{};
  }
  /// Names in a directory; none if it is absent.
  virtual std::vector<std::string> list(const std::string& /*directory*/) const { return {}; }
  /// Creates a directory and its parents; one that exists is fine.
  virtual result<void> make_directories(const std::string& path) = 0;
  /// Replaces the file's content.
  virtual result<void> write(const std::string& path, std::string_view bytes) = 0;
  /// What was written to these files and entered into these directories survives a power cut. Each is a file or a directory.
  virtual result<void> sync(const std::vector<std::string>& paths) = 0;
  /// The same for a directory that may belong to others: one that they do not let us open is left alone.
  virtual result<void> sync_if_permitted(const std::string& directory) = 0;
  /// Atomic; `to` does not exist or is an empty directory or a file.
  virtual result<void> rename(const std::string& from, const std::string& to) = 0;
  /// Removes a directory and all in it; one that is absent is fine.
  virtual result<void> remove_all(const std::string& path) = 0;
};

/// Of a path with directories; "." for one without.
inline std::string directory_above(const std::string& path) {
  auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

} // namespace weir::actors
