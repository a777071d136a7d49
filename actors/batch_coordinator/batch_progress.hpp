#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "actors/node/attempt.hpp"
#include "libstream/base/ensure.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/log/records.hpp"
#include "libstream/plan/task.hpp"

namespace weir::actors {

/// Where one batch stands. A pure state machine: it is told facts and says whether they moved it.
///
///   open ──all tasks ended──▶ staged ──commit logged──▶ committed ──all outputs published──▶ published ──end logged──▶ (forgotten)
///    ├── view changed: same splits, next attempt ◀──┘ (not once its commit was asked for)
///    └── a user function failed: amended, and once that is logged the next attempt
///
/// It is computed while its seal is on its way into the log; the log takes the commit only behind the seal.
class batch_progress {
public:
  enum class state { open, staged, committed, published };

  /// A batch whose seal was asked for.
  batch_progress(log::batch_record record, std::size_t tasks)
    : record_{std::move(record)}, tasks_{record_.amendment.skipped ? 0 : tasks}, amended_{record_.amendment.number} {}
  /// A batch that the log says is committed. `outputs`: those that have something to show of it. `input_bytes`: of its input, which the log
  /// holds until it is done.
  batch_progress(log::commit_record commit, std::set<output_index> outputs, std::uint64_t input_bytes = 0)
    : unpublished_{std::move(outputs)},
      state_{unpublished_.empty() ? state::published : state::committed},
      sealed_{true},
      commit_{std::move(commit)} {
    record_.id = commit_.id;
    record_.time_ms = commit_.time_ms;
    record_.bytes = input_bytes;
  }

  state where() const { return state_; }
  const log::batch_record& record() const { return record_; }
  const log::commit_record& commit() const { return commit_; }
  /// Otherwise it is there because something is due in every batch.
  bool has_input() const { return !record_.splits.empty() || commit_.records > 0; }
  const attempt& current() const { return attempt_; }
  const std::set<output_index>& unpublished() const { return unpublished_; }

  void seal_logged() { sealed_ = true; }
  bool is_sealed() const { return sealed_; }

  /// Starts it, or starts it anew: what earlier attempts staged no longer counts. Only while open.
  void announced(const attempt& next) {
    ensure(state_ == state::open, "only an open batch is computed again", "batch", record_.id, "state",
           static_cast<int>(state_));
    ensure(attempt_ < next, "attempts at a batch rise", "batch", record_.id, "view", next.view, "before",
           attempt_.view);
    attempt_ = next;
    ended_.clear();
    parts_.clear();
    records_ = 0;
  }

  /// A user function fails on it: what its next attempt leaves out. Only while open. Repeated reports change nothing; false then.
  bool amend(bool skip, const std::vector<log::exclusion>& excluded) {
    auto& now = record_.amendment;
    auto before = now;
    now.skipped = now.skipped || skip;
    for (auto& each : excluded)
      if (std::none_of(now.excluded.begin(), now.excluded.end(), [&](auto& known) {
            return std::tie(known.stage, known.task, known.position) == std::tie(each.stage, each.task, each.position);
          }))
        now.excluded.push_back(each);
    if (now == before)
      return false;
    ++now.number;
    if (now.skipped)
      tasks_ = 0;
    return true;
  }
  /// True if that was the newest amendment: the next attempt may begin.
  bool amendment_logged(std::uint32_t number) {
    if (state_ != state::open || number != record_.amendment.number || number == amended_)
      return false;
    amended_ = number;
    return true;
  }
  /// An amendment is on its way into the log.
  bool is_amending() const { return amended_ < record_.amendment.number; }

  /// True if this was the last task. Tasks of other attempts and repeated ones are ignored.
  bool task_finished(const attempt& of, stage_index stage, task_index task, const std::vector<log::staged_part>& parts,
                     std::uint64_t records) {
    if (state_ != state::open || of != attempt_ || is_amending() || !ended_.insert({stage, task}).second)
      return false;
    parts_.insert(parts_.end(), parts.begin(), parts.end());
    records_ += records;
    return all_tasks_ended();
  }
  bool all_tasks_ended() const { return ended_.size() == tasks_ && !is_amending(); }

  /// The commit to be logged. Only when all tasks have ended.
  const log::commit_record& stage(weir::epoch owner) {
    ensure(state_ == state::open && all_tasks_ended(), "a batch is committed once all its tasks have ended", "batch",
           record_.id, "ended", ended_.size(), "tasks", tasks_);
    state_ = state::staged;
    std::sort(parts_.begin(), parts_.end());
    commit_ = {record_.id, record_.time_ms, owner, attempt_.view, std::move(parts_), records_};
    return commit_;
  }

  /// `outputs`: those that have something to show of it.
  bool commit_logged(std::set<output_index> outputs) {
    if (!move(state::staged, state::committed))
      return false;
    sealed_ = true;
    unpublished_ = std::move(outputs);
    if (unpublished_.empty())
      state_ = state::published;
    return true;
  }

  /// True if this was the last output.
  bool output_published(output_index output) {
    if (state_ != state::committed)
      return false;
    unpublished_.erase(output);
    return unpublished_.empty() && move(state::committed, state::published);
  }

private:
  bool move(state from, state to) {
    if (state_ != from)
      return false;
    state_ = to;
    return true;
  }

  log::batch_record record_;
  std::size_t tasks_ = 0;
  std::set<output_index> unpublished_;
  state state_ = state::open;
  bool sealed_ = false;       ///< its seal is known to be in the log
  std::uint32_t amended_ = 0; ///< the newest amendment that is
  attempt attempt_;
  std::set<std::pair<stage_index, task_index>> ended_;
  std::vector<log::staged_part> parts_;
  std::uint64_t records_ = 0;
  log::commit_record commit_;
};

} // namespace weir::actors
