#include "actors/simulation/simulated_workers.hpp"

#include <algorithm>

namespace weir::actors::simulation {

class simulated_workers::posting final : public worker {
public:
  posting(simulated_workers& to, std::string name) : to_{to}, name_{std::move(name)} {}
  void post(std::function<void()> job) override { to_.post(name_, std::move(job)); }

private:
  simulated_workers& to_;
  std::string name_;
};

std::shared_ptr<worker> simulated_workers::make(const std::string& name) {
  return std::make_shared<posting>(*this, name);
}

void simulated_workers::post(const std::string& name, std::function<void()> job) {
  if (dropped_)
    return;
  auto& at = queues_[name];
  if (at.jobs.empty())
    at.ends = time_.now() + takes_(name);
  at.jobs.push_back(std::move(job));
}

std::vector<std::string> simulated_workers::due() const {
  std::vector<std::string> found;
  for (auto& [name, at] : queues_)
    if (!at.jobs.empty() && at.ends <= time_.now())
      found.push_back(name);
  return found;
}

timeline::time_point simulated_workers::next_end() const {
  auto next = timeline::time_point::max();
  for (auto& [name, at] : queues_)
    if (!at.jobs.empty())
      next = std::min(next, at.ends);
  return next;
}

void simulated_workers::run(const std::string& name) {
  auto& at = queues_[name];
  auto job = std::move(at.jobs.front());
  at.jobs.pop_front();
  if (!at.jobs.empty())
    at.ends = time_.now() + takes_(name);
  job();
}

void simulated_workers::drop_all() {
  dropped_ = true;
  // Jobs hold actors' state, whose end may post again: they are let go outside of the map.
  auto gone = std::exchange(queues_, {});
}

} // namespace weir::actors::simulation
