#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/simulation/chance.hpp"
#include "actors/sources/directory_watch.hpp"
#include "libstream/plan/replayable_source.hpp"

namespace weir::actors::simulation {

/// The directories of `file:` inputs, in memory: files appear, some in parts until they are complete, and stay; and some are logs that grow.
/// Does what `directory_source.hpp` says, in the plainest way.
class simulated_inputs {
public:
  /// A file, whole or a part of it, or a log that grows: added again with more bytes.
  void add(const std::string& directory, const std::string& name, std::string bytes, std::int64_t modified_ns,
           bool grows = false);

  /// Outlived by this.
  std::shared_ptr<plan::replayable_source> source(const std::string& directory) const;
  /// Now and then it has missed something and tells of all. Outlived by this and `random`.
  std::unique_ptr<directory_watch> watch(const std::string& directory, chance& random, bool has_own_times) const;

private:
  class directory_source;
  class simulated_watch;
  struct stored_file {
    std::string bytes;
    std::int64_t modified_ns = 0; ///< of one that grows: when it appeared
    bool grows = false;
    std::uint64_t change = 0; ///< the last one of it
  };
  std::uint64_t changes_ = 0;
  std::map<std::string, std::map<std::string, stored_file>> directories_;
};

} // namespace weir::actors::simulation
