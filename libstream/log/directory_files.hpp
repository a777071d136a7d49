#pragma once

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

#include "libstream/base/error.hpp"

/// The small files of a data directory, and what a look at a path finds.
namespace weir::log {

/// Error 74, with the reason that the system gave.
tl::unexpected<error> disk_error(std::string problem, const std::string& path, int code = errno);
/// Makes what a file or directory holds survive a power cut.
result<void> sync_path(const std::string& path);
/// Error 74 if there is a file already, or the disk refuses. Not synced.
result<void> write_new_file(const std::string& path, std::string_view text);

/// What is at the path of a data directory.
struct looked_at {
  enum class kind : std::uint8_t { absent, empty, ours } state;
  std::uint32_t format = 0; ///< of ours
};
/// Anything that is neither free nor a data directory of ours up to the format `newest` is an error: 78, 74, or 65 for one that is damaged.
result<looked_at> look_at(const std::string& path, std::uint32_t newest);

/// What the file `format` says.
std::string format_line(std::uint32_t format);
/// From here on programs that know only older formats keep away; so this comes before anything of the newer format is in the log. Survives a
/// power cut; a crash leaves the old line or the new one.
result<void> raise_format(const std::string& directory, std::uint32_t format);

} // namespace weir::log
