#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "libstream/base/error.hpp"
#include "libstream/data/buffer.hpp"

/// The `weir://` port as a receiver sees it. The real one speaks Asio (`asio_ingest_server`), the simulated one talks to
/// simulated producers; the receiver that decides is the same.
namespace weir::actors {

using connection_id = std::uint64_t;

/// What a frame costs until its batch has committed, beside its payload: messages, headers, a producer's name in a block, entries of
/// queues. Budgets count it, so that tiny and empty frames are not free.
inline constexpr std::uint64_t frame_overhead_bytes = 1024;

/// A run of records of one producer: numbers [first, first + count), newline-terminated, `count` newlines in `bytes`
/// (verified by the server). `count` records without any bytes are void: too long for a frame, skipped by the sender.
struct ingest_data {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  data::buffer_handle bytes; ///< null for void records
  std::uint64_t held = 0;    ///< what the server's budget has counted for it, and gets back by `release`
};

/// Told what producers do. Called on the server's thread: implementations only pass it on as a message.
class ingest_listener {
public:
  virtual ~ingest_listener() = default;
  virtual void hello(connection_id, std::string producer) = 0;
  virtual void data(connection_id, ingest_data) = 0;
  virtual void goodbye(connection_id) = 0;
  /// A client at `peer` was turned away, also one that never said HELLO: what it was told. Limit what you do about it: anyone can cause it.
  virtual void turned_away(const std::string& /*peer*/, const std::string& /*reason*/) {}
  /// Last word about a connection, whoever closed it.
  virtual void closed(connection_id) = 0;
};

/// One bound port. All functions may be called from any thread and return at once; unknown connections are ignored.
/// Reads at most `budget` bytes of frames that were not released yet, over all connections: beyond it, sockets are left unread.
class ingest_server {
public:
  virtual ~ingest_server() = default;
  /// Answers HELLO: the producer's last durable number. Data is read only after this.
  virtual void welcome(connection_id, std::uint64_t last_durable) = 0;
  /// All records up to `through` survive a power cut. Only the newest acknowledgement of a connection is kept for sending.
  virtual void acknowledge(connection_id, std::uint64_t through) = 0;
  /// Goodbye is durable; the server closes the connection after telling the producer.
  virtual void farewell(connection_id) = 0;
  /// Sends the reason, then closes.
  virtual void refuse(connection_id, std::string reason) = 0;
  /// `bytes` of what data that were handed to the listener `held` are free again.
  virtual void release(std::uint64_t bytes) = 0;
  /// While held back no further payload is read, as if the budget were used up: producers wait, nothing is lost. For pacing.
  virtual void hold_back(bool hold) = 0;
  /// Reads no more (connections stay open, so that acknowledgements still get out).
  virtual void stop_reading() = 0;
  /// Where it is bound, e.g. "127.0.0.1:40123".
  virtual std::string address() const = 0;
  /// Connections that are open and have said HELLO or may still do so.
  virtual std::size_t open_connections() const = 0;
};

/// Makes ingest servers; the seam between real sockets and the simulation.
class ingest_transport {
public:
  virtual ~ingest_transport() = default;
  /// Takes the port for a `listen` that comes later, so that a start whose port is taken is refused before it has changed anything.
  /// Answers the address to listen at, with the port that was bound. Whoever connects meanwhile waits.
  virtual result<std::string> reserve(const std::string& address) { return address; }
  /// Binds "HOST:PORT" (port 0 = any free). Destroying the server closes the port and all connections.
  virtual result<std::unique_ptr<ingest_server>> listen(const std::string& address, std::uint64_t budget_bytes,
                                                        std::shared_ptr<ingest_listener> listener) = 0;
};

} // namespace weir::actors
