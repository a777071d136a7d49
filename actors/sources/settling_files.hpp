#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "actors/sources/directory_listing.hpp"

namespace weir::actors {

/// When a directory is looked at: the look comes after `steady` and `wall_us`, the one before it came before `last_ended`.
struct look_time {
  std::chrono::steady_clock::time_point steady;
  std::int64_t wall_us = 0; ///< since 1970; may jump
  std::chrono::steady_clock::time_point last_ended{};
};

/// Decides when the files of a directory are complete: once size and modification time have stayed the same for a while. An old
/// modification time says that they have, so a file that was finished elsewhere and moved in is complete at once; but not soon after the wall
/// clock was set, when every file may seem older than it is. Each is given once, and
/// once more whenever it has changed since. An empty file has nothing to read and is not given. Pure; one thread. Keeps about 80 bytes for each file
/// that it has given, and forgets those that are gone. One that cannot be read is held back: it is given again now and then.
class settling_files {
public:
  /// `seed` makes the names' digests ones that nobody can foresee.
  settling_files(std::chrono::microseconds settle, bool trusts_times, std::uint64_t seed)
    : settle_{settle}, trusts_times_{trusts_times}, seed_{seed} {}

  /// The file was found like that.
  void seen(std::string_view name, const file_state& state, const look_time& now);
  /// It was looked for and is not there. One that was not complete yet was never an input.
  void gone(std::string_view name);

  /// A look begins.
  void begin_look(const look_time& now);
  /// All that there is was seen since it began: what was not is gone.
  void saw_all();

  /// The file was given as complete in this look, and cannot be read now. True: for the first time since it has been what it is.
  bool hold_back(const listed_file& file, const look_time& now);
  /// It was given, and can be read.
  void release(std::string_view name);

  /// Files that are complete, or may have become readable, if they are still what they were: look at each of them once more.
  std::vector<std::string> due(const look_time& now) const;

  struct news {
    std::vector<listed_file> complete; ///< by modification time, then name
    std::vector<std::string> changed;  ///< were given, and are not any more what they were
    std::vector<std::string> empty;    ///< have stayed empty: they have changed if an earlier run has read them
  };
  /// What has been found since the last call.
  news take();

  /// No file may yet become complete.
  bool at_rest() const { return unsettled_.empty() && held_back_.empty(); }

private:
  struct digest {
    std::uint64_t high = 0, low = 0;
    bool operator==(const digest&) const = default;
  };
  struct digest_hash {
    std::size_t operator()(const digest& of) const { return of.low; }
  };
  struct known_file {
    file_state state;
    std::uint32_t look = 0; ///< in which it was seen last
    bool given = false;     ///< false: it is empty
  };
  struct unsettled_file {
    file_state state;
    std::optional<std::chrono::steady_clock::time_point> since; ///< it is known to be so; nothing: since this look
    std::uint32_t look = 0;
  };
  struct held_file {
    file_state state;
    std::chrono::steady_clock::time_point again; ///< when it is tried
    std::uint32_t look = 0;
  };

  void compare_clocks(const look_time& now);
  digest digest_of(std::string_view name) const;
  bool is_complete(const unsettled_file& file, const look_time& now) const;
  bool is_still_held(std::string_view name, const file_state& state);
  void settle(std::string_view name, const file_state& state);

  std::chrono::microseconds settle_;
  bool trusts_times_;
  std::uint64_t seed_;
  std::uint32_t look_ = 0;
  std::optional<std::chrono::microseconds> clocks_apart_; ///< the wall clock's lead on the steady one
  std::optional<std::chrono::steady_clock::time_point> wall_clock_found_set_; ///< last; nothing: never
  std::unordered_map<digest, known_file, digest_hash> known_;                 ///< complete, by name
  std::map<std::string, unsettled_file, std::less<>> unsettled_;              ///< not complete yet
  std::map<std::string, held_file, std::less<>> held_back_;                   ///< complete, and cannot be read
  news news_;
};

} // namespace weir::actors
