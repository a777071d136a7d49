#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/checkpoint_writer/write_group.hpp"
#include "actors/node/full_disk.hpp"

namespace weir::actors {

/// Which steps go to the disk together, in which order, and when. Steps reach the log in the order in which they were added, and are answered in
/// that order. What comes while the log thread is busy goes into its next transaction; some steps wait for company that is sure to come. While
/// the disk is full all are kept and tried again now and then, what only frees first.
///
/// Pure: it is told facts and says what to do next. One thread, but for the groups, which the log thread takes.
class group_commit {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// While the disk is full so many steps are kept; whoever asks for more asks again.
  static constexpr std::size_t most_kept = 1024;
  /// At batches up to this length blocks and seal wait for the commit, up to half a batch: one sync a batch instead of two.
  static constexpr std::chrono::milliseconds short_batch{5};
  /// Of blocks and outputs: so many do not wait.
  static constexpr std::uint64_t lingering_bytes = 512 * 1024;

  struct posted_group {
    std::shared_ptr<write_group> group;
    bool tries_again = false; ///< the first since the disk was full: the log thread may write again
  };
  struct wait_for_company {
    std::chrono::microseconds length{};
    std::uint64_t flushes = 0; ///< to be given to `waited`
  };
  /// What is to be done, in this order.
  struct actions {
    std::vector<posted_group> post;       ///< hand these to the log thread
    std::optional<std::string> words;     ///< say this to people
    std::optional<wait_for_company> wait; ///< call `waited` after that time
    std::optional<std::uint64_t> pause;   ///< call `try_again` with this number after the pause of a full disk
    std::vector<write_step> durable;      ///< answer these
  };

  explicit group_commit(std::chrono::microseconds batch_interval) : interval_{batch_interval} {}

  /// The disk is full, and no more is kept.
  bool is_full() const { return pause_.lasts() && waiting_.size() + tried_ >= most_kept; }
  /// The disk is full.
  bool pauses() const { return pause_.lasts(); }

  /// With what waits already, at once.
  actions add(write_step step);
  /// For company that is sure to come; but no longer than this.
  actions add_later(write_step step, std::chrono::microseconds wait);
  /// Blocks and seals, whose commit follows at once if batches are short.
  actions add_lingering(write_step step);
  /// A wait is over; nothing happens if what waited was handed over since.
  actions waited(std::uint64_t flushes);

  /// The log thread has written the oldest group that it was given.
  actions written(time_point now);
  /// It found no room for the oldest group, and has left those behind it alone.
  actions refused(time_point now, const std::string& problem);
  /// A pause is over; nothing happens if a younger one lasts.
  actions try_again(std::uint64_t pause, time_point now);

private:
  void flush(actions& next);
  void go_on(time_point now, actions& next);
  void post(std::shared_ptr<write_group> group, actions& next);
  void add_to(std::shared_ptr<write_group>& group, write_step& step, actions& next);

  std::chrono::microseconds interval_;
  std::deque<std::shared_ptr<write_group>> groups_; ///< with the log thread, oldest first
  std::vector<write_step> waiting_; ///< for company or for room, in the order in which they must be written
  std::uint64_t waiting_bytes_ = 0;
  std::uint64_t flushes_ = 0;               ///< a wait that was begun before the last one is over
  std::chrono::microseconds asked_wait_{0}; ///< the shortest that was asked for since; 0 = none
  full_disk pause_;
  std::uint64_t pauses_ = 0; ///< a pause that was begun before the last one is over
  std::size_t tried_ = 0;    ///< steps that are being tried again
  bool tries_again_ = false; ///< the next group is the first of these
};

} // namespace weir::actors
