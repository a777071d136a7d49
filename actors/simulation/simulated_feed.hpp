#pragma once

#include <memory>
#include <optional>

#include "actors/simulation/scenario.hpp"
#include "actors/simulation/timeline.hpp"
#include "actors/sources/feed.hpp"
#include "actors/sources/generator_pace.hpp"

namespace weir::actors::simulation {

/// A server that a `tcp://` input reads, or the generator of a `generate://` one: what outlives the application's processes.
class simulated_source {
public:
  explicit simulated_source(planned_feed plan);

  const planned_feed& plan() const { return plan_; }
  /// A server: all lines have been sent, each once, whoever was there to read them.
  bool all_sent() const { return next_line_ == plan_.lines.size(); }
  std::size_t sent() const { return next_line_; }
  const std::optional<generator_options>& generator() const { return generator_; }
  /// The lines of the generator, all of them.
  std::string generated() const;

  /// The next lines of a server.
  fed_records take(std::size_t most);

private:
  planned_feed plan_;
  std::size_t next_line_ = 0;
  std::optional<generator_options> generator_;
};

/// A feed on virtual time, over one of them. What it has counted and not been given back stands in `held`.
std::unique_ptr<feed> open_simulated_feed(timeline& time, simulated_source& source, std::uint64_t budget_bytes,
                                          std::shared_ptr<feed_listener> listener, std::shared_ptr<std::uint64_t> held);

} // namespace weir::actors::simulation
