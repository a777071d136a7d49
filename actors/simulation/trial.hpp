#pragma once

#include <string>

#include "actors/simulation/outcome.hpp"
#include "actors/simulation/scenario.hpp"
#include "actors/simulation/timeline.hpp"

namespace weir::actors::simulation {

/// One run of a scenario: what its parts share. What the scenario says, virtual time with the seed's choices, and what comes of it.
struct trial {
  trial(const scenario& planned, bool trace) : plan{planned}, time{planned.seed, trace} { ended.seed = planned.seed; }
  trial(const trial&) = delete;
  trial& operator=(const trial&) = delete;

  /// A promise is broken. The run ends soon.
  void violated(const std::string& sentence) {
    constexpr std::size_t most_violations = 5;
    time.note("violation: " + sentence);
    if (ended.violations.size() < most_violations)
      ended.violations.push_back(sentence);
  }
  /// The same of an answer that is empty if nothing is wrong.
  void judged(const std::string& sentence) {
    if (!sentence.empty())
      violated(sentence);
  }

  /// With the moment, for what stands for a moment only.
  void judged_now(const std::string& sentence) {
    if (!sentence.empty())
      violated(sentence + " (at " + std::to_string(time.elapsed().count()) + " us, step " +
               std::to_string(ended.steps) + ")");
  }

  const scenario plan;
  timeline time;
  outcome ended;
};

} // namespace weir::actors::simulation
