#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/application/application_services.hpp"
#include "actors/node/node_services.hpp"
#include "actors/sources/settling_files.hpp"

namespace weir::actors {

/// What is new of a source that can be read again, for its receiver. One thread; every call may block. Knows what it has said: for a coordinator
/// that starts anew there is a new one.
class source_watch {
public:
  struct news {
    std::vector<plan::source_partition> found; ///< that may be read now, in the order in which they shall be
    std::vector<std::string> changed;          ///< were found before, and are not any more what they were
    std::vector<error> unreadable;             ///< of those that wait until they can be read; each is told once
    bool at_rest = true;                       ///< nothing is there that may yet have to be read
    std::optional<error> refusal;              ///< something is there that cannot be read: the application ends
  };
  virtual ~source_watch() = default;
  virtual result<news> look(const look_time& now) = 0;
  /// Whether each look costs so much that it should not be taken often.
  virtual bool is_costly() const { return false; }
};

/// Of a directory: its files once they are complete. Of a source that the program brings: its partitions, and how they grow.
std::unique_ptr<source_watch> watch_source(application_ptr application, node_ptr node, input_id input);

} // namespace weir::actors
