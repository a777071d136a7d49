#include "actors/receiver/paced_frames.hpp"

#include <catch2/catch.hpp>

#include "libstream/base/token_bucket.hpp"

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

ingest_data frame(std::uint64_t first, std::uint64_t count) {
  std::string text;
  for (std::uint64_t i = 0; i < count; ++i)
    text += "record " + std::to_string(first + i) + "\n";
  auto bytes = std::make_shared<data::buffer>(text.size());
  bytes->append(text);
  auto held = bytes->size() + frame_overhead_bytes;
  return {first, count, std::move(bytes), held};
}

} // namespace

TEST_CASE("a frame is cut into what the rate allows, and its bytes add up", "[rates]") {
  paced_frames frames;
  auto whole = frame(5, 10);
  frames.add(1, whole);
  CHECK_FALSE(frames.next(0));
  std::string all;
  std::uint64_t next = 5;
  for (auto count : {3u, 6u, 1u}) {
    auto piece = frames.next(count);
    REQUIRE(piece);
    auto& some = std::get<ingest_data>(piece->what);
    CHECK(some.first == next);
    CHECK(some.count == count);
    next += count;
    all += some.bytes->view();
  }
  CHECK(frames.empty());
  CHECK(all == whole.bytes->view());
}

// It was lost with the frame, so a port that was held to a rate read nothing more once frames of its budget had come.
TEST_CASE("what the server counts for a frame comes back with its last piece, once", "[rates]") {
  paced_frames frames;
  auto whole = frame(1, 10);
  frames.add(1, whole);
  frames.add(1, frame(11, 2));
  CHECK(std::get<ingest_data>(frames.next(4)->what).held == 0);
  CHECK(std::get<ingest_data>(frames.next(4)->what).held == 0);
  CHECK(std::get<ingest_data>(frames.next(4)->what).held == whole.held);
  CHECK(std::get<ingest_data>(frames.next(4)->what).held == frame(11, 2).held);
  CHECK(frames.empty());
}

TEST_CASE("what a connection says keeps its order: a goodbye waits for the records before it", "[rates]") {
  paced_frames frames;
  frames.add(1, frame(1, 2));
  frames.add(1, paced_frames::goodbye{});
  frames.add(1, paced_frames::closed{});
  CHECK_FALSE(frames.next(0));
  CHECK(std::holds_alternative<ingest_data>(frames.next(9)->what));
  CHECK(std::holds_alternative<paced_frames::goodbye>(frames.next(0)->what));
  CHECK(std::holds_alternative<paced_frames::closed>(frames.next(0)->what));
  CHECK(frames.empty());
}

TEST_CASE("connections take turns, so that one large frame does not keep others waiting", "[rates]") {
  paced_frames frames;
  frames.add(1, frame(1, 1'000));
  frames.add(2, frame(1, 2));
  CHECK(frames.next(5)->connection == 1);
  CHECK(frames.next(5)->connection == 2);
  CHECK(frames.next(5)->connection == 1);
}

TEST_CASE("void records and ends of other connections pass while records wait", "[rates]") {
  paced_frames frames;
  frames.add(1, frame(1, 3));
  frames.add(2, ingest_data{7, 2, nullptr});
  frames.add(3, paced_frames::closed{});
  CHECK(std::get<ingest_data>(frames.next(0)->what).count == 2);
  CHECK(frames.next(0)->connection == 3);
  CHECK_FALSE(frames.next(0));
}

TEST_CASE(
  "frames of 2,000 records under a rate of 1,001: no second brings more than 1.05 times the rate, none less than 0.95",
  "[rates]") {
  paced_frames frames;
  token_bucket bucket;
  auto now = token_bucket::time_point{1h};
  bucket.set_rate(1'001, now);
  std::uint64_t sent = 1, taken = 0, second_began = 0;
  for (int step = 1; step <= 10'000; ++step, now += 1ms) {
    if (frames.empty()) {
      frames.add(1, frame(sent, 2'000));
      sent += 2'000;
    }
    while (auto piece = frames.next(bucket.available(now))) {
      auto count = std::get<ingest_data>(piece->what).count;
      bucket.take(count, now);
      taken += count;
    }
    if (step % 1'000 != 0)
      continue;
    CHECK(taken - second_began <= 1'052);
    CHECK(taken - second_began >= 950);
    second_began = taken;
  }
}
