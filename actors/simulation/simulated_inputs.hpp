#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "libstream/plan/replayable_source.hpp"

namespace weir::actors::simulation {

/// The directories of `file:` inputs, in memory: files appear and stay, and some grow. Does what `directory_source.hpp` says, in the plainest way.
class simulated_inputs {
public:
  /// A file that is final, or one that grows: added again with more bytes.
  void add(const std::string& directory, const std::string& name, std::string bytes, std::int64_t modified_ns,
           bool grows = false);

  /// Outlived by this.
  std::shared_ptr<plan::replayable_source> source(const std::string& directory) const;

private:
  class directory_source;
  struct stored_file {
    std::string bytes;
    std::int64_t modified_ns = 0; ///< of one that grows: when it appeared
    bool grows = false;
  };
  std::map<std::string, std::map<std::string, stored_file>> directories_;
};

} // namespace weir::actors::simulation
