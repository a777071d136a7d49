#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/receiver/block_generator.hpp"
#include "actors/sources/ingest_server.hpp"

namespace weir::actors {

/// What is decided of the producers that connect to a `weir://` port: which of their records are new, and when they may be acknowledged.
/// New ones go into the blocks. A pure state machine: it is told facts and appends what is to be done to its actions. One thread.
///
/// A producer's numbers: ..., durable] accepted] next. Records up to `durable` are logged and acknowledged; up to `accepted` they
/// are in a block that is on its way; only `accepted + 1` may come next; whatever comes again is recognised and dropped.
/// A connection is welcomed once `durable` has reached `accepted`: by then all that an earlier connection of the producer handed in is
/// decided, so that no acknowledgement speaks of records that this connection has not sent.
class intake {
public:
  // What is to be done, in this order.
  /// The answer repeats the question: what the log says of a producer changes, and an older answer is none.
  struct look_up {
    std::string producer;
    std::uint64_t question = 0;
  };
  struct welcome {
    connection_id connection;
    std::uint64_t last_durable;
  };
  struct acknowledge {
    connection_id connection;
    std::uint64_t through;
  };
  struct refuse {
    connection_id connection;
    std::string reason;
  };
  struct record_departure {
    std::string producer;
    std::uint64_t question = 0;
  };
  struct farewell {
    connection_id connection;
  };
  using release = block_generator::release;
  using action = std::variant<look_up, welcome, acknowledge, refuse, record_departure, farewell, release>;

  /// The log knows `known_producers` names; while there are `max_producers`, no new one is taken.
  explicit intake(block_generator& blocks, std::uint64_t max_producers = UINT64_MAX, std::uint64_t known_producers = 0)
    : blocks_{blocks}, max_producers_{max_producers}, logged_producers_{known_producers} {}

  /// The blocks have been opened. Nothing may be told before this but hello, goodbye, closed.
  void opened();

  void hello(connection_id, const std::string& producer);
  /// Answers look_up. `logged`: the log knows the name.
  void found(const std::string& producer, std::uint64_t last_durable, bool logged, std::uint64_t question);
  void data(connection_id, const ingest_data&);
  void goodbye(connection_id);
  /// `added`: the log did not have the name before.
  void departed(const std::string& producer, bool added, std::uint64_t question);
  void closed(connection_id);
  /// All records of the producer up to `last` are durable.
  void reached(const std::string& name, std::uint64_t last);
  /// The log has so many names, after those that were idle for long have left.
  void counted(std::uint64_t producers) { logged_producers_ = producers; }
  /// Take no more records. Who sends some after this has not said all, whatever it says then: it comes again, and so does its goodbye.
  void stop();

  /// Asks again what has not been answered.
  void ask_again();
  /// Look-ups and departures that have not been answered.
  std::vector<std::string> unanswered_lookups() const;
  std::vector<std::string> unanswered_departures() const;
  /// Of whom something is connected or under way: those whom the log must not forget.
  std::vector<std::string> present_producers() const;
  /// Records that were new. Void ones do not count.
  std::uint64_t taken_records() const { return taken_records_; }

  std::vector<action> take_actions() { return std::exchange(actions_, {}); }

private:
  struct producer {
    bool known = false;   ///< the log was asked for it
    bool logged = false;  ///< the log has its name
    bool welcome = false; ///< its connection has been welcomed
    std::uint64_t accepted = 0;
    std::uint64_t durable = 0;
    std::optional<connection_id> connection;
    std::uint64_t question = 0; ///< of its look-up
    std::uint64_t goodbye = 0;  ///< question of its departure
    bool leaving = false;       ///< said goodbye on this connection
    bool turned_away = false;   ///< records of this connection came after `stop`
  };
  using producer_entry = std::map<std::string, producer>::iterator;

  void ask(const std::string& name, producer&);
  void greet(producer&);
  void become_logged(producer&);
  void forget(producer_entry);
  bool has_room_for_another() const { return logged_producers_ + unlogged_producers_ < max_producers_; }
  void depart_if_durable(const std::string& name);

  block_generator& blocks_;
  std::uint64_t max_producers_;
  std::uint64_t logged_producers_;       ///< names that the log has
  std::uint64_t unlogged_producers_ = 0; ///< names of `producers_` that were looked up and are not in the log
  bool stopped_ = false;
  std::uint64_t taken_records_ = 0;
  std::uint64_t questions_ = 0;         ///< asked so far
  std::uint64_t counted_departure_ = 0; ///< the last one by which the log got a name
  std::map<std::string, producer> producers_;
  std::map<connection_id, std::string> connections_;
  std::vector<action> actions_;
};

} // namespace weir::actors
