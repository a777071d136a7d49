#pragma once

#include "actors/caf.hpp"

namespace weir::actors {

/// While it lives, this thread may make, enter or destroy any actor system. Afterwards CAF knows no more of the thread than before.
///
/// CAF keeps, for each thread, a counted reference to the logger of the system that the thread made, or spawned in, last; and a
/// system's destructor waits until nobody refers to its logger. So a thread that once started something and lives on would hold up
/// whoever ends the system on another thread, for ever.
class system_visit {
public:
  system_visit() : before_{caf::logger::current_logger()} {}
  ~system_visit() {
    if (caf::logger::current_logger() !=
        before_) // CAF has no way to go back to another system; a thread's next spawn there does
      caf::logger::set_current_actor_system(nullptr);
  }
  system_visit(const system_visit&) = delete;
  system_visit& operator=(const system_visit&) = delete;

private:
  const caf::logger* before_; ///< only compared
};

} // namespace weir::actors
