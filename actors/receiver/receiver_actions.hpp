#pragma once

#include <chrono>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "actors/batch_coordinator/messages.hpp"
#include "actors/block_store/messages.hpp"
#include "actors/checkpoint_writer/messages.hpp"
#include "actors/node/role.hpp"
#include "libstream/data/buffer.hpp"

namespace weir::actors {

/// What a receiver's decisions want done, as plain values in their order: the shell carries them out, a test looks at them.
class receiver_actions {
public:
  /// All that a receiver says to other actors.
  using message_to_others = std::variant<open_input, store_blocks, find_producer, record_departure, forget_producers,
                                         input_activity, input_drained>;
  struct send {
    role to; ///< of its own node, or the coordinator
    message_to_others message;
  };
  /// The bytes of a block have to lie on the node's shelf before anybody hears of the block.
  struct shelve {
    block_id id;
    data::buffer_handle bytes;
  };
  /// A named place where an experiment may kill the process.
  struct at_fault_point {
    const char* name;
  };
  enum class timer { tick, retry, cut, look_again, forget };
  /// Call what belongs to the timer after this time. Zero: as soon as what has already come has been heard.
  struct start_timer {
    receiver_actions::timer timer;
    std::chrono::microseconds after;
    std::uint64_t sequence = 0; ///< of the block to cut
  };
  /// This receiver ends, and a successor begins.
  struct quit {};
  using action = std::variant<send, shelve, at_fault_point, start_timer, quit>;

  void add(action what) { all_.push_back(std::move(what)); }
  void pass_fault_point(const char* name) { add(at_fault_point{name}); }
  void to_coordinator(message_to_others message) { add(send{role::batch_coordinator, std::move(message)}); }
  void to_block_store(message_to_others message) { add(send{role::block_store, std::move(message)}); }
  void to_writer(message_to_others message) { add(send{role::checkpoint_writer, std::move(message)}); }

  /// Since this was called last.
  std::vector<action> take() { return std::exchange(all_, {}); }

private:
  std::vector<action> all_;
};

} // namespace weir::actors
