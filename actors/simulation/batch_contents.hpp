#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/simulation/pipeline_model.hpp"
#include "actors/simulation/simulated_table.hpp"
#include "libstream/base/ids.hpp"

namespace weir::actors::simulation {

/// Which lines each batch has, and so what the outputs of a drawn pipeline must show for it. Pure.
class batch_contents {
public:
  using published_parts = simulated_table::published_parts;
  using rows_of_batches = std::map<std::int64_t, std::vector<expected_rows::row>>; ///< by batch time

  // -- facts of the log

  void sealed(batch_id batch, std::int64_t time_ms, std::vector<std::string> lines) {
    batches_.try_emplace(batch, content{time_ms, std::move(lines), false, false});
  }
  bool knows(batch_id batch) const { return batches_.count(batch) > 0; }
  void committed(batch_id batch) { batches_.at(batch).is_committed = true; }
  void skipped(batch_id batch) { batches_.at(batch).is_skipped = true; }

  // -- at the end

  /// How often each line is in batches that are committed and not skipped.
  std::map<std::string, std::uint64_t> totals() const;
  /// What is wrong with the output behind the first `steps` steps; empty: nothing. `isolated`: lines on which the program's function fails are
  /// left out.
  std::string judge(const planned_pipeline& drawn, std::size_t steps, bool isolated,
                    const published_parts& shown) const;
  /// The same of what a function was called with.
  std::string judge_calls(const planned_pipeline& drawn, bool isolated, const rows_of_batches& calls) const;

private:
  struct content {
    std::int64_t time_ms = 0;
    std::vector<std::string> lines;
    bool is_committed = false;
    bool is_skipped = false;

    bool counts() const { return is_committed && !is_skipped; }
  };

  expected_rows expected(const content& batch, const planned_pipeline& drawn, std::size_t steps, bool isolated) const;
  std::string compare(const planned_pipeline& drawn, std::size_t steps, bool isolated,
                      const rows_of_batches& shown) const;

  std::map<batch_id, content> batches_;
};

/// The rows of one part of a text output; nothing if it cannot be read.
std::optional<std::vector<expected_rows::row>> rows_of_text(const std::string& text);

} // namespace weir::actors::simulation
