#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "actors/checkpoint_writer/group_commit.hpp"
#include "actors/node/worker.hpp"
#include "libstream/base/marks.hpp"
#include "libstream/log/store.hpp"

namespace weir::actors {

/// Commits groups on the thread of the log, in their order. Once one was refused for lack of room, those behind it are left alone, until one
/// comes that tries again.
class log_thread {
public:
  /// `fail` hears of errors that end the application; on the log thread.
  log_thread(std::shared_ptr<worker> thread, std::shared_ptr<log::store> store, std::function<void(const error&)> fail)
    : thread_{std::move(thread)}, store_{std::move(store)}, fail_{std::move(fail)} {}

  /// `tell` hears, on the log thread, that the group is durable, or that there was no room for it. After any other error it hears nothing.
  void post(group_commit::posted_group next, std::function<void(const result<void>&)> tell) {
    thread_->post([next = std::move(next), tell = std::move(tell), store = store_, fail = fail_, refusing = refusing_] {
      if (next.tries_again)
        *refusing = false;
      if (*refusing) {
        mark("writer.holds_group_back");
        return;
      }
      auto done = next.group->write(*store);
      if (!done && !done.error().full)
        return fail(done.error());
      *refusing = !done;
      tell(done);
    });
  }

private:
  std::shared_ptr<worker> thread_;
  std::shared_ptr<log::store> store_;
  std::function<void(const error&)> fail_;
  std::shared_ptr<bool> refusing_ =
    std::make_shared<bool>(false); ///< touched by the jobs only, which outlive this object
};

} // namespace weir::actors
