#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "libstream/base/error.hpp"
#include "libstream/data/buffer.hpp"

namespace weir::actors {

/// Where a node puts what memory has no room for and what can be computed again: never synced, gone with the process. Behind an
/// interface, so that the simulation can fill the disk. Thread-safe; calls block, so only task threads make them.
class scratch {
public:
  /// Bytes that were written. Their room is used again when the last handle goes.
  class extent {
  public:
    virtual ~extent() = default;
    /// Bytes [from, from + size) of it. Error 74: the disk did not give them back.
    virtual result<data::buffer_handle> read(std::uint64_t from, std::uint64_t size) const = 0;
  };
  using extent_handle = std::shared_ptr<const extent>;

  virtual ~scratch() = default;
  /// Error 74: there is no room (`full`), or the disk refuses; nothing is kept then, and later calls may succeed.
  virtual result<extent_handle> write(std::string_view bytes) = 0;
};

/// One file in `directory` (made if it is absent, its parent is not), opened without a name by the first write, so that nothing is left behind
/// however the process ends.
std::shared_ptr<scratch> make_scratch_file(std::string directory);

} // namespace weir::actors
