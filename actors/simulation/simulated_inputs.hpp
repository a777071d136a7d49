#pragma once

#include <map>
#include <string>
#include <vector>

#include "actors/sources/directory_listing.hpp"
#include "libstream/log/records.hpp"
#include "libstream/plan/task.hpp"

namespace weir::actors::simulation {

/// The directories of `file:` inputs, in memory: files appear and stay. Does what `directory_listing.hpp` and `file_pieces.hpp` say,
/// in the plainest way.
class simulated_inputs {
public:
  void add(const std::string& directory, const std::string& name, std::string bytes, std::int64_t modified_ns);

  result<std::vector<listed_file>> list(const std::string& directory) const;
  /// The records whose first byte lies in the range.
  result<std::vector<plan::text_piece>> read(const log::file_range& range) const;

private:
  struct stored_file {
    std::string bytes;
    std::int64_t modified_ns = 0;
  };
  std::map<std::string, std::map<std::string, stored_file>> directories_;
};

} // namespace weir::actors::simulation
