#pragma once

#include <map>
#include <utility>
#include <variant>
#include <vector>

#include "actors/sources/feed.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/log/records.hpp"

namespace weir::actors {

/// How the records of an input are cut into blocks: one is full, has waited a block interval, or holds records whose durability somebody
/// waits for. Which records are new is decided before. A pure state machine: it is told facts and appends what is to be done to its
/// actions. One thread.
class block_generator {
public:
  // What is to be done, in this order.
  struct store {
    log::block_header header;
    data::buffer_handle bytes;
  };
  struct schedule_cut {
    std::uint64_t sequence;
    bool soon; ///< as soon as what is already on its way has been added
  };
  struct confirm {
    std::uint64_t ticket;
  };
  struct reach {
    std::string producer; ///< is durable up to this number
    std::uint64_t last;
  };
  struct release {
    std::uint64_t bytes;
  };
  using action = std::variant<store, schedule_cut, reach, confirm, release>;

  block_generator(input_id input, std::size_t block_bytes) : input_{input}, block_bytes_{block_bytes} {}

  /// The epoch under which blocks are cut. Nothing may be added before.
  void opened(weir::epoch owner) { epoch_ = owner; }
  bool is_open() const { return epoch_.value != 0; }
  weir::epoch current_epoch() const { return epoch_; }

  /// Records without bytes are void: they have numbers, and nothing to read.
  void add(const fed_records& records);
  /// The block with this sequence has waited long enough.
  void cut_due(std::uint64_t sequence);
  void cut();
  void durable(block_sequence through);
  void released(block_sequence through);

  /// Whether the block that is being filled has records of this producer.
  bool fills_for(const std::string& producer) const;
  /// Blocks that were handed over and are not durable yet, oldest first: what a restarted block store must be told again.
  std::vector<log::block_header> undurable() const;
  /// Records in durable blocks, and their bytes.
  std::uint64_t durable_records() const { return durable_records_; }
  std::uint64_t durable_bytes() const { return durable_bytes_; }
  bool all_durable() const { return !filling() && durable_ == last_cut_; }
  block_sequence last_cut() const { return last_cut_; }
  block_sequence last_durable() const { return durable_; }

  std::vector<action> take_actions() { return std::exchange(actions_, {}); }

private:
  struct content {
    std::uint64_t records = 0;
    std::uint64_t held_bytes = 0;
    std::vector<log::producer_range> producers;
    std::vector<std::uint64_t> tickets;
  };
  struct cut_block_info {
    log::block_header header;
    content what;
  };

  bool filling() const {
    return content_.held_bytes > 0 || content_.records > 0 || !content_.tickets.empty() || !content_.producers.empty();
  }
  void note(content& of, const fed_records& records) const;
  void emit_block(content what, data::buffer_handle bytes);

  input_id input_;
  std::size_t block_bytes_;
  weir::epoch epoch_;
  std::shared_ptr<data::buffer> bytes_; ///< of the block that is being filled; null while it has none
  content content_;
  bool soon_ = false;
  block_sequence last_cut_;
  block_sequence durable_;
  std::uint64_t durable_records_ = 0;
  std::uint64_t durable_bytes_ = 0;
  std::map<block_sequence, cut_block_info> blocks_; ///< cut and not released
  std::vector<action> actions_;
};

} // namespace weir::actors
