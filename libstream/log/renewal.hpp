#pragma once

#include <optional>
#include <string>

#include "libstream/base/error.hpp"
#include "libstream/log/lmdb_store.hpp"

/// What happens to a log whose disk has refused a write or a sync. The system may go on to show bytes that never reached the disk,
/// and will not say so again: so the file is not used any further. The process stops, and the next start copies all that verifies to
/// a new file, which takes the old one's place when it is synced.
namespace weir::log {

/// Notes in `directory` (of an LMDB log) that its file must be renewed. As well as that is possible on a disk that fails.
void mark_suspect(const std::string& directory, const error& why);

/// Why the log must be renewed; none if it need not.
std::optional<std::string> suspicion(const std::string& directory);

/// Copies a log that nobody has open to a new file and puts that in its place; a crash leaves the old one, to be renewed again.
/// Errors: 65 (a value does not verify: nothing is changed), 74 (no room for the copy, or the disk refuses).
result<void> renew(const std::string& directory, const lmdb_options& options);

} // namespace weir::log
