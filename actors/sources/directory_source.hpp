#pragma once

#include <memory>
#include <string>

#include "libstream/plan/replayable_source.hpp"

namespace weir::actors {

/// The directory of a `file:` input as a source that can be read again: its files are the partitions, by name; their offsets are bytes,
/// their version is the modification time. Lists and reads as `directory_listing.hpp` and `file_pieces.hpp` say.
std::shared_ptr<plan::replayable_source> make_directory_source(std::string directory);

/// The path of a partition of such a source. Batches of earlier releases name files by their path: that stands for itself.
std::string path_in(const std::string& directory, std::string_view partition);

} // namespace weir::actors
