#include "actors/sources/producer_session.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <random>
#include <vector>

using namespace weir::actors;

namespace {

constexpr welcome_frame limits{1000, 2000};

record_pack pack_of(std::uint64_t first, std::uint64_t count) {
  std::string text;
  for (auto number = first; number < first + count; ++number)
    text += std::to_string(number) + "\n";
  auto bytes = std::make_shared<weir::data::buffer>(text.size());
  bytes->append(text);
  return {count, bytes};
}

producer_session welcomed_session(std::uint64_t last_durable = 0) {
  producer_session session{"p"};
  session.connected();
  REQUIRE(session.next()->type == frame_type::hello);
  REQUIRE(session.welcomed(last_durable, limits));
  return session;
}

/// A server that makes records durable later than it takes them, forgets what was not, and loses connections.
struct forgetful_server {
  std::vector<std::uint64_t> records; ///< by value: record n holds the text n
  std::uint64_t durable = 0;

  void take(const outgoing& frame) {
    REQUIRE(frame.sequence <= records.size() + 1);
    std::size_t at = 0;
    for (std::uint64_t i = 0; i < frame.count; ++i) {
      std::uint64_t value = 0;
      if (frame.type == frame_type::data) {
        auto end = frame.bytes->view().find('\n', at);
        value = std::stoull(std::string{frame.bytes->view().substr(at, end - at)});
        at = end + 1;
      }
      if (frame.sequence + i == records.size() + 1)
        records.push_back(value);
    }
    if (frame.type == frame_type::data)
      CHECK(at == frame.bytes->size());
  }
  void crash() { records.resize(durable); }
};

} // namespace

TEST_CASE("a producer says hello, sends, waits for the acknowledgement and says goodbye", "[producer]") {
  auto session = welcomed_session();
  CHECK_FALSE(session.next());
  session.add(pack_of(1, 3));
  session.end_of_input();
  auto data = session.next();
  REQUIRE(data);
  CHECK(data->type == frame_type::data);
  CHECK(data->sequence == 1);
  CHECK(data->count == 3);
  CHECK_FALSE(session.next());
  REQUIRE(session.acknowledged(2));
  CHECK_FALSE(session.next());
  REQUIRE(session.acknowledged(3));
  auto goodbye = session.next();
  REQUIRE(goodbye);
  CHECK(goodbye->type == frame_type::goodbye);
  CHECK(goodbye->sequence == 3);
  REQUIRE(session.farewell());
  CHECK(session.finished());
  CHECK(session.counts().sent == 3);
  CHECK(session.counts().acknowledged == 3);
  CHECK(session.counts().resent == 0);
}

TEST_CASE("records that are durable are not sent, and a pack that is partly durable is sent from where it is not",
          "[producer]") {
  auto session = welcomed_session(4);
  session.add(pack_of(1, 3));
  session.add(pack_of(4, 3));
  auto data = session.next();
  REQUIRE(data);
  CHECK(data->sequence == 5);
  CHECK(data->count == 2);
  CHECK(data->bytes->view() == "5\n6\n");
  CHECK(session.counts().sent == 2);
  CHECK(session.counts().acknowledged == 4);
}

TEST_CASE("an input that is durable as a whole adds nothing", "[producer]") {
  auto session = welcomed_session(10);
  session.add(pack_of(1, 7));
  session.end_of_input();
  CHECK(session.next()->type == frame_type::goodbye);
  CHECK(session.counts().sent == 0);
  CHECK(session.counts().acknowledged == 7);
}

TEST_CASE("records are wanted only after WELCOME and while the window has room", "[producer]") {
  producer_session session{"p", 1000};
  CHECK_FALSE(session.wants_records());
  session.connected();
  session.next();
  CHECK_FALSE(session.wants_records());
  REQUIRE(session.welcomed(0, limits));
  std::uint64_t added = 0;
  while (session.wants_records()) {
    session.add(pack_of(added + 1, 10));
    added += 10;
    REQUIRE(added < 1000);
  }
  while (session.next())
    continue;
  REQUIRE(session.acknowledged(added));
  CHECK(session.wants_records());
}

TEST_CASE("a server that breaks the rules ends the session with an error", "[producer]") {
  auto session = welcomed_session();
  session.add(pack_of(1, 3));
  CHECK_FALSE(session.acknowledged(1));
  session.next();
  CHECK_FALSE(session.acknowledged(4));
  CHECK_FALSE(session.farewell());
  CHECK_FALSE(session.welcomed(3, limits));
  REQUIRE(session.acknowledged(3));
  session.disconnected();
  session.connected();
  session.next();
  CHECK_FALSE(session.welcomed(2, limits)); // it has forgotten record 3
  CHECK_FALSE(session.welcomed(3, {999, 2000}));
  CHECK(session.welcomed(3, limits));
}

TEST_CASE("whatever breaks, every record is durable once, and the figures add up", "[producer]") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    std::mt19937_64 random{seed};
    producer_session session{"p", 600};
    forgetful_server server;
    auto total = 1 + random() % 400;
    std::uint64_t added = 0;
    std::vector<std::uint64_t> expected;
    std::uint64_t received = 0;
    bool connected = false;
    for (int steps = 0; !session.finished(); ++steps) {
      REQUIRE(steps < 200'000);
      if (!connected) {
        connected = true;
        session.connected();
        REQUIRE(session.next()->type == frame_type::hello);
        REQUIRE(session.welcomed(server.durable, limits));
        continue;
      }
      auto dice = random() % 100;
      if (dice < 4) {
        session.disconnected();
        connected = false;
        if (dice < 2)
          server.crash();
      } else if (dice < 30) {
        server.durable += random() % (server.records.size() - server.durable + 1);
        REQUIRE(session.acknowledged(server.durable));
      } else if (dice < 60 && session.wants_records()) {
        auto count = std::min(1 + random() % 30, total - added);
        auto skipped = random() % 7 == 0;
        for (std::uint64_t i = 1; i <= count; ++i)
          expected.push_back(skipped ? 0 : added + i);
        session.add(skipped ? record_pack{count, nullptr} : pack_of(added + 1, count));
        added += count;
        if (added == total)
          session.end_of_input();
      } else if (auto frame = session.next()) {
        if (frame->type == frame_type::goodbye) {
          CHECK(server.durable == total);
          REQUIRE(session.farewell());
        } else {
          received += frame->count;
          server.take(*frame);
        }
      }
    }
    CHECK(server.records == expected);
    auto counts = session.counts();
    CHECK(counts.sent == total);
    CHECK(counts.acknowledged == total);
    CHECK(counts.sent + counts.resent == received);
  }
}

TEST_CASE("an appending producer numbers on from the first welcome, also when it connects again", "[producer]") {
  producer_session session{"p", 1'000'000, producer_session::numbering::behind_the_server};
  session.connected();
  session.next();
  REQUIRE(session.welcomed(41, limits));
  session.add(pack_of(1, 3));
  CHECK(session.next()->sequence == 42);
  session.disconnected();
  session.connected();
  session.next();
  REQUIRE(session.welcomed(43, limits)); // two of them had arrived
  auto rest = session.next();
  REQUIRE(rest);
  CHECK(rest->sequence == 44);
  CHECK(rest->count == 1);
  CHECK(session.counts().acknowledged == 2);
  REQUIRE(session.acknowledged(44));
  CHECK(session.counts().acknowledged == 3);
  CHECK(session.counts().skipped == 0);
}

TEST_CASE("a sender stops when the server has records under its name that it has not sent", "[producer]") {
  auto session = welcomed_session(2); // skipped: an earlier run of the same input may have sent them
  session.add(pack_of(1, 5));
  CHECK(session.next()->sequence == 3);
  session.add(pack_of(6, 4));
  session.disconnected();
  session.connected();
  session.next();
  REQUIRE(session.welcomed(5, limits)); // sent and not acknowledged
  session.disconnected();
  session.connected();
  session.next();
  auto refused = session.welcomed(6, limits);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().exit_code() == 1);
  CHECK_THAT(refused.error().message(), Catch::Contains("record 6 of producer 'p'") &&
                                          Catch::Contains("another sender uses this name") &&
                                          Catch::Contains("--producer"));
  CHECK(session.counts().acknowledged == 5);
}

TEST_CASE("a sender that has sent nothing stops when the server's records grew after its first welcome", "[producer]") {
  for (auto numbers : {producer_session::numbering::from_one, producer_session::numbering::behind_the_server}) {
    producer_session session{"p", 1'000'000, numbers};
    session.connected();
    session.next();
    REQUIRE(session.welcomed(7, limits));
    session.disconnected();
    session.connected();
    session.next();
    CHECK_FALSE(session.welcomed(8, limits));
    CHECK(session.welcomed(7, limits));
  }
}

TEST_CASE("a server whose last record has an impossible number is refused before anything is skipped", "[producer]") {
  constexpr auto greatest = std::numeric_limits<std::uint64_t>::max();
  for (auto numbers : {producer_session::numbering::from_one, producer_session::numbering::behind_the_server})
    for (auto last : {greatest, greatest - 1, greatest / 2 + 1}) {
      producer_session session{"p", 1'000'000, numbers};
      session.connected();
      session.next();
      auto refused = session.welcomed(last, limits);
      REQUIRE_FALSE(refused);
      CHECK(refused.error().exit_code() == 1);
      CHECK_THAT(refused.error().message(), Catch::Contains(std::to_string(last)));
      CHECK_FALSE(session.wants_records());
    }
}

TEST_CASE("a server does not choose how much memory a sender uses", "[producer]") {
  producer_session session{"p"};
  session.connected();
  session.next();
  REQUIRE(session.welcomed(0, {0xfffffff0, 0xffffffff}));
  REQUIRE(session.server_limits());
  CHECK(session.server_limits()->max_frame_bytes == weir::limits::max_frame_bytes);
  CHECK(session.server_limits()->max_record_bytes == weir::limits::max_frame_bytes - 2);
}
