#pragma once

#include <filesystem>
#include <vector>

#include "libstream/data/buffer.hpp"

namespace weir::bench {

/// Bytes a second that the log alone takes: the blocks of a text appended again and again with full sync, 8 MiB a commit, older ones
/// deleted as a running application deletes them.
double log_alone_bytes_per_s(const std::vector<data::buffer_handle>& blocks, const std::filesystem::path& directory,
                             std::uint64_t total_bytes);

} // namespace weir::bench
