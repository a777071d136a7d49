#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/simulation/expectation.hpp"
#include "actors/simulation/simulated_feed.hpp"
#include "actors/simulation/simulated_inputs.hpp"
#include "actors/simulation/simulated_network.hpp"
#include "actors/simulation/simulated_producer.hpp"
#include "actors/simulation/trial.hpp"
#include "libstream/log/store.hpp"

namespace weir::actors::simulation {

/// What is outside of the application and outlives its processes: producers and the links to them, files that appear, servers of lines, and
/// the wall clock.
class surroundings {
public:
  explicit surroundings(trial& of);
  surroundings(const surroundings&) = delete;
  surroundings& operator=(const surroundings&) = delete;

  std::int64_t wall_clock_us() const;

  // -- what a process finds

  const std::shared_ptr<simulated_network>& network() { return network_; }
  /// By input; null where nothing can be read again.
  std::vector<std::shared_ptr<plan::replayable_source>> replayable() const;
  std::shared_ptr<plan::replayable_source> directory(input_id input) const;
  /// Null: its directory has logs, and is asked for all it has, as a program's own source is.
  std::unique_ptr<directory_watch> watch(input_id input);
  std::unique_ptr<feed> open(input_id input, std::shared_ptr<feed_listener> listener);

  // -- what the world asks

  bool everything_was_sent() const;
  bool files_are_sealed(const log::store& log) const;
  bool feeds_are_done(const log::store& log) const;
  /// That receivers have not released.
  std::uint64_t held_bytes() const;
  /// The most that a receiver is handed at once.
  std::uint64_t largest_piece_bytes() const;
  /// Says what must come. `certain`: nothing was lost before it was logged, so neither are lines of senders that cannot know.
  void tell(expectation& expected, bool certain);
  /// Producers that have not finished.
  std::string describe() const;

private:
  /// What was sent to an input that the application fetches itself, and what it has taken and not given back.
  struct fed_input {
    simulated_source source;
    std::shared_ptr<std::uint64_t> held = std::make_shared<std::uint64_t>(0);
  };

  void show_more(const planned_file& file, std::size_t step);
  bool has_logs(const std::string& directory) const;
  void jump_clock();

  trial& trial_;
  simulated_inputs inputs_;
  std::shared_ptr<simulated_network> network_;
  std::vector<std::unique_ptr<simulated_producer>> producers_;
  std::map<input_id, fed_input> feeds_;
  std::int64_t clock_offset_ms_ = 0;
  std::size_t files_to_appear_ = 0;
};

} // namespace weir::actors::simulation
