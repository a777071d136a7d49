#pragma once

#include <cstdint>
#include <iterator>
#include <string>

#include "libstream/base/fields.hpp"

/// Who an actor is to its peers: a role and, where several share it, an index. It stays the same over restarts.
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

  auto operator<=>(const address&) const = default;
  WEIR_FIELDS(x.what, x.index)
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

inline std::string to_string(const address& who) {
  if (who.what == role::supervisor && who.index < std::size(supervisor_names))
    return supervisor_names[who.index];
  return std::string{name_of(who.what)} + "-" + std::to_string(who.index);
}

/// Sent by the supervisor to every other actor after `who` is in the directory again. Whoever waits for an answer of the
/// lost incarnation sends its request once more; the key in the request makes that harmless.
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
/// without a restart; this is the limit on every wait all the same.
struct retry_tick {
  std::uint64_t count = 0;
  WEIR_FIELDS(x.count)
};

} // namespace weir::actors
