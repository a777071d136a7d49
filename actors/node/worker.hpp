#pragma once

#include <functional>
#include <memory>
#include <string>

namespace weir::actors {

/// Runs jobs one after the other, in the order in which they were posted, away from the scheduler's workers, so that these stay
/// free for messages. A job reports by sending a message. Jobs never throw. The real one is a thread; the simulated one
/// runs a job when the seed says so.
class worker {
public:
  virtual ~worker() = default;
  virtual void post(std::function<void()> job) = 0;
};

/// Workers outlive the actors that use them: a restarted actor's first job runs after its predecessor's last one.
class worker_factory {
public:
  virtual ~worker_factory() = default;
  virtual std::shared_ptr<worker> make(const std::string& name) = 0;
};

} // namespace weir::actors
