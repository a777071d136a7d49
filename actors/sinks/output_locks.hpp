#pragma once

#include <map>
#include <string>
#include <vector>

#include "actors/sinks/output_claims.hpp"

/// What keeps two applications that run at the same time from one `text:` prefix: a lock on a hidden file beside the directories,
/// `.NAME.weir.lock`. The system lets go of it with the process, however that ends.
namespace weir::actors {

/// One spelling of the mark's path for one place: links and dots are followed.
std::string canonical_mark(const plan::output_target& target);

/// Held for as long as this object lives. Of real files only: what is in memory belongs to one process.
class output_locks {
public:
  output_locks() = default;
  ~output_locks();
  output_locks(output_locks&& other) noexcept;
  output_locks& operator=(output_locks&& other) noexcept;

  /// Those of prefixes that somebody has marked. Error 78: another application that runs has one; 74: the file cannot be opened.
  result<void> take_marked(const std::vector<plan::output>& outputs);
  /// All that a start is about to claim, and the directories above them. Errors likewise.
  result<void> take(const output_claims& claims);
  /// Error 78: the data directory is a copy, and the one that it was copied from still lies where the mark says.
  result<void> check_origin(const file_system& files, const output_claims& claims) const;

private:
  struct held_lock {
    int descriptor = -1;
    bool was_copied = false; ///< with all that lies beside it
  };
  result<void> take_one(const plan::output_target& target);
  void release();

  std::map<std::string, held_lock> held_; ///< by canonical mark
};

} // namespace weir::actors
