#pragma once

#include <cstdint>
#include <iterator>
#include <string>
#include <tuple>

#include "actors/node/node_id.hpp"
#include "libstream/base/fields.hpp"

/// Who an actor is to its peers: its node, its role and, where several of the node share that, an index. It stays the same over restarts.
namespace weir::actors {

enum class role : std::uint8_t {
  supervisor,
  checkpoint_writer,
  block_store,
  receiver,
  batch_coordinator,
  partition_executor,
  sink
};

struct address {
  role what = role::supervisor;
  std::uint32_t index = 0;
  node_id node{};

  bool operator==(const address&) const = default;
  auto operator<=>(const address& other) const {
    return std::tie(node, what, index) <=> std::tie(other.node, other.what, other.index);
  }
  WEIR_FIELDS(x.what, x.index, x.node)
};

inline const char* name_of(role what) {
  switch (what) {
    case role::supervisor: return "supervisor";
    case role::checkpoint_writer: return "checkpoint-writer";
    case role::block_store: return "block-store";
    case role::receiver: return "receiver";
    case role::batch_coordinator: return "batch-coordinator";
    case role::partition_executor: return "partition-executor";
    case role::sink: return "sink";
  }
  return "unknown";
}

/// The supervisors of an application, by their index; each has the name of what it keeps alive.
inline constexpr const char* supervisor_names[] = {"root", "storage", "executors", "outputs", "inputs"};

/// For people. Of node 0, which a process alone is, the node is not said.
inline std::string to_string(const address& who) {
  auto name = who.what == role::supervisor && who.index < std::size(supervisor_names)
                ? std::string{supervisor_names[who.index]}
                : std::string{name_of(who.what)} + "-" + std::to_string(who.index);
  return who.node == node_id{0} ? name : name + "@" + std::to_string(who.node.value);
}

/// Sent by a node's supervisor to every other actor of the node after `who` is in the directory again. Whoever waits for an answer of the
/// lost incarnation sends its request once more; the key in the request makes that harmless. It never leaves the node and carries no epoch: it says
/// only that it is worth while to ask again now. Without it everything is asked again after the retry interval.
struct peer_restarted {
  address who;

  WEIR_FIELDS(x.who)
};

/// From fault-injection experiments: the receiver throws, as if a defect in a handler had. Without a chaos page it is ignored.
struct throw_on_purpose {
  std::uint32_t code = 0;
  WEIR_FIELDS(x.code)
};

/// To itself: time to repeat what has waited for an answer longer than the retry interval. In one process answers do not get lost
/// without a restart, between nodes they do; this is the limit on every wait.
struct retry_tick {
  std::uint64_t count = 0;
  WEIR_FIELDS(x.count)
};

} // namespace weir::actors
