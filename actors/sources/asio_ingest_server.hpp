#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "actors/sources/ingest_server.hpp"
#include "libstream/base/limits.hpp"

namespace weir::actors {

/// Bounds of a `weir://` port. What costs memory or a descriptor has one; what waits has a deadline.
struct ingest_port_options {
  std::size_t max_record_bytes = limits::max_record_bytes;
  std::size_t max_frame_bytes = limits::max_frame_bytes;
  /// Over all ports of the transport, and never more than `affordable_connections`. Beyond it a connection is told that the port is busy.
  std::size_t max_connections = limits::max_connections;
  /// From accept to a whole HELLO.
  std::chrono::milliseconds hello_deadline{10'000};
  /// From a frame's first byte (of a frame that waited for the budget: from its admission) to its last.
  std::chrono::milliseconds frame_deadline{30'000};
  /// Within a frame, from some bytes to the next.
  std::chrono::milliseconds progress_deadline{10'000};
  /// From HELLO to WELCOME. What the producer sent on an earlier connection may have to become durable before.
  std::chrono::milliseconds welcome_deadline{30'000};
  /// From handing a few bytes to the socket to its having taken them: how long a client may read nothing.
  std::chrono::milliseconds write_deadline{30'000};
  /// How long a connection that is being closed may take to read the reason.
  std::chrono::milliseconds linger{2'000};
  /// So long a connection without a record is left alone when there are as many as may be.
  std::chrono::milliseconds newcomer_grace{1'000};
  /// How often deadlines are looked at.
  std::chrono::milliseconds sweep_interval{250};
};

/// Of `open_files` descriptors a quarter, at least 32, is for the log, the outputs and the rest; a connection may have one of the others.
std::size_t affordable_connections(std::size_t wanted, std::uint64_t open_files);

/// `weir://` over TCP (docs/reference/ingest.md). One thread serves all ports of the transport; listeners are called on it.
/// Servers keep the thread alive, so that the order of destruction is free; none may be destroyed on that thread.
/// While a server is being destroyed its listener is not called any more.
std::unique_ptr<ingest_transport> make_asio_ingest_transport(ingest_port_options options = {});

} // namespace weir::actors
