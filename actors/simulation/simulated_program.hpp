#pragma once

#include <memory>
#include <optional>

#include "actors/simulation/batch_contents.hpp"
#include "actors/simulation/poison.hpp"
#include "actors/simulation/simulated_lines.hpp"
#include "actors/simulation/simulated_table.hpp"
#include "actors/simulation/trial.hpp"
#include "libstream/api/stream_context.hpp"

namespace weir::actors::simulation {

inline constexpr const char* dead_letter_prefix = "/dead/letters";
inline constexpr const char* sums_prefix = "/sums/sums";

/// The program that is simulated: word count, as people write it, and what the seed has it do besides. Its functions fail, and write to what
/// outlives its processes.
class simulated_program {
public:
  explicit simulated_program(trial& of);

  /// Anew for each life: what the program's functions remember dies with its process. `life`: how many have ended.
  std::shared_ptr<const plan::physical_plan> build(std::uint64_t life);
  void life_ended();

  /// How it fails in functions, and where its functions write.
  actors::simulation::poison& poison() { return *poison_; }
  simulated_table& table() { return table_; }
  const simulated_lines& lines() const { return lines_; }
  /// What a function of the drawn pipeline was called with.
  const batch_contents::rows_of_batches& drawn_calls() const { return drawn_calls_; }

private:
  void add_sums(dstream<std::string_view> lines);
  void add_drawn(dstream<std::string_view> lines);
  void called(const batch_key& key, std::vector<expected_rows::row> rows);

  trial& trial_;
  std::shared_ptr<actors::simulation::poison> poison_;
  simulated_table table_;
  simulated_lines lines_;
  batch_contents::rows_of_batches drawn_calls_;
};

} // namespace weir::actors::simulation
