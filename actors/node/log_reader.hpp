#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "actors/caf.hpp"
#include "actors/node/log_was_read.hpp"
#include "actors/node/worker.hpp"
#include "libstream/base/error.hpp"

namespace weir::actors {

/// Reads the log for one actor, on the log's own thread, behind whatever is being written there: no thread of the scheduler waits for a
/// disk. It is a part of the actor's state, which gives it each `log_was_read`.
///
/// What follows a reading stays with the actor, and only what was read comes back: an actor that has ended meanwhile is neither kept alive
/// nor called, and its successor hears nothing of it.
class log_reader {
public:
  /// `fail` hears of an error, on the log's thread.
  template <class Actor>
  log_reader(Actor* self, worker_factory& workers, std::function<void(const error&)> fail)
    : reader_{caf::actor_cast<caf::actor_addr>(self)}, fail_{std::move(fail)}, thread_{workers.make("log")} {}

  /// `read()` is called on the log's thread and must not touch the actor; `use` is called with what it answers, in the actor.
  /// Answers come in the order of their wishes. An error ends the application.
  template <class Read, class Use>
  void read(Read read, Use use) {
    using answer = typename std::invoke_result_t<Read>::value_type;
    auto place = std::make_shared<std::optional<answer>>();
    uses_.emplace(++last_, [place, use = std::move(use)]() mutable { use(**place); });
    thread_->post([fail = fail_, reader = reader_, number = last_, read = std::move(read), place] {
      auto known = read();
      if (!known) {
        fail(known.error());
        return;
      }
      place->emplace(std::move(*known));
      if (auto handle = caf::actor_cast<caf::actor>(reader))
        caf::anon_send(handle, log_was_read{number});
    });
  }

  void heard(const log_was_read& message) {
    if (auto use = uses_.extract(message.reading))
      use.mapped()();
  }

private:
  caf::actor_addr reader_;
  std::function<void(const error&)> fail_;
  std::shared_ptr<worker> thread_;
  std::map<std::uint64_t, std::function<void()>> uses_; ///< by the number of the wish
  std::uint64_t last_ = 0;
};

} // namespace weir::actors
