#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "actors/sources/ingest_server.hpp"
#include "libstream/base/limits.hpp"

namespace weir::actors {

/// Bounds of a `weir://` port. What costs memory or a descriptor has one; what waits has a deadline.
struct ingest_port_options {
  std::size_t max_record_bytes = limits::max_record_bytes;
  std::size_t max_frame_bytes = limits::max_frame_bytes;
  /// Beyond this, and beyond three quarters of the process's descriptors, a connection is told that the port is busy.
  std::size_t max_connections = 1024;
  /// From accept to a whole HELLO.
  std::chrono::milliseconds hello_deadline{10'000};
  /// From a frame's first byte (of a frame that waited for the budget: from its admission) to its last.
  std::chrono::milliseconds frame_deadline{30'000};
  /// From handing a few bytes to the socket to its having taken them: how long a client may read nothing.
  std::chrono::milliseconds write_deadline{30'000};
  /// How long a connection that is being closed may take to read the reason.
  std::chrono::milliseconds linger{2'000};
  /// How often deadlines are looked at.
  std::chrono::milliseconds sweep_interval{250};
};

/// `weir://` over TCP (docs/reference/ingest.md). One thread serves all ports of the transport; listeners are called on it.
/// Servers keep the thread alive, so that the order of destruction is free; none may be destroyed on that thread.
/// While a server is being destroyed its listener is not called any more.
std::unique_ptr<ingest_transport> make_asio_ingest_transport(ingest_port_options options = {});

} // namespace weir::actors
