#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "actors/batch_coordinator/open_batches.hpp"
#include "libstream/base/ids.hpp"

namespace weir::actors {

/// What of a commit concerns one output.
inline log::commit_record only_of(const log::commit_record& commit, const std::string& output) {
  log::commit_record record{commit.id, commit.time_ms, commit.epoch, commit.view, {}, commit.records};
  for (auto& part : commit.parts)
    if (part.output == output)
      record.parts.push_back(part);
  return record;
}

/// Which output is asked for which batch, and when: each in the order of the batches, and once, unless it is to be asked again. Pure; one
/// thread.
class publication_order {
public:
  struct request {
    output_index output;
    const log::commit_record* commit; ///< of `batches`
    batch_id oldest;                  ///< that the output has not published
    std::uint64_t incarnation = 0;    ///< of the sink that is asked; 0 = it has not said who it is
    batch_id after;                   ///< the one before it that the output has not published; 0 = none
  };

  /// Those that have not been asked yet. A sink publishes in the order in which it is asked.
  std::vector<request> ask(const open_batches& batches) {
    std::vector<request> requests;
    std::map<output_index, batch_id> oldest, before;
    for (auto& [number, batch] : batches) {
      // Its commit may be in the log all the same, and only the answer lost: younger ones wait until it comes again.
      if (batch.where() < batch_progress::state::committed)
        break;
      for (auto output : batch.unpublished()) {
        auto first = oldest.emplace(output, number).first->second;
        auto after = std::exchange(before[output], number);
        if (auto& asked = asked_[output]; asked < number) {
          asked = number;
          requests.push_back({output, &batch.commit(), first, sinks_[output], after});
        }
      }
    }
    return requests;
  }

  /// A sink has said who it is. True if it is another one than before: it is to be asked from the oldest batch on.
  bool is_ready(output_index output, std::uint64_t incarnation) {
    if (std::exchange(sinks_[output], incarnation) == incarnation)
      return false;
    ask_again(output);
    return true;
  }

  void ask_again(output_index output) { asked_.erase(output); }
  void ask_all_again() { asked_.clear(); }

private:
  std::map<output_index, batch_id> asked_; ///< up to this batch
  std::map<output_index, std::uint64_t> sinks_;
};

} // namespace weir::actors
