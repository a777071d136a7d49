#include "actors/receiver/fitting_ranges.hpp"

#include <algorithm>

#include "libstream/data/frames.hpp"

namespace weir::actors {

namespace {

constexpr int most_counts = 32;

/// Where a range of too many records is cut.
class cut_search {
public:
  cut_search(const offset_range& range, std::uint64_t records, std::uint64_t most)
    : range_{range}, most_{most}, fits_{range.from}, too_far_{range.to}, too_many_{records} {}

  result<void> run(const record_counter& count) {
    for (int i = 0; i < most_counts && !is_good(); ++i) {
      auto part = range_;
      part.from = fits_;
      part.to = next_guess(i % 2 == 1);
      auto records = count(part);
      if (!records)
        return tl::make_unexpected(records.error());
      if (records_ + *records <= most_) {
        fits_ = part.to;
        records_ += *records;
      } else {
        too_far_ = part.to;
        too_many_ = records_ + *records;
      }
    }
    return {};
  }

  std::uint64_t cut_to() const { return fits_; }
  std::uint64_t records() const { return records_; }

private:
  bool is_good() const { return too_far_ - fits_ <= 1 || most_ - records_ <= most_ / 64; }

  /// By the mean size of the records between; or the middle, since sizes may be very different.
  std::uint64_t next_guess(bool middle) const {
    auto width = too_far_ - fits_;
    auto share = static_cast<double>(most_ - records_) / static_cast<double>(too_many_ - records_);
    auto step = middle ? width / 2 : static_cast<std::uint64_t>(static_cast<double>(width) * share);
    return fits_ + std::clamp<std::uint64_t>(step, 1, width - 1);
  }

  const offset_range& range_;
  std::uint64_t most_;
  std::uint64_t fits_, records_ = 0;
  std::uint64_t too_far_, too_many_;
};

} // namespace

result<fitting_ranges> fit_ranges(std::span<const offset_range> ranges, std::uint64_t most,
                                  const record_counter& count) {
  fitting_ranges fitting;
  for (auto& range : ranges) {
    auto records = count(range);
    if (!records)
      return tl::make_unexpected(records.error());
    if (*records <= most - fitting.records) {
      ++fitting.whole;
      fitting.records += *records;
      continue;
    }
    cut_search search{range, *records, most - fitting.records};
    if (auto searched = search.run(count); !searched)
      return tl::make_unexpected(searched.error());
    fitting.records += search.records();
    if (search.cut_to() > range.from)
      fitting.cut_to = search.cut_to();
    else if (fitting.whole == 0)
      fitting.cut_to = range.from + 1;
    break;
  }
  return fitting;
}

std::uint64_t records_of(std::string_view piece, plan::record_form form) {
  if (form == plan::record_form::lines)
    return static_cast<std::uint64_t>(std::count(piece.begin(), piece.end(), '\n')) +
           (!piece.empty() && piece.back() != '\n' ? 1 : 0);
  std::uint64_t records = 0;
  while (data::take_frame(piece))
    ++records;
  return records;
}

} // namespace weir::actors
