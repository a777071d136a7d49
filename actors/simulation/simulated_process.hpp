#pragma once

#include <memory>

#include "actors/simulation/bounds_watch.hpp"
#include "actors/simulation/failing_disk.hpp"
#include "actors/simulation/life.hpp"
#include "actors/simulation/simulated_program.hpp"
#include "actors/simulation/surroundings.hpp"
#include "actors/simulation/trial.hpp"
#include "actors/simulation/verdict.hpp"
#include "libstream/log/memory_store.hpp"

namespace weir::actors::simulation {

/// A process of the application with the disk of its node. It lives, ends, and is started again, with what its log has; its services and actors
/// are new each time.
class simulated_process {
public:
  /// What it shares with all others.
  struct shared_parts {
    trial& run;
    surroundings& outside;
    simulated_program& program;
    failing_disk& disk;
    std::shared_ptr<file_system> files;
    verdict& judge;
  };

  explicit simulated_process(const shared_parts& shared)
    : shared_{shared}, run_{shared.run}, bounds_{run_.plan.settings, shared.outside.largest_piece_bytes()} {}

  // -- its lives

  void start();
  /// Asks it to drain. `for_good`: it is not started again then.
  void drain(bool for_good = false);
  /// Abruptly, as by kill -9. What its outputs did not sync is another's to lose.
  void end();
  /// When all is over.
  void leave();
  /// Goes on with what it is at: ends if it has failed, stops once it has drained. True: its life is over, and is to be ended.
  bool is_to_end();

  /// After each step: whether all is within its bounds.
  void look_at_bounds() { run_.judged_now(bounds_.holds(memory_now())); }
  /// When all is published.
  void look_at_rest() { run_.judged_now(bounds_watch::rests(memory_now())); }

  bool lives() const { return life_ != nullptr; }
  actors::simulation::life& life() const { return *life_; }
  std::uint64_t lives_ended() const { return lives_ended_; }
  bool is_draining() const { return draining_; }
  bool is_draining_for_good() const { return for_good_; }
  /// The last of its lives has ended in order.
  bool is_over() const { return over_; }
  /// In one of its lives, so what was not logged yet is lost.
  bool has_ended_by_failure() const { return has_ended_by_failure_; }

  // -- its log

  const log::store& log() const { return *log_; }
  bool log_is_empty() const;
  bool log_has_no_blocks() const;
  std::string describe() const;

private:
  process_services make_services();
  void furnish_inputs(node_services& node);
  bounds_watch::memory memory_now() const;
  void failed(const error& why) { failed_ = shared_.judge.may_end(why, failed_) || failed_; }

  shared_parts shared_;
  trial& run_;
  std::shared_ptr<log::memory_store> log_ = std::make_shared<log::memory_store>();
  bounds_watch bounds_;
  std::uint64_t lives_ended_ = 0;
  bool draining_ = false;
  bool for_good_ = false;
  bool drained_ = false; ///< it says so
  bool stopping_ = false;
  bool failed_ = false; ///< it has stopped itself, rightly
  bool has_ended_by_failure_ = false;
  bool over_ = false;
  std::unique_ptr<actors::simulation::life> life_; // last: ends while all it uses is there
};

} // namespace weir::actors::simulation
