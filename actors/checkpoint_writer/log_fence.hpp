#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "libstream/base/error.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/log/records.hpp"
#include "libstream/log/store.hpp"

namespace weir::actors {

/// Decides what may still be written: requests of an older epoch are refused, requests that were carried out before are only
/// answered again. Pure but for `load`; it runs ahead of the log by the requests that are being written. One thread.
class log_fence {
public:
  enum class verdict {
    write,  ///< new: write it, then answer
    answer, ///< done before (or being written by an earlier request): answer in its turn
    refuse, ///< of an older epoch
    wait,   ///< something that it rests on has not come yet: keep it until that has
    never,  ///< it rests on blocks of an input epoch that ended before they came: they will not come any more
  };

  /// Starts with what the log says.
  static result<log_fence> load(const log::store& from);

  /// Raises the coordinator's epoch, once for each incarnation.
  weir::epoch claim(std::uint64_t incarnation);
  weir::epoch coordinator() const { return coordinator_; }

  /// Raises an input's epoch, once for each incarnation of its receiver.
  struct opening {
    weir::epoch owner;
    verdict what;
  };
  opening open(input_id input, std::uint64_t incarnation);

  /// Drops the headers that are logged already.
  verdict append(input_id input, weir::epoch owner, std::vector<log::block_header>& headers);
  /// Whether (input, owner) is the current epoch.
  bool is_current(input_id input, weir::epoch owner) const;
  block_sequence last(input_id input) const;

  /// `after` is the batch sealed before it. A seal rests on all its blocks. Batches commit in the order in which they were sealed.
  verdict seal(weir::epoch by, const log::batch_record& batch, batch_id after);
  /// Rests on the seal.
  verdict amend(weir::epoch by, batch_id batch, std::uint32_t amendment);
  verdict commit(weir::epoch by, batch_id batch);
  verdict finish(weir::epoch by, batch_id batch);

private:
  struct input_state {
    weir::epoch owner;
    std::uint64_t incarnation = 0;
  };

  verdict blocks_of(const log::batch_record& batch) const;

  weir::epoch coordinator_;
  std::uint64_t claimed_by_ = 0;
  std::map<input_id, input_state> inputs_;
  std::map<std::pair<input_id, weir::epoch>, block_sequence> appended_; ///< the last block of each
  std::map<batch_id, std::uint32_t> sealed_; ///< and not committed, with the number of its amendment
  std::set<batch_id> committed_;             ///< and not finished
  batch_id last_sealed_;
};

} // namespace weir::actors
