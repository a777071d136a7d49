#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "actors/sources/feed.hpp"

namespace weir::actors {

/// Which of the records that are numbered by a producer are new, so that whoever did not hear an answer may hand them over again. As in
/// `intake`: ..., durable] accepted] next. A pure state machine; one thread.
class numbered_records {
public:
  // What is to be done, in this order.
  /// The answer repeats the question: what the log says of a producer changes, and an older answer is none.
  struct look_up {
    std::string producer;
    std::uint64_t question = 0;
  };
  struct accept {
    fed_records records;
  };
  struct confirm {
    std::uint64_t ticket;
  };
  struct refuse {
    std::uint64_t ticket;
    std::string reason;
  };
  struct release {
    std::uint64_t bytes;
  };
  using action = std::variant<look_up, accept, confirm, refuse, release>;

  void arrived(fed_records records);
  /// Answers look_up.
  void found(const std::string& producer, std::uint64_t last_durable, std::uint64_t question);
  /// Where the producer of all records stands, before the first of them comes.
  void begin(const std::string& producer, std::uint64_t last_durable);
  /// All records of the producer up to `last` are durable.
  void durable(const std::string& producer, std::uint64_t last);

  /// Look-ups that have not been answered.
  std::vector<look_up> unanswered() const;
  /// Whether records wait for anything but their block.
  bool any_waiting() const;

  std::vector<action> take_actions() { return std::exchange(actions_, {}); }

private:
  struct repeated {
    std::uint64_t last;
    std::uint64_t ticket;
    std::uint64_t held;
  };
  struct standing {
    bool known = false;
    std::uint64_t question = 0;
    std::uint64_t accepted = 0;
    std::uint64_t durable = 0;
    std::vector<fed_records> early;     ///< came before it is known where the producer stands
    std::vector<repeated> in_the_block; ///< accepted before, and not durable yet
  };

  void become_known(standing& who, std::uint64_t last_durable);
  void judge(standing& who, fed_records records);
  void forget_idle();

  std::map<std::string, standing> producers_;
  std::uint64_t questions_ = 0; ///< asked so far
  std::vector<action> actions_;
};

} // namespace weir::actors
