#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "libstream/plan/replayable_source.hpp"

namespace weir::actors {

/// The directory of a `file:` input as a source that can be read again: its files are the partitions, by name; their offsets are bytes,
/// their version is the modification time. Lists and reads as `directory_listing.hpp` and `file_pieces.hpp` say.
std::shared_ptr<plan::replayable_source> make_directory_source(std::string directory);

/// The same of files of binary records, each `record_bytes` long.
class record_directory final : public plan::replayable_source {
public:
  record_directory(std::string directory, std::uint64_t record_bytes)
    : directory_{std::move(directory)}, record_bytes_{record_bytes} {}

  const std::string& directory() const { return directory_; }
  std::uint64_t record_bytes() const { return record_bytes_; }

  plan::record_form form() const override { return plan::record_form::frames; }
  result<std::vector<plan::source_partition>> partitions() const override;
  result<std::vector<plan::text_piece>> read(const offset_range& range, std::size_t max_record_bytes) const override;
  std::string describe(std::string_view partition) const override;

private:
  std::string directory_;
  std::uint64_t record_bytes_;
};

/// The path of a partition of such a source. Batches of earlier releases name files by their path: that stands for itself.
std::string path_in(const std::string& directory, std::string_view partition);

} // namespace weir::actors
