#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "actors/sources/frame.hpp"
#include "actors/sources/record_packer.hpp"
#include "libstream/base/error.hpp"

namespace weir::actors {

/// What a producer says next, not yet encoded.
struct outgoing {
  frame_type type = frame_type::hello;
  std::uint64_t sequence = 0;
  std::uint32_t count = 0;
  data::buffer_handle bytes; ///< of DATA
  std::string producer;      ///< of HELLO
};

/// The decisions of a producer on the `weir://` protocol: numbers records, keeps what is not acknowledged, skips what the server
/// already has, sends again after a reconnect, says goodbye at the end. No sockets, no clock, no randomness: it is told facts and
/// asked what to say, by `weir send` and by simulated producers alike. One thread.
///
///   offline ──connected──▶ HELLO ──welcomed──▶ DATA, VOID ... ──all acknowledged──▶ GOODBYE ──farewell──▶ finished
///      ▲───────────────────────── disconnected, from anywhere ◀──────────────────────────┘
class producer_session {
public:
  struct figures {
    std::uint64_t sent = 0;         ///< records that went out in this session, each counted once
    std::uint64_t acknowledged = 0; ///< records of the input that are durable, also those that already were
    std::uint64_t resent = 0;       ///< records that went out again
    std::uint64_t too_long = 0;     ///< records of the input that are numbered, but not sent
    std::uint64_t skipped = 0;      ///< records of the input that were durable before this session began
  };

  /// Where the numbers of the input begin.
  enum class numbering {
    from_one,          ///< the input is all that this producer ever sends: what the server has of it is skipped
    behind_the_server, ///< the input goes on behind the last record that the server has when this session begins
  };

  /// Holds about `window_bytes` of records that are not acknowledged; more is not wanted until some are.
  explicit producer_session(std::string producer, std::size_t window_bytes = 8 * limits::mib,
                            numbering numbers = numbering::from_one);

  // -- the input

  /// Whether records may be added: a server has said its limits and the window has room.
  bool wants_records() const { return limits_ && !input_ended_ && held_bytes_ < window_bytes_; }
  /// The next records of the input, in order. Those that are durable are dropped at once.
  void add(record_pack pack);
  void end_of_input() { input_ended_ = true; }

  // -- the connection

  void connected();
  void disconnected();
  /// The answer to HELLO. Errors end the session: the server has forgotten what it acknowledged, has records that this session has
  /// not sent although it has begun (another sender uses the name), or takes less than it did.
  result<void> welcomed(std::uint64_t last_durable, const welcome_frame& said);
  /// An error means that the server breaks the protocol.
  result<void> acknowledged(std::uint64_t through);
  result<void> farewell();
  /// What to say now; nothing if the server has the word or all that may be sent was.
  std::optional<outgoing> next();

  /// The limits of the first WELCOME, never more than this side's own; nothing before.
  const std::optional<welcome_frame>& server_limits() const { return limits_; }
  /// WELCOME has come on this connection.
  bool is_welcome() const { return state_ == state::open || state_ == state::leaving; }
  /// The server owes an answer: a WELCOME, an ACK or a FAREWELL.
  bool is_waiting() const { return state_ != state::open || !kept_.empty(); }
  bool finished() const { return state_ == state::finished; }
  /// Packs are waiting to be sent on this connection.
  bool has_unsent() const { return cursor_ < kept_.size(); }
  figures counts() const;
  /// The server's last record when this session began; 0 before the first WELCOME.
  std::uint64_t durable_before() const { return durable_before_; }

private:
  enum class state { offline, greeting, awaiting_welcome, open, leaving, finished };
  struct kept_pack {
    std::uint64_t first;
    record_pack pack;
    std::uint64_t last() const { return first + pack.count - 1; }
    std::size_t cost() const;
  };

  void drop_durable();
  outgoing send(const kept_pack& next);

  std::string producer_;
  std::size_t window_bytes_;
  numbering numbers_;
  std::uint64_t first_number_ = 1;   ///< of the input
  std::uint64_t durable_before_ = 0; ///< by the first WELCOME
  std::optional<welcome_frame> limits_;
  state state_ = state::offline;
  bool input_ended_ = false;
  std::uint64_t next_number_ = 1;  ///< of the next record that is added
  std::uint64_t durable_ = 0;      ///< all up to here are
  std::uint64_t highest_sent_ = 0; ///< in this session, over all connections
  std::deque<kept_pack> kept_;     ///< not acknowledged as a whole
  std::size_t cursor_ = 0;         ///< the first of `kept_` that this connection has not sent
  std::size_t held_bytes_ = 0;
  figures figures_;
};

} // namespace weir::actors
