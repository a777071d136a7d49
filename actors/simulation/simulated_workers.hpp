#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/node/worker.hpp"
#include "actors/simulation/timeline.hpp"

namespace weir::actors::simulation {

/// Workers without threads: each runs its jobs one after the other, and each job ends some virtual time after it began. What a job
/// does happens at its end, at once; so a crash before loses all of it (a transaction that was not synced), a crash after only its
/// answer. They end with their process: `drop_all`.
class simulated_workers final : public worker_factory {
public:
  /// How long a job of the worker with this name takes.
  using duration_of_job = std::function<timeline::duration(const std::string& worker)>;

  simulated_workers(timeline& time, duration_of_job takes) : time_{time}, takes_{std::move(takes)} {}

  std::shared_ptr<worker> make(const std::string& name) override;

  /// Names of the workers whose job could end now, in a fixed order.
  std::vector<std::string> due() const;
  /// When the next job ends; the greatest time if none is under way.
  timeline::time_point next_end() const;
  /// Ends the job under way of a worker that is due.
  void run(const std::string& name);
  /// The process has died: nothing that was not done happens any more, and nothing is taken on.
  void drop_all();

private:
  struct queue {
    std::deque<std::function<void()>> jobs;
    timeline::time_point ends; ///< of the first job
  };
  class posting;

  void post(const std::string& name, std::function<void()> job);

  timeline& time_;
  duration_of_job takes_;
  std::map<std::string, queue> queues_;
  bool dropped_ = false;
};

} // namespace weir::actors::simulation
