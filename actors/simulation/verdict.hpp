#pragma once

#include <memory>
#include <optional>
#include <set>

#include "actors/simulation/batch_contents.hpp"
#include "actors/simulation/batch_watch.hpp"
#include "actors/simulation/bounds_watch.hpp"
#include "actors/simulation/expectation.hpp"
#include "actors/simulation/readers.hpp"
#include "actors/simulation/simulated_journal.hpp"
#include "actors/simulation/simulated_program.hpp"
#include "actors/simulation/surroundings.hpp"
#include "actors/simulation/trial.hpp"

namespace weir::actors::simulation {

/// What must hold: judges what the application says of its batches, why it ends, and in the end what came out of it.
class verdict {
public:
  verdict(trial& of, surroundings& outside, simulated_program& program, readers& watching);

  // -- while it runs

  /// Hears what the actors of a process tell. `log`: of that process; it has the blocks of open batches.
  /// `bounds`: of that process; it hears of batches and inputs.
  std::shared_ptr<journal> listen(std::shared_ptr<const log::store> log, bounds_watch& bounds);
  /// A transaction that `log` has now.
  void written(const log::transaction& changes, const log::store& log);
  /// The application stops itself. True if it may: a disk that fails (one that is full does not) stops it, and it goes on when it is started
  /// again; so does an actor that dies too often, and a user function that fails for good: until there is a release with a better one.
  /// Everything else is a violation. `again`: its end was right already.
  bool may_end(const error& why, bool again);
  void restarted() { recovering_since_ = trial_.time.now(); }

  // -- when all is over

  /// `certain`: see `surroundings::tell`.
  void conclude(bool certain, bool log_is_empty);

private:
  void committed(const batch_summary& batch);
  void counted(input_id input, std::uint64_t records);
  void left_out(batch_id batch);
  template <class Visit>
  void visit_lines(const log::batch_record& batch, const log::store& log, Visit visit);
  void judge_drawn_pipeline();
  void amended(const log::batch_record& batch, const log::store& log);
  bool isolates() const;
  void judge_words(bool stopped_early);

  trial& trial_;
  surroundings& outside_;
  simulated_program& program_;
  readers& readers_;
  std::uint32_t stops_left_; ///< until the program is mended
  std::set<batch_id> skipped_;
  expectation expected_;
  batch_contents contents_; ///< if there is a drawn pipeline
  batch_watch batch_watch_;
  std::optional<timeline::time_point> recovering_since_;
};

} // namespace weir::actors::simulation
