#pragma once

#include <optional>
#include <string>

#include "libstream/base/error.hpp"

namespace weir::log {

/// Keeps every other process from using a data directory. What is locked (flock) is the directory itself, which nobody can remove or replace
/// without the path leading elsewhere, and DIR/lock, which holds the number of the process, and which older versions look at alone.
class directory_lock {
public:
  /// Error 78 if another process has it; 74. `shown` is the path that errors name, if another than `directory`.
  static result<directory_lock> take(const std::string& directory, const std::string& shown = {});
  /// The same without a trace: DIR/lock is neither made nor written. Nothing: somebody has it, or it cannot be looked at.
  static std::optional<directory_lock> try_quietly(const std::string& directory);

  directory_lock(directory_lock&& other) noexcept;
  directory_lock& operator=(directory_lock&& other) noexcept;
  /// Lets go. Unless it was kept, DIR/lock says again what it said before.
  ~directory_lock();

  /// From now on this process is the one that has used the directory.
  void keep() { text_before_.reset(); }
  /// The locked directory was renamed to this.
  void moved_to(std::string directory) { directory_ = std::move(directory); }

private:
  explicit directory_lock(std::string directory) : directory_{std::move(directory)} {}

  std::string directory_;
  int opened_ = -1; ///< the directory
  int file_ = -1;   ///< DIR/lock
  /// What DIR/lock held before; empty text: there was none.
  std::optional<std::string> text_before_;
};

/// Whether a process uses the directory right now.
bool is_in_use(const std::string& directory);

} // namespace weir::log
