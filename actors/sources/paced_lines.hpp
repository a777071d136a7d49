#pragma once

#include <deque>
#include <utility>

#include "actors/sources/first_lines.hpp"
#include "actors/sources/line_cutter.hpp"

namespace weir::actors {

/// Lines that were read and may not be handed over yet, because their input's rate does not allow it. Whoever owns it reads no further
/// while some wait, so that no more than one read waits. A pure class; one thread.
class paced_lines {
public:
  void add(line_cutter::lines lines) {
    if (lines.bytes)
      waiting_.push_back(std::move(lines));
  }
  bool empty() const { return waiting_.empty(); }

  /// The next ones, at most `count` (1 or more) of them.
  line_cutter::lines next(std::uint64_t count) {
    auto& first = waiting_.front();
    if (taken_bytes_ == 0 && first.count <= count) {
      auto whole = std::move(first);
      waiting_.pop_front();
      return whole;
    }
    line_cutter::lines piece;
    piece.count = std::min(count, first.count);
    auto untaken = first.bytes->view().substr(taken_bytes_);
    auto text = piece.count == first.count ? untaken : first_lines(untaken, piece.count);
    auto bytes = std::make_shared<data::buffer>(text.size());
    bytes->append(text);
    piece.bytes = std::move(bytes);
    taken_bytes_ += text.size();
    first.count -= piece.count;
    if (first.count == 0) {
      waiting_.pop_front();
      taken_bytes_ = 0;
    }
    return piece;
  }

private:
  std::deque<line_cutter::lines> waiting_;
  std::size_t taken_bytes_ = 0; ///< of the first one
};

} // namespace weir::actors
