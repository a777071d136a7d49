#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "actors/batch_coordinator/coordinator_action.hpp"
#include "actors/batch_coordinator/coordinator_facts.hpp"
#include "actors/batch_coordinator/coordinator_reports.hpp"
#include "actors/batch_coordinator/drain_watch.hpp"
#include "actors/batch_coordinator/input_queue.hpp"
#include "actors/batch_coordinator/messages.hpp"
#include "actors/batch_coordinator/recovered_batches.hpp"
#include "actors/batch_coordinator/waiting_offsets.hpp"
#include "actors/node/message_parts.hpp"

namespace weir::actors {

/// The coordinator's side of its inputs: it opens their epochs, knows what waits to be sealed, and whether they have come to rest or are
/// drained. Told facts, it says whether more can be sealed now, and adds what follows to `actions`. No actor; one thread.
class coordinator_inputs {
public:
  using time_point = drain_watch::time_point;

  /// All three outlive it.
  coordinator_inputs(const coordinator_facts& facts, coordinator_reports& reports, coordinator_actions& actions);

  /// The coordinator has its epoch, and the log has said what is in batches.
  void begin(weir::epoch epoch, const recovered_batches& log);

  // Facts. What comes before `begin` is asked for again by it, but for requests to open.
  void on(const open_input& message);
  void on(const epoch_opened& message);
  void on(const blocks_reported& message);
  /// False if a block is missing in between: it is asked for.
  bool on(const blocks_ready& message);
  void on(const blocks_void& message);
  /// True if something was taken into the queue.
  bool on(const offsets_found& message);
  bool positions_read(input_queue::logged_positions positions);
  void on(const input_activity& message);
  void on(const input_drained& message);

  /// Nothing more is to be taken.
  void drain();
  /// Asks again for what was not answered: epochs of inputs, blocks that are kept.
  void open_again();
  void ask_for_blocks_again();
  /// What a lost block store had reported is asked for anew.
  void ask_for_blocks();
  /// Asks again the inputs that have not said that they have drained.
  void drain_again();
  void receiver_restarted(input_id input);

  input_queue& queue() { return queue_; }
  const input_queue& queue() const { return queue_; }
  /// Something waits to be sealed.
  void busy() { rest_.busy(); }
  void report_waiting() { reports_.waiting(queue_, facts_.inputs.size()); }
  /// Every input has drained, and all of it was sealed: also what is kept of lost receivers, for which the block store is asked.
  bool all_drained();
  /// Nothing has come for `stop_when_idle`, and nothing waits. `nothing_open`: no batch with input is under way.
  bool are_idle(bool nothing_open, time_point now);

private:
  /// What one receiver has reported since it was asked last.
  struct report_line {
    std::uint64_t incarnation = 0; ///< of the receiver; 0 = nobody has said
    std::uint64_t report = 0;
    std::uint64_t taken = 0;      ///< the last of its news
    std::uint64_t activities = 0; ///< the last one
  };

  void ask_for_report(input_id input);
  void ask_for_epoch(input_id input, std::uint64_t incarnation);
  bool is_late(const input_activity& message);
  bool has_heard_all_of(const input_activity& message);
  bool blocks_are_known() const;
  bool take_offsets();
  bool take(const offsets_found& news);
  void changed_after_reading(input_id input, const std::string& file);
  void report_nothing_new();
  template <class Message>
  void tell_receiver(input_id input, Message message) {
    actions_.push_back(send_to{facts_.owners.receiver_of(input), std::move(message)});
  }

  const coordinator_facts& facts_;
  coordinator_reports& reports_;
  coordinator_actions& actions_;
  weir::epoch epoch_; ///< 0 before `begin`
  bool draining_ = false;
  input_queue queue_;
  drain_watch rest_;
  std::map<input_id, report_line> reports_of_; ///< by input
  std::map<input_id, weir::epoch> newest_;     ///< epoch of each input that was ever opened
  std::map<input_id, std::uint64_t> opening_;  ///< receivers that wait for their epoch
  std::uint64_t question_ = 0;                 ///< the last one to the block stores
  std::set<node_id> unanswered_;               ///< of these nodes
  joined_parts<blocks_reported> answers_;
  std::vector<blocks_reported::line> kept_; ///< the answers
  bool asked_at_the_end_ = false;           ///< when all had drained
  waiting_offsets offsets_;
  std::set<std::pair<input_id, std::string>> changed_files_; ///< after they were read; named to people
  std::set<input_id> resting_;                               ///< inputs that have said that all is found that is there
  std::set<input_id> said_nothing_new_;
};

} // namespace weir::actors
