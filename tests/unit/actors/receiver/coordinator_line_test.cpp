#include "actors/receiver/coordinator_line.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;

namespace {

constexpr input_id input{3};
constexpr std::uint64_t own = 77, other = 78;
constexpr epoch first{4}, second{5};
using hears = coordinator_line::hears;

report_input asks(epoch coordinator, std::uint64_t report, std::uint64_t whom = own, epoch newest = {}) {
  return {coordinator, whom, report, newest};
}

offsets_taken takes(epoch coordinator, std::uint64_t report, std::uint64_t through, std::uint64_t whom = own) {
  return {coordinator, whom, report, through};
}

} // namespace

TEST_CASE("a receiver that is asked for the first time says who it is, and reports once it is meant",
          "[coordinator_line]") {
  coordinator_line line{input, own};
  CHECK_FALSE(line.is_asked());
  CHECK(line.activity(false).incarnation == own);
  CHECK(line.activity(false).coordinator == epoch{});
  CHECK(line.hear(asks(first, 0, 0)) == hears::who);
  CHECK(line.hear(asks(first, 1, other)) == hears::who); // its predecessor was meant
  CHECK_FALSE(line.is_asked());
  CHECK(line.hear(asks(first, 2)) == hears::anew);
  CHECK(line.is_asked());
  CHECK(line.hear(asks(first, 2)) == hears::who); // repeated: the answer was lost
  CHECK(line.hear(asks(first, 1)) == hears::nothing);
  auto activity = line.activity(true, epoch{9}, block_sequence{6});
  CHECK(activity.coordinator == first);
  CHECK(activity.report == 2);
  CHECK(activity.number == 1);
  CHECK(activity.epoch == epoch{9});
  CHECK(activity.through == block_sequence{6});
  CHECK(line.activity(true).number == 2);
}

TEST_CASE("what an older coordinator asks, tells or says late is not heard", "[coordinator_line]") {
  coordinator_line line{input, own};
  CHECK(line.hear(asks(second, 1)) == hears::anew);
  CHECK(line.hear(asks(first, 8)) == hears::nothing);
  CHECK_FALSE(line.hear(drain_input{first}));
  CHECK(line.hear(drain_input{second}));
  CHECK_FALSE(line.hear(count_offsets{first, 1, {}, 1}));
}

TEST_CASE("what was found is kept until it was taken, and said anew to whoever asks anew", "[coordinator_line]") {
  coordinator_line line{input, own};
  line.hear(asks(first, 1));
  CHECK(line.found({input}).number == 1);
  CHECK(line.found({input}).number == 2);
  CHECK(line.found({input}).number == 3);
  CHECK(line.activity(true).offsets == 3);
  CHECK(line.untaken().size() == 3);
  line.hear(takes(first, 1, 2));
  line.hear(takes(first, 1, 1)); // late
  REQUIRE(line.untaken().size() == 1);
  CHECK(line.untaken()[0].number == 3);
  line.hear(takes(first, 1, 3, other));
  line.hear(takes(second, 1, 3));
  CHECK(line.untaken().size() == 1);
  CHECK(line.hear(asks(second, 1)) == hears::anew);
  CHECK(line.untaken().empty());
  auto& news = line.found({input});
  CHECK(news.number == 1);
  CHECK(news.coordinator == second);
  CHECK(news.report == 1);
  CHECK(news.incarnation == own);
  line.hear(takes(first, 1, 3)); // of before
  CHECK(line.untaken().size() == 1);
}

TEST_CASE("a receiver opens behind the newest epoch that it was told of", "[coordinator_line]") {
  coordinator_line line{input, own};
  CHECK(line.opening().after == epoch{});
  line.hear(asks(first, 1, own, epoch{6}));
  line.hear(asks(first, 1, own, epoch{5}));
  CHECK(line.opening().after == epoch{6});
  CHECK(line.opening().incarnation == own);
  CHECK(line.opening().input == input);
}
