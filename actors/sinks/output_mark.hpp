#pragma once

#include <cstdint>
#include <string>

#include "actors/node/file_system.hpp"
#include "libstream/plan/task.hpp"

/// Whose the directories of a `text:` prefix are: a hidden file beside them, `.NAME.weir`, one line a field.
namespace weir::actors {

struct output_mark {
  std::string application;
  std::string output;
  std::uint64_t owner = 0;         ///< id of the data directory, or of the run without one
  std::string place;               ///< where the data directory lay when it was marked, or `no_data_directory`
  std::uint64_t newest_batch = 0;  ///< batches up to this one may be there
  std::int64_t newest_time_ms = 0; ///< its time

  bool operator==(const output_mark&) const = default;
};

inline constexpr const char* no_data_directory = "none";

/// Beside the directories of the target.
std::string mark_path(const plan::output_target& of);
/// Where it is written before it gets its name.
std::string temporary_mark_path(const plan::output_target& of);
std::string mark_text(const output_mark& mark);
/// Error 65 for a text that is none, which names `path`.
result<output_mark> parse_mark(const std::string& text, const std::string& path);
/// Nothing: there is none, or an empty one that a power cut left.
result<std::optional<output_mark>> read_mark(const file_system& files, const std::string& path);
/// As a whole or not at all, also if the power fails.
result<void> write_mark(file_system& files, const std::string& path, const output_mark& mark);

/// Error 78 that names both owners.
tl::unexpected<error> owned_by_another(const output_mark& mark, const std::string& application,
                                       const std::string& place, const plan::output_target& target);

} // namespace weir::actors
