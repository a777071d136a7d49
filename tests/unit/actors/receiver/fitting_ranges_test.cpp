#include "actors/receiver/fitting_ranges.hpp"

#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

#include "libstream/data/frames.hpp"

using namespace weir;
using namespace weir::actors;

namespace {

/// Offsets at which records begin, of any partition.
struct record_starts {
  std::vector<std::uint64_t> at;
  std::uint64_t counted = 0; ///< offsets, over all questions

  result<std::uint64_t> operator()(const offset_range& range) {
    counted += range.to - range.from;
    return static_cast<std::uint64_t>(std::lower_bound(at.begin(), at.end(), range.to) -
                                      std::lower_bound(at.begin(), at.end(), range.from));
  }
};

offset_range whole(std::uint64_t from, std::uint64_t to) { return {input_id{0}, "a", to, 5, from, to}; }

} // namespace

TEST_CASE("ranges with few enough records are taken whole", "[rates]") {
  record_starts starts{{0, 10, 20, 30}};
  std::vector ranges{whole(0, 20), whole(20, 40)};
  auto fitting = fit_ranges(ranges, 4, std::ref(starts)).value();
  CHECK(fitting.whole == 2);
  CHECK(fitting.cut_to == 0);
  CHECK(fitting.records == 4);
}

TEST_CASE("a range with too many records is cut where the bound is nearly reached, and never behind it", "[rates]") {
  std::mt19937_64 random{7};
  for (int round = 0; round < 300; ++round) {
    record_starts starts;
    std::uint64_t end = 0;
    // Lengths change suddenly.
    for (std::uint64_t longest : {random() % 2'000 + 1, random() % 5 + 1, random() % 300 + 1})
      for (auto count = random() % 400; count > 0; --count) {
        starts.at.push_back(end);
        end += random() % longest + 1;
      }
    if (end == 0)
      continue;
    auto middle = random() % end;
    std::vector ranges{whole(0, middle), whole(middle, end)};
    auto most = random() % 500 + 1;
    auto fitting = fit_ranges(ranges, most, std::ref(starts)).value();
    CAPTURE(round, most, middle, end, starts.at.size());
    auto taken_to = fitting.cut_to > 0 ? fitting.cut_to : fitting.whole == 2 ? end : fitting.whole == 1 ? middle : 0;
    REQUIRE(fitting.records == starts(whole(0, taken_to)).value());
    REQUIRE(fitting.records <= most);
    REQUIRE(fitting.records + most / 16 + 1 >= std::min<std::uint64_t>(most, starts.at.size()));
  }
}

TEST_CASE("one offset is taken even if it has more records than may be", "[rates]") {
  auto ten_each = [](const offset_range& range) -> result<std::uint64_t> { return (range.to - range.from) * 10; };
  std::vector ranges{whole(0, 100)};
  auto fitting = fit_ranges(ranges, 3, ten_each).value();
  CHECK(fitting.whole == 0);
  CHECK(fitting.cut_to == 1);
}

TEST_CASE("what cannot be counted is an error", "[rates]") {
  auto gone = [](const offset_range&) -> result<std::uint64_t> { return fail(error_code::corrupt, "gone", "a"); };
  std::vector ranges{whole(0, 100)};
  CHECK_FALSE(fit_ranges(ranges, 3, gone));
}

TEST_CASE("lines and frames of a piece are counted as they are read", "[rates]") {
  using enum plan::record_form;
  CHECK(records_of("", lines) == 0);
  CHECK(records_of("a\n\nb\n", lines) == 3);
  CHECK(records_of("a\nb", lines) == 2);
  std::string bytes;
  data::append_frame(bytes, "");
  data::append_frame(bytes, std::string(200, 'x'));
  CHECK(records_of(bytes, frames) == 2);
}
