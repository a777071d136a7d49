#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "libstream/base/error.hpp"

namespace weir::log {

/// Looks at every page of an LMDB file that holds its structure, without LMDB, which trusts its pages: one flipped bit there may end the
/// process, or let pages be used twice. Checked are both first pages, the trees (kinds, bounds, order of keys, counts), and that no page
/// is used twice, nor used and free. What values hold is not: they have checksums. A file that passes does not lead LMDB astray.
///
/// `snapshot`: the transaction to look at while another process writes, held by a reader; passes if it is too old to be found.
/// `after_failed_write`: LMDB may have put half of a transaction into the older first page, which then is not looked at.
/// Errors: 65 names file and page; 74. Cost: one read of each page of keys; large values are not read.
result<void> check_pages(const std::string& file, std::optional<std::uint64_t> snapshot = std::nullopt,
                         bool after_failed_write = false);

} // namespace weir::log
