#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/sources/ingest_server.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/data/buffer.hpp"
#include "libstream/log/records.hpp"

namespace weir::actors {

/// What a `weir://` receiver decides: which records are new, how blocks are cut, when a producer may be acknowledged.
/// A pure state machine: it is told facts and appends what is to be done to `actions()`. One thread.
///
/// A producer's numbers: ..., durable] accepted] next. Records up to `durable` are logged and acknowledged; up to `accepted` they
/// are in a block that is on its way; only `accepted + 1` may come next; whatever comes again is recognised and dropped.
/// A connection is welcomed once `durable` has reached `accepted`: by then all that an earlier connection of the producer handed in is
/// decided, so that no acknowledgement speaks of records that this connection has not sent.
class intake {
public:
  // What is to be done, in this order.
  struct look_up {
    std::string producer;
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
  struct store {
    log::block_header header;
    data::buffer_handle bytes;
  };
  struct schedule_cut {
    std::uint64_t sequence;
  };
  struct record_departure {
    std::string producer;
  };
  struct farewell {
    connection_id connection;
  };
  struct release {
    std::uint64_t bytes;
  };
  using action =
    std::variant<look_up, welcome, acknowledge, refuse, store, schedule_cut, record_departure, farewell, release>;

  /// The log knows `known_producers` names; while there are `max_producers`, no new one is taken.
  explicit intake(input_id input, std::size_t block_bytes, std::uint64_t max_producers = UINT64_MAX,
                  std::uint64_t known_producers = 0)
    : input_{input}, block_bytes_{block_bytes}, max_producers_{max_producers}, logged_producers_{known_producers} {}

  /// The epoch under which blocks are cut. Nothing may be told before this but hello, goodbye, closed.
  void opened(weir::epoch owner);
  bool is_open() const { return epoch_.value != 0; }
  weir::epoch current_epoch() const { return epoch_; }

  void hello(connection_id, const std::string& producer);
  /// Answers look_up. `logged`: the log knows the name.
  void found(const std::string& producer, std::uint64_t last_durable, bool logged);
  void data(connection_id, const ingest_data&);
  void goodbye(connection_id);
  /// `added`: the log did not have the name before.
  void departed(const std::string& producer, bool added);
  void closed(connection_id);
  /// The block with this sequence has waited long enough.
  void cut_due(std::uint64_t sequence);
  void cut();
  void durable(block_sequence through);
  void released(block_sequence through);
  /// The log has so many names, after those that were idle for long have left.
  void counted(std::uint64_t producers) { logged_producers_ = producers; }
  /// Take no more records. Who sends some after this has not said all, whatever it says then: it comes again, and so does its goodbye.
  void stop();

  /// Blocks that were handed over and are not durable yet, oldest first: what a restarted block store must be told again.
  std::vector<log::block_header> undurable() const;
  /// Look-ups and departures that have not been answered.
  std::vector<std::string> unanswered_lookups() const;
  std::vector<std::string> unanswered_departures() const;
  /// Of whom something is connected or under way: those whom the log must not forget.
  std::vector<std::string> present_producers() const;
  bool all_durable() const { return filling_.records == 0 && filling_.producers.empty() && durable_ == last_cut_; }
  /// Records that were new. Void ones do not count.
  std::uint64_t taken_records() const { return taken_records_; }
  /// Of them those that are durable, and their bytes.
  std::uint64_t durable_records() const { return durable_records_; }
  std::uint64_t durable_bytes() const { return durable_bytes_; }
  block_sequence last_cut() const { return last_cut_; }
  block_sequence last_durable() const { return durable_; }

  std::vector<action> take_actions() { return std::exchange(actions_, {}); }

private:
  struct producer {
    bool known = false;   ///< the log was asked for it
    bool logged = false;  ///< the log has its name
    bool welcome = false; ///< its connection has been welcomed
    std::uint64_t accepted = 0;
    std::uint64_t durable = 0;
    std::optional<connection_id> connection;
    bool leaving = false;     ///< said goodbye on this connection
    bool turned_away = false; ///< records of this connection came after `stop`
  };
  struct cut_info {
    log::block_header header;
    std::uint64_t held_bytes = 0;
    bool is_durable = false;
  };
  struct filling_block {
    std::shared_ptr<data::buffer> bytes;
    std::uint64_t records = 0;
    std::uint64_t held_bytes = 0;
    std::vector<log::producer_range> producers;
  };

  using producer_entry = std::map<std::string, producer>::iterator;

  void greet(producer&);
  void become_logged(producer&);
  void forget(producer_entry);
  bool has_room_for_another() const { return logged_producers_ + unlogged_producers_ < max_producers_; }
  void append(const std::string& name, std::uint64_t first, std::uint64_t count, std::string_view bytes,
              std::uint64_t held);
  void cut_whole(const std::string& name, std::uint64_t first, std::uint64_t count, const data::buffer_handle& bytes,
                 std::uint64_t held);
  void note_range(const std::string& name, std::uint64_t first, std::uint64_t count);
  void start_timer();
  void depart_if_durable(const std::string& name);
  void emit_block(std::uint64_t records, std::uint64_t held, std::vector<log::producer_range> ranges,
                  data::buffer_handle bytes);

  input_id input_;
  std::size_t block_bytes_;
  std::uint64_t max_producers_;
  std::uint64_t logged_producers_;       ///< names that the log has
  std::uint64_t unlogged_producers_ = 0; ///< names of `producers_` that were looked up and are not in the log
  weir::epoch epoch_;
  bool stopped_ = false;
  std::uint64_t taken_records_ = 0;
  std::uint64_t durable_records_ = 0;
  std::uint64_t durable_bytes_ = 0;
  std::map<std::string, producer> producers_;
  std::map<connection_id, std::string> connections_;
  filling_block filling_;
  block_sequence last_cut_;
  block_sequence durable_;
  std::map<block_sequence, cut_info> blocks_; ///< cut and not released
  std::vector<action> actions_;
};

} // namespace weir::actors
