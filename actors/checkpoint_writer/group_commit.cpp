#include "actors/checkpoint_writer/group_commit.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "libstream/base/ensure.hpp"
#include "libstream/base/marks.hpp"

namespace weir::actors {

group_commit::actions group_commit::add(write_step step) {
  if (pause_.lasts() && !step.writes()) { // of these there may be any number while the disk is full: it is asked again
    mark("writer.drops_repeats");
    return {};
  }
  actions next;
  waiting_.push_back(std::move(step));
  flush(next);
  return next;
}

group_commit::actions group_commit::add_later(write_step step, std::chrono::microseconds wait) {
  if (pause_.lasts())
    return add(std::move(step));
  actions next;
  waiting_bytes_ += step.bytes;
  waiting_.push_back(std::move(step));
  if (asked_wait_.count() == 0 || wait < asked_wait_) {
    asked_wait_ = wait;
    next.wait = wait_for_company{wait, flushes_};
  }
  return next;
}

group_commit::actions group_commit::add_lingering(write_step step) {
  if (interval_ > short_batch || waiting_bytes_ + step.bytes > lingering_bytes)
    return add(std::move(step));
  return add_later(std::move(step), interval_ / 2);
}

group_commit::actions group_commit::waited(std::uint64_t flushes) {
  actions next;
  if (flushes == flushes_)
    flush(next);
  return next;
}

group_commit::actions group_commit::written(time_point now) {
  ensure(!groups_.empty(), "the log thread writes only groups that it was given");
  actions next;
  auto done = std::move(groups_.front());
  groups_.pop_front();
  if (groups_.empty())
    go_on(now, next);
  next.durable = done->take_steps();
  return next;
}

/// Nothing of the first group was written, nor of those behind it: they wait, in their order.
group_commit::actions group_commit::refused(time_point now, const std::string& problem) {
  ensure(!groups_.empty(), "the log thread refuses only groups that it was given");
  mark("writer.waits_for_room");
  std::vector<write_step> steps;
  for (auto& group : std::exchange(groups_, {}))
    for (auto& step : group->take_steps())
      steps.push_back(std::move(step));
  std::move(waiting_.begin(), waiting_.end(), std::back_inserter(steps));
  waiting_ = std::move(steps);
  tried_ = 0;
  actions next;
  next.words = pause_.refused(now, problem);
  next.pause = ++pauses_;
  return next;
}

/// What only makes room goes first, so that a log that has reached its limit is freed by the batches that are published.
group_commit::actions group_commit::try_again(std::uint64_t pause, time_point now) {
  actions next;
  if (pause != pauses_)
    return next;
  auto steps = std::exchange(waiting_, {});
  tried_ = steps.size();
  tries_again_ = true;
  auto others = std::stable_partition(steps.begin(), steps.end(), [](auto& each) { return each.frees; });
  if (others != steps.begin() && others != steps.end())
    mark("writer.frees_first");
  for (auto from = steps.begin(); from != steps.end();) {
    auto to = from < others ? others : steps.end();
    std::shared_ptr<write_group> fresh;
    for (; from != to; ++from)
      add_to(fresh, *from, next);
    post(std::move(fresh), next);
  }
  if (groups_.empty())
    go_on(now, next);
  return next;
}

void group_commit::go_on(time_point now, actions& next) {
  if (!pause_.lasts())
    return;
  tried_ = 0;
  next.words = pause_.went_on(now);
  flush(next);
}

/// Hands over what waits, in its order: to the group that the log thread has not taken yet, as long as it has room, then to new ones.
void group_commit::flush(actions& next) {
  ++flushes_;
  waiting_bytes_ = 0;
  asked_wait_ = {};
  if (pause_.lasts())
    return;
  std::shared_ptr<write_group> fresh;
  for (auto& step : std::exchange(waiting_, {})) {
    if (!fresh && !groups_.empty() && groups_.back()->add(step))
      continue;
    add_to(fresh, step, next);
  }
  if (fresh)
    post(std::move(fresh), next);
}

/// To `group`, or if that has no room to a new one behind it.
void group_commit::add_to(std::shared_ptr<write_group>& group, write_step& step, actions& next) {
  if (group && group->add(step))
    return;
  if (group)
    post(std::move(group), next);
  group = std::make_shared<write_group>();
  group->add(step);
}

void group_commit::post(std::shared_ptr<write_group> group, actions& next) {
  groups_.push_back(group);
  next.post.push_back({std::move(group), std::exchange(tries_again_, false)});
}

} // namespace weir::actors
