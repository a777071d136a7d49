#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "actors/node/carrier.hpp"
#include "actors/node/directory.hpp"
#include "actors/node/message_bounds.hpp"
#include "actors/simulation/links.hpp"

namespace weir::actors::simulation {

/// Between the actors of one process of the simulation and its links: every message leaves as bytes, with CAF's own encoding, as over a network, and
/// comes back from bytes. Who sends is said before it does, as messages do not carry it.
class wire final : public carrier {
public:
  /// `broken` hears of a message that cannot travel. The system and the directory outlive it.
  wire(caf::actor_system& system, const directory& known, timeline& time, const planned_links& plan, std::uint64_t seed,
       std::function<void(const std::string&)> broken);

  /// The actor with this id handles a message now; nobody does.
  void speaks(caf::actor_id who) { speaker_ = who; }
  void is_silent() { speaker_ = 0; }

  void carry(const address& to, caf::message message) override;

  simulation::links& links() { return links_; }

private:
  std::optional<links::bytes> encode(const address& to, const caf::message& message);
  bool arrive(const address& to, const links::bytes& bytes);
  std::optional<address> speaker();

  caf::actor_system& system_;
  const directory& known_;
  std::function<void(const std::string&)> broken_;
  simulation::links links_;
  caf::actor_id speaker_ = 0;
  std::map<caf::actor_id, address> speakers_; ///< as far as they have spoken
};

} // namespace weir::actors::simulation
