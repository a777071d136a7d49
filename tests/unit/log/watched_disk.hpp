#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

/// What reaches the disk. This program stands between LMDB and the C library: its own `pwrite`, `writev`, `write`, `ftruncate`, `fsync`
/// and `fdatasync` take the place of the library's, pass everything on, and for one watched file also note it, or let it fail.
namespace weir::testing {

/// One thing that happened to the watched file.
struct disk_event {
  enum class kind {
    write,        ///< `bytes` at `offset`
    synced_write, ///< the same through a descriptor with O_DSYNC: durable when it returned
    resize,       ///< to `offset`
    sync,         ///< all before it is durable
    mark,         ///< the test's own: `offset` says what
  };
  kind what;
  std::uint64_t offset = 0;
  std::string bytes;
};

class watched_disk {
public:
  /// From now on, until the end of this object. One at a time.
  explicit watched_disk(const std::string& file);
  ~watched_disk();
  watched_disk(const watched_disk&) = delete;
  watched_disk& operator=(const watched_disk&) = delete;

  void mark(std::uint64_t what) { events.push_back({disk_event::kind::mark, what, {}}); }

  std::vector<disk_event> events;
  /// Asked before each event; another answer than 0 is the errno with which it fails.
  std::function<int(disk_event::kind)> fails;
};

} // namespace weir::testing
