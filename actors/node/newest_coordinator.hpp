#pragma once

#include "libstream/base/ids.hpp"

namespace weir::actors {

/// Whose word counts: that of the newest coordinator that was heard of. What an older one has said may come late, and changes nothing any more.
/// Pure; one thread.
class newest_coordinator {
public:
  /// False: a newer one was heard before.
  bool hears(weir::epoch coordinator) {
    if (coordinator < newest_)
      return false;
    newest_ = coordinator;
    return true;
  }
  /// 0 = none was heard.
  weir::epoch epoch() const { return newest_; }

private:
  weir::epoch newest_;
};

} // namespace weir::actors
