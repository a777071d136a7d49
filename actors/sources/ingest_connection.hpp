#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "actors/asio.hpp"
#include "actors/sources/asio_ingest_server.hpp"
#include "actors/sources/frame.hpp"
#include "actors/sources/frame_budget.hpp"
#include "actors/sources/room_for_newcomers.hpp"
#include "libstream/data/buffer.hpp"

namespace weir::actors {

class ingest_connection;

/// The other end of a socket as HOST:PORT, or "unknown".
std::string peer_of(const tcp::socket& socket);

/// What a connection needs of the port that accepted it. Called on the port's thread.
class connection_owner {
public:
  virtual ~connection_owner() = default;
  virtual const ingest_port_options& options() const = 0;
  virtual ingest_listener& listener() = 0;
  /// As frame_budget::ask; a wait ends with `ingest_connection::admitted`.
  virtual bool admit(connection_id, std::uint64_t bytes, piece_kind) = 0;
  /// As frame_budget::small_frame_bytes.
  virtual std::uint64_t small_frame_bytes() const = 0;
  /// As frame_budget::hand_on.
  virtual std::uint64_t hand_on(connection_id) = 0;
  /// As frame_budget::leave.
  virtual void give_up(connection_id) = 0;
  /// The connection takes part no longer; it may still be telling the client why.
  virtual void left(ingest_connection&) = 0;
  /// The socket is closed: forget the connection.
  virtual void gone(connection_id) = 0;
};

/// One producer's connection on the server's side: reads frames within the bounds of the options, passes what they say to the
/// listener, writes the few frames that a server writes. All on the port's thread. The owner outlives the socket: it aborts
/// every connection before it goes, and an aborted connection calls nobody.
///
///   greeting ──HELLO──▶ awaiting_welcome ──welcome()──▶ open ──GOODBYE──▶ leaving
///      └───────────────────────┴── error, refuse(), farewell(), close ──────┴──▶ closing ──▶ closed
class ingest_connection : public std::enable_shared_from_this<ingest_connection> {
public:
  using clock = std::chrono::steady_clock;

  ingest_connection(connection_id id, tcp::socket socket, connection_owner& owner);

  void start();
  void welcome(std::uint64_t last_durable);
  void acknowledge(std::uint64_t through);
  void farewell();
  void refuse(ingest_error code, std::string reason);
  void admitted();
  void stop_reading() { reads_ = false; }
  void check_deadlines(clock::time_point now);
  /// Others need the memory that its unfinished frame holds. One that has just begun is left alone.
  void make_room(clock::time_point now);
  /// Closes at once.
  void abort();

  connection_id id() const { return id_; }
  bool has_said_hello() const { return said_hello_; }
  connection_standing standing() const { return {id_, said_hello_, sent_frames_, silent_since_}; }
  /// It may still bring records.
  bool takes_part() const { return state_ != state::closing && state_ != state::closed; }

private:
  enum class state { greeting, awaiting_welcome, open, leaving, closing, closed };

  // Reading.
  void read_header();
  void header_read(io_error failure, std::size_t bytes);
  bool goes_on_after(io_error failure);
  void header_complete();
  void read_hello(const frame_header& header);
  void hello_read();
  void begin_frame();
  void await_piece();
  void ask_for_piece();
  void read_piece();
  void piece_read(io_error failure, std::size_t bytes);
  void frame_read();
  void skipped_read();
  void take_goodbye();
  bool accept_numbers();
  template <class Next>
  void read_payload(char* into, std::size_t bytes, Next next);
  void next_frame();

  // Writing and closing.
  void write_pending();
  void written(io_error failure);
  void leave();
  void discard();
  void discarded(io_error failure);
  void malformed(const std::string& problem) { refuse(ingest_error::malformed, problem); }

  const connection_id id_;
  tcp::socket socket_;
  connection_owner& owner_;
  state state_ = state::greeting;
  bool reads_ = true; ///< false once the port takes no more
  bool said_hello_ = false;
  bool sent_frames_ = false;
  bool reading_ = false; ///< a read is under way, so the socket may not be read by anyone else
  bool waiting_ = false; ///< for the budget

  frame_header_buffer header_bytes_{};
  std::size_t header_filled_ = 0;
  frame_header header_;
  std::string hello_bytes_;
  std::shared_ptr<data::buffer> payload_; ///< what has come of a frame
  std::size_t granted_ = 0;               ///< so much of the payload may be in it
  bool in_frame_ = false;                 ///< the budget counts something for it
  std::uint64_t next_number_ = 0;
  std::array<char, 4096> discarded_;

  std::optional<std::uint64_t> welcome_;
  std::optional<std::uint64_t> ack_;
  bool farewell_ = false;
  std::string last_words_; ///< an encoded ERROR
  std::string writing_;    ///< in flight; empty = none
  bool writes_ended_ = false;
  bool client_ended_ = false; ///< while closing: nothing more will come

  clock::time_point silent_since_; ///< connected, or said HELLO
  clock::time_point read_deadline_;
  clock::time_point progress_deadline_; ///< of a frame: its next bytes
  clock::time_point welcome_deadline_;
  clock::time_point frame_began_;
  clock::time_point write_deadline_;
};

} // namespace weir::actors
