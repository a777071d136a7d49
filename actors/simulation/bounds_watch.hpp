#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "actors/application/settings.hpp"
#include "actors/simulation/staging_watch.hpp"
#include "libstream/log/records.hpp"
#include "libstream/log/store.hpp"

namespace weir::actors::simulation {

/// Judges how much one process of the application has under way: batches in flight, what is committed and not published, bytes that wait in
/// the log, and what is in memory. It reads what is written to the log, and so needs no word of those that hold themselves to the bounds, but
/// for two: which batches are published, and the sums of two stores in memory. Answers are what is wrong; empty: nothing. Pure.
class bounds_watch {
public:
  /// `largest_piece_bytes`: what is handed to a receiver at once, of which one may go beyond its budget.
  bounds_watch(const settings& bounds, std::uint64_t largest_piece_bytes);

  // -- facts

  /// A transaction that the log has now.
  std::string written(const log::transaction& changes);
  /// The coordinator knows that all outputs have it.
  void published(batch_id batch) { published_.insert(batch); }
  /// What was handed to a receiver so far and not given back may still come to the log, and its successor is handed as much.
  void receiver_started(input_id input);
  std::string waits(input_id input, std::uint64_t bytes) const;

  // -- after each step

  struct memory {
    std::uint64_t exchange = 0;
    std::uint64_t staging = 0;
    std::uint64_t unpublished = 0;
  };
  std::string holds(const memory& now);
  /// When all is published nothing may be left.
  static std::string rests(const memory& now);
  void process_started() { staging_ = staging_watch{bounds_.staging_bytes}; }

private:
  struct stored_batch {
    log::batch_record record;
    bool is_committed = false;
    std::uint64_t staged = 0;
  };
  struct stored_block {
    input_id input;
    std::uint64_t bytes = 0;
    bool waits = true; ///< for its batch to be committed
  };

  std::string apply(const log::transaction::operation& change);
  std::string put(const log::transaction::operation& change);
  void erase(log::table table, const std::string& from, const std::string& until);
  std::string sealed() const;
  std::string unpublished() const;
  std::string committed(stored_batch& batch, const log::commit_record& commit);
  std::string stored(const log::transaction::operation& change);
  void leave(stored_block& block);
  std::uint64_t room_of_a_receiver() const { return bounds_.max_receiver_bytes + largest_piece_; }

  settings bounds_;
  std::uint64_t largest_piece_;
  std::map<batch_id, stored_batch> batches_;
  std::map<std::string, stored_block> blocks_;
  std::map<input_id, std::uint64_t> waiting_; ///< bytes of blocks whose batch is not committed
  std::map<input_id, std::uint64_t> most_waiting_;
  std::set<batch_id> published_;
  staging_watch staging_;
};

} // namespace weir::actors::simulation
