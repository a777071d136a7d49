#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>

#include "actors/sources/ingest_server.hpp"

namespace weir::actors {

/// What decides whether a connection may be closed for a newcomer.
struct connection_standing {
  connection_id id = 0;
  bool said_hello = false;
  bool sent_frames = false;                    ///< at least the beginning of one with records
  std::chrono::steady_clock::time_point since; ///< silent since its HELLO, or since it connected
};

/// The connection that has to go when there are as many as may be and one more comes: first one without a HELLO, then one without a record, among
/// these the one that is silent longest. Nobody, if all have sent records or are younger than `grace`.
inline std::optional<connection_id> first_to_go(std::span<const connection_standing> standings,
                                                std::chrono::steady_clock::time_point now,
                                                std::chrono::milliseconds grace) {
  const connection_standing* first = nullptr;
  for (auto& each : standings) {
    if (each.sent_frames || now - each.since < grace)
      continue;
    if (!first || (each.said_hello == first->said_hello ? each.since < first->since : first->said_hello))
      first = &each;
  }
  return first ? std::optional{first->id} : std::nullopt;
}

} // namespace weir::actors
