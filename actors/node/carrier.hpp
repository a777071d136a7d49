#pragma once

#include "actors/caf.hpp"
#include "actors/node/role.hpp"

namespace weir::actors {

/// Takes messages from one address to another, where that is more than to hand them over: over a network, or as a simulation wants it. It may lose
/// a message, be late with it, or bring it twice: whoever waits for an answer asks again.
class carrier {
public:
  virtual ~carrier() = default;
  virtual void carry(const address& to, caf::message message) = 0;
};

} // namespace weir::actors
