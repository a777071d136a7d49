#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <variant>

#include "actors/sources/ingest_server.hpp"

namespace weir::actors {

/// What connections of a `weir://` port have said and the receiver may not take yet, because its rate does not allow it. Frames are cut, so
/// that a rate is kept whatever a frame holds; what a connection says keeps its order, and connections take turns. Bounded by the server's
/// budget, as frames are. A pure class; one thread.
class paced_frames {
public:
  struct goodbye {};
  struct closed {};
  using said = std::variant<ingest_data, goodbye, closed>;
  struct piece {
    connection_id connection = 0;
    said what;
  };

  void add(connection_id connection, said what);
  /// The next one, with at most `records` records; void ones are never cut. Nothing if only records wait and none may come.
  std::optional<piece> next(std::uint64_t records);
  bool empty() const { return turns_.empty(); }

private:
  /// One frame, of which records were taken already.
  struct waiting {
    said what;
    std::size_t taken_bytes = 0;
  };

  static ingest_data cut(waiting& from, std::uint64_t records);

  std::map<connection_id, std::deque<waiting>> lines_;
  std::deque<connection_id> turns_; ///< of `lines_`, each once
};

} // namespace weir::actors
