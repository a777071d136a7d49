#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "actors/sources/directory_listing.hpp"

namespace weir::actors {

/// Which files of a directory may have changed: the border between the decisions about an input's files (`settling_files`) and the system. The real
/// one asks the kernel (`watch_directory`), the simulated one the seed. One thread; every call may block.
class directory_watch {
public:
  using time_point = std::chrono::steady_clock::time_point;
  /// `now` is empty if the file is not there.
  using visitor = std::function<void(std::string_view name, const std::optional<file_state>& now)>;

  virtual ~directory_watch() = default;

  /// Tells of every file that may have changed since the last call, of some more than once. True: of all that are there, so whatever it did not
  /// tell of is gone. The first call does so, and each one after something may have been missed.
  virtual result<bool> look(time_point now, const visitor& tell) = 0;
  /// That file now.
  virtual std::optional<file_state> state_of(const std::string& name) = 0;
  /// Its first bytes, `most` of them if it has as many; none if no file is there any more. Error 74 if it cannot be read now.
  virtual result<std::string> first_bytes(const std::string& name, std::size_t most) = 0;
  /// Whether each look costs a listing, so that it should not be taken often.
  virtual bool is_costly() const = 0;
  /// Whether modification times are by this machine's clock, so that an old one says that nobody has written since.
  virtual bool has_own_times() const = 0;
};

/// Says to people, once, why a directory must be listed again and again; `is_problem` if somebody should do something about it.
using watch_complaint = std::function<void(const std::string& sentence, bool is_problem)>;

/// Says to people, once, that entries are no files and so are not read.
using skipping_report = std::function<void(const std::string& sentence)>;

/// Told of changes by the kernel (inotify). A directory on a network file system, whose other writers the kernel does not see, and one for
/// which the kernel has no room are listed at each look instead. Lists it also every half minute at most, since changes behind links
/// are not told.
std::unique_ptr<directory_watch> watch_directory(std::string directory, watch_complaint complain,
                                                 skipping_report report = {});

} // namespace weir::actors
