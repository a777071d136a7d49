#include "libstream/base/token_bucket.hpp"

#include <deque>
#include <random>

#include <catch2/catch.hpp>

using namespace weir;
using namespace std::chrono_literals;
using std::chrono::microseconds;

namespace {

token_bucket::time_point at(microseconds time) { return token_bucket::time_point{1h} + time; }

/// How many records came in the last second, at most so far.
class busiest_second {
public:
  void came(std::uint64_t records, microseconds now) {
    came_.push_back({now, records});
    sum_ += records;
    for (; came_.front().first <= now - 1s; came_.pop_front())
      sum_ -= came_.front().second;
    most_ = std::max(most_, sum_);
  }
  std::uint64_t records() const { return most_; }

private:
  std::deque<std::pair<microseconds, std::uint64_t>> came_;
  std::uint64_t sum_ = 0;
  std::uint64_t most_ = 0;
};

} // namespace

TEST_CASE(
  "over any second at most 1.05 times the rate and one record come, however hungry and irregular whoever takes is",
  "[rates]") {
  std::mt19937 random{GENERATE(1u, 2u, 3u)};
  std::uint64_t rate = GENERATE(1u, 3u, 50u, 1'001u, 250'000u);
  token_bucket bucket;
  bucket.set_rate(rate, at(0us));
  busiest_second busiest;
  for (microseconds now{0}; now < 20s; now += microseconds{random() % 30'000 * (1 + random() % 50 / 49 * 100)}) {
    auto records = std::min<std::uint64_t>(bucket.available(at(now)), 1 + random() % 1'000'000);
    bucket.take(records, at(now));
    busiest.came(records, now);
  }
  CHECK(busiest.records() <= rate * 105 / 100 + 1);
}

TEST_CASE("whoever looks at least every 45 ms gets at least 0.95 of the rate", "[rates]") {
  std::mt19937 random{GENERATE(1u, 2u, 3u)};
  std::uint64_t rate = GENERATE(50u, 1'001u, 250'000u);
  token_bucket bucket;
  bucket.set_rate(rate, at(0us));
  std::uint64_t taken = 0;
  for (microseconds now{0}; now < 20s; now += microseconds{random() % 45'000}) {
    auto records = bucket.available(at(now));
    bucket.take(records, at(now));
    taken += records;
  }
  CHECK(taken >= rate * 20 * 95 / 100);
}

TEST_CASE("a rate below one record in a wait is carried over, not rounded away", "[rates]") {
  token_bucket bucket;
  bucket.set_rate(2, at(0us));
  std::uint64_t taken = 0;
  for (microseconds now{0}; now < 10s; now += 10ms) {
    auto records = bucket.available(at(now));
    bucket.take(records, at(now));
    taken += records;
  }
  CHECK(taken == 21); // one at once
}

TEST_CASE("whoever looks a little late at a low rate loses nothing", "[rates]") {
  std::mt19937 random{GENERATE(1u, 2u, 3u)};
  token_bucket bucket;
  bucket.set_rate(20, at(0us));
  std::uint64_t taken = 0;
  for (microseconds now{0}; now < 20s; now += bucket.wait(at(now)) + microseconds{random() % 10'000}) {
    auto records = bucket.available(at(now));
    bucket.take(records, at(now));
    taken += records;
  }
  CHECK(taken >= 396);
}

TEST_CASE("a batch that is stored whole makes a debt, and nothing comes until it is paid", "[rates]") {
  token_bucket bucket;
  bucket.set_rate(1'000, at(0us));
  CHECK(bucket.available(at(0us)) == 51);
  CHECK(bucket.wait(at(0us)) == 0us);
  bucket.take(551, at(0us));
  CHECK(bucket.available(at(0us)) == 0);
  CHECK(bucket.wait(at(0us)).count() == Approx(501'000).margin(2));
  CHECK(bucket.available(at(400ms)) == 0);
  CHECK(bucket.available(at(502ms)) == 2);
}

TEST_CASE("without a rate nothing waits, and what came then is not owed later", "[rates]") {
  token_bucket bucket;
  CHECK(bucket.available(at(0us)) == token_bucket::unlimited);
  bucket.take(1'000'000, at(0us));
  bucket.set_rate(100, at(1ms));
  CHECK(bucket.available(at(1ms)) == 6);
}

TEST_CASE("a rate that changes holds at once, and makes no burst of its own", "[rates]") {
  token_bucket bucket;
  bucket.set_rate(10'000, at(0us));
  bucket.set_rate(100, at(0us));
  CHECK(bucket.available(at(0us)) == 6);
  bucket.take(6, at(0us));
  bucket.set_rate(100'000, at(0us));
  CHECK(bucket.available(at(0us)) == 0);
  CHECK(bucket.available(at(1ms)) == 100);
}

TEST_CASE("a rate that is said again changes nothing, however often and whatever is saved up or owed", "[rates]") {
  std::mt19937 random{GENERATE(1u, 2u, 3u)};
  std::uint64_t rate = GENERATE(1u, 50u, 1'001u);
  token_bucket once, again;
  once.set_rate(rate, at(0us));
  for (microseconds now{0}; now < 20s; now += microseconds{random() % 60'000}) {
    again.set_rate(rate, at(now));
    REQUIRE(again.available(at(now)) == once.available(at(now)));
    REQUIRE(again.wait(at(now)) == once.wait(at(now)));
    auto records = random() % 4 == 0 ? rate * (random() % 5) / 10 + 1 : once.available(at(now)); // some are not cut
    once.take(records, at(now));
    again.take(records, at(now));
  }
}

TEST_CASE("what is owed stays owed when the rate changes, unless it becomes unlimited", "[rates]") {
  token_bucket bucket;
  bucket.set_rate(1'000, at(0us));
  bucket.take(551, at(0us));
  bucket.set_rate(2'000, at(0us));
  CHECK(bucket.available(at(0us)) == 0);
  CHECK(bucket.wait(at(0us)).count() == Approx(250'500).margin(2));
  bucket.set_rate(0, at(0us));
  CHECK(bucket.available(at(0us)) == token_bucket::unlimited);
  bucket.set_rate(1'000, at(0us));
  CHECK(bucket.available(at(0us)) == 51);
}
