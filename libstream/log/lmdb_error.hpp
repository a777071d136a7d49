#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "libstream/base/error.hpp"

namespace weir::log {

/// What an error of LMDB has to say about its log.
struct lmdb_place {
  std::string directory;
  std::string file;
  std::size_t max_log_bytes = 0;
  std::uint64_t file_bytes = 0; ///< now
  bool read_only = false;
};

/// The error for a code of LMDB or of the system, which came while the program was `doing` something with the log (and would have written
/// `bytes`): 65, 74 or 1, with what the user can do.
error lmdb_error(int code, std::string_view doing, const lmdb_place& place, std::uint64_t bytes = 0);

} // namespace weir::log
