#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "libstream/base/offset_range.hpp"

namespace weir::actors {

/// So many ranges are counted in one question, which must fit in a message.
inline constexpr std::size_t max_counted_ranges = 2048;

/// What of an input that can be read again comes next, and how many records that has: asked before it is sealed, because a size in bytes does not
/// say it. One question at a time; an answer is good for one batch. Pure; one thread.
class count_ahead {
public:
  struct question {
    std::uint64_t number = 0;
    std::vector<offset_range> ranges;
    std::uint64_t bytes = 0; ///< that the ranges were to have
    std::uint64_t most_records = 0;
  };
  struct counted {
    std::vector<offset_range> ranges;
    std::uint64_t records = 0;
    question
      wider; ///< what to ask instead if there is more: all that was asked about holds far fewer records than may be. Without ranges
  };

  /// What must be repeated until it is answered.
  const std::optional<question>& open_question() const { return open_; }
  const question& ask(std::vector<offset_range> ranges, std::uint64_t bytes, std::uint64_t most_records) {
    answer_.reset();
    return open_.emplace(question{++number_, std::move(ranges), bytes, most_records});
  }

  /// So many of the ranges, the next one up to `cut_to` (0 = nothing of it). False: it is not the answer to the open question.
  bool answer(std::uint64_t number, std::uint64_t whole_ranges, std::uint64_t cut_to, std::uint64_t records) {
    if (!open_ || open_->number != number || whole_ranges > open_->ranges.size())
      return false;
    counted found{std::move(open_->ranges), records, {}};
    if (whole_ranges == found.ranges.size() && records < open_->most_records - open_->most_records / 8)
      found.wider = {0, {}, open_->bytes * 4, open_->most_records};
    open_.reset();
    auto part = whole_ranges < found.ranges.size() ? std::optional{found.ranges[whole_ranges]} : std::nullopt;
    found.ranges.resize(whole_ranges);
    if (part && cut_to > part->from && cut_to <= part->to) {
      part->to = cut_to;
      found.ranges.push_back(*part);
    }
    answer_ = std::move(found);
    return true;
  }
  /// The records cannot be counted.
  bool give_up(std::uint64_t number) { return answer(number, 0, 0, 0); }

  /// Empty ranges: given up.
  const std::optional<counted>& answered() const { return answer_; }
  void forget_answer() { answer_.reset(); }

private:
  std::uint64_t number_ = 0;
  std::optional<question> open_;
  std::optional<counted> answer_;
};

} // namespace weir::actors
