#include "actors/simulation/drawn_pipeline.hpp"

namespace weir::actors::simulation {

planned_pipeline draw_pipeline(chance random) {
  planned_pipeline drawn;
  if (random.percent(65))
    return drawn;
  drawn.choice = static_cast<std::int64_t>(random.below(100));
  for (auto steps = random.between(1, 4); steps > 0; --steps)
    drawn.steps.push_back(static_cast<pipeline_step>(random.below(pipeline_step_count)));
  if (drawn.steps.size() > 1 && random.percent(50))
    drawn.shown_halfway = static_cast<std::uint32_t>(random.between(1, drawn.steps.size() - 1));
  return drawn;
}

std::vector<std::pair<std::string, std::int64_t>> drawn_table(std::int64_t choice) {
  std::vector<std::pair<std::string, std::int64_t>> rows;
  for (std::int64_t i = 0; i < 6 + choice % 5; ++i)
    rows.emplace_back("w" + std::to_string(i), i * 10 + choice);
  rows.emplace_back("w1", 3); // two values of one key
  rows.emplace_back("never said", 1);
  return rows;
}

} // namespace weir::actors::simulation
