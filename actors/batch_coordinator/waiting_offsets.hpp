#pragma once

#include <deque>
#include <set>
#include <utility>

#include "actors/batch_coordinator/input_queue.hpp"
#include "actors/batch_coordinator/messages.hpp"

namespace weir::actors {

/// News of inputs that can be read again, in the order in which they came, until the log has said what it knows of their partitions. The log
/// is read elsewhere, so that nobody waits for it. Pure; one thread.
class waiting_offsets {
public:
  using partition = std::pair<input_id, std::string>;

  void add(const offsets_found& news) { news_.push_back(news); }
  bool empty() const { return news_.empty(); }
  /// None of them matters any more.
  void drop() { news_.clear(); }

  /// The oldest, if the log has said all that it takes to judge it.
  const offsets_found* next(const input_queue& queue) const {
    return !reading_ && !news_.empty() && all_read(news_.front(), queue) ? &news_.front() : nullptr;
  }
  void taken() {
    news_.pop_front();
    if (news_.empty()) {
      read_.clear();
      positions_.clear();
    }
  }

  /// What the log shall be asked now, for all that waits; nothing while it is being asked, or need not be.
  std::vector<partition> ask(const input_queue& queue) {
    if (reading_ || news_.empty())
      return {};
    std::set<partition> unknown;
    for (auto& news : news_)
      for_each_name(news, [&](auto& name) {
        if (queue.must_look_up(news.input, name))
          unknown.emplace(news.input, name);
      });
    reading_ = !unknown.empty();
    if (reading_)
      asked_ = unknown;
    return {unknown.begin(), unknown.end()};
  }
  /// The answer.
  void read(input_queue::logged_positions positions) {
    reading_ = false;
    positions_ = std::move(positions);
    read_ = std::exchange(asked_, {});
  }
  const input_queue::logged_positions& positions() const { return positions_; }

private:
  template <class Use>
  static void for_each_name(const offsets_found& news, Use use) {
    for (auto& name : news.changed)
      use(name);
    for (auto& each : news.partitions)
      use(each.name);
  }
  bool all_read(const offsets_found& news, const input_queue& queue) const {
    auto all = true;
    for_each_name(news, [&](auto& name) {
      all = all && (!queue.must_look_up(news.input, name) || read_.contains({news.input, name}));
    });
    return all;
  }

  std::deque<offsets_found> news_;
  bool reading_ = false;
  std::set<partition> asked_; ///< of the log, which has not answered yet
  std::set<partition>
    read_; ///< the last that it was asked: what it said of them stays true as long as they are not taken
  input_queue::logged_positions positions_;
};

} // namespace weir::actors
