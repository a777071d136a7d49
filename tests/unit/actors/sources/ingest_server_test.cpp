#include "actors/sources/asio_ingest_server.hpp"

#include <catch2/catch.hpp>
#include <future>

#include "tests/unit/actors/sources/ledger.hpp"

using namespace weir::actors;
using namespace weir::testing;
using namespace std::chrono_literals;

TEST_CASE("a producer's records are handed on, acknowledged, and its goodbye answered", "[ingest]") {
  ledger_port port;
  raw_client client{port.address()};
  client.hello("p");
  auto welcome = client.expect(frame_type::welcome);
  CHECK(welcome.header.sequence == 0);
  auto limits = decode_welcome(welcome.payload);
  REQUIRE(limits);
  CHECK(limits->max_record_bytes == weir::limits::max_record_bytes);
  CHECK(limits->max_frame_bytes == weir::limits::max_frame_bytes);
  client.data(1, 2, "one\ntwo\n");
  CHECK(client.expect(frame_type::ack).header.sequence == 2);
  client.say(encode_frame(frame_type::skipped, 3, 4));
  CHECK(client.expect(frame_type::ack).header.sequence == 6);
  client.data(5, 3, "again\nagain\nseven\n"); // 5 and 6 are known
  CHECK(client.expect(frame_type::ack).header.sequence == 7);
  client.say(encode_frame(frame_type::goodbye, 7, 0));
  client.expect(frame_type::farewell);
  CHECK_FALSE(client.hear());
  CHECK(port.book->wait_for_closed(1));
  auto who = port.book->of("p");
  CHECK(who.durable == "one\ntwo\nseven\n");
  CHECK(who.skipped == 4);
  CHECK(who.left);
}

TEST_CASE("the port is told what the URL asked for, and is free again afterwards", "[ingest]") {
  ledger_port port;
  auto address = port.address();
  CHECK_THAT(address, Catch::StartsWith("127.0.0.1:") && !Catch::EndsWith(":0"));
  auto second = port.transport->listen(address, 1000, port.book);
  REQUIRE_FALSE(second);
  CHECK(second.error().exit_code() == 78);
  CHECK_THAT(second.error().message(), Catch::Contains(address) && Catch::Contains("in use"));
  raw_client open{address};
  open.hello("p");
  open.expect(frame_type::welcome);
  port.shut();
  CHECK_FALSE(open.hear());
  port.open(address);
  CHECK(port.address() == address);
  auto unknown = port.transport->listen("no.such.host.invalid:0", 1000, port.book);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().exit_code() == 78);
}

TEST_CASE("localhost and IPv6 addresses can be listened on", "[ingest]") {
  auto transport = make_asio_ingest_transport();
  auto named = transport->listen("localhost:0", 1000, std::make_shared<ledger>());
  REQUIRE(named);
  CHECK_THAT((*named)->address(), Catch::StartsWith("127.0.0.1:") || Catch::StartsWith("[::1]:"));
  auto six = transport->listen("[::1]:0", 1000, std::make_shared<ledger>());
  if (six)
    CHECK_THAT((*six)->address(), Catch::StartsWith("[::1]:"));
  else
    WARN("no IPv6 here: " << six.error().message());
}

TEST_CASE("a server may outlive its transport", "[ingest]") {
  ledger_port port;
  port.transport.reset();
  raw_client client{port.address()};
  client.hello("p");
  client.expect(frame_type::welcome);
}

TEST_CASE("records are accepted only in order", "[ingest]") {
  ledger_port port;
  raw_client client{port.address()};
  client.hello("p");
  client.expect(frame_type::welcome);
  client.data(2, 1, "two\n");
  CHECK_THAT(client.expect_error(ingest_error::refused), Catch::Contains("expected record 1, got 2"));
}

TEST_CASE("no frame is taken before WELCOME or after GOODBYE", "[ingest]") {
  ledger_port port;
  raw_client late{port.address()};
  late.hello("late");
  late.expect(frame_type::welcome);
  port.book->answers_hello = false;
  raw_client early{port.address()};
  early.hello("early");
  early.data(1, 1, "one\n");
  CHECK_THAT(early.expect_error(ingest_error::malformed), Catch::Contains("before WELCOME"));
  raw_client rude{port.address()};
  rude.data(1, 1, "one\n");
  CHECK_THAT(rude.expect_error(ingest_error::malformed), Catch::Contains("HELLO"));
  late.say(encode_frame(frame_type::goodbye, 0, 0) + encode_frame(frame_type::data, 1, 1, "one\n"));
  while (auto frame = late.hear()) // the farewell may be first
    CHECK((frame->header.type == frame_type::farewell || frame->header.type == frame_type::error));
  CHECK(port.book->frames() == 0);
}

TEST_CASE("a goodbye whose number is beyond the records that came is refused, and so is a HELLO with a number",
          "[ingest]") {
  ledger_port port;
  raw_client forgetful{port.address()};
  forgetful.hello("p");
  forgetful.expect(frame_type::welcome);
  forgetful.data(1, 2, "one\ntwo\n");
  CHECK(forgetful.expect(frame_type::ack).header.sequence == 2);
  forgetful.say(encode_frame(frame_type::goodbye, 3, 0));
  auto reason = forgetful.expect_error(ingest_error::refused);
  CHECK_THAT(reason, Catch::Contains("GOODBYE names record 3") && Catch::Contains("up to 2"));
  CHECK_FALSE(port.book->of("p").left);

  raw_client shorter{port.address()}; // whose input has one record only
  shorter.hello("p");
  CHECK(shorter.expect(frame_type::welcome).header.sequence == 2);
  shorter.say(encode_frame(frame_type::goodbye, 1, 0));
  shorter.expect(frame_type::farewell);

  raw_client numbered{port.address()};
  auto hello = encode_hello("q", "test").substr(frame_header_bytes);
  numbered.say(encode_frame(frame_type::hello, 1, 0, hello));
  CHECK_THAT(numbered.expect_error(ingest_error::malformed), Catch::Contains("HELLO"));
}

TEST_CASE("a refused producer hears the reason", "[ingest]") {
  ledger_port port;
  raw_client client{port.address()};
  client.hello("p");
  client.expect(frame_type::welcome);
  port.server->refuse(port.book->hello_of(0), "has connected anew");
  CHECK(client.expect_error(ingest_error::refused) == "has connected anew");
  CHECK(port.book->wait_for_closed(1));
}

TEST_CASE("sockets are left unread beyond the budget, and the oldest waits shortest", "[ingest]") {
  ledger_port port{{}, frame_overhead_bytes + 100};
  port.book->releases = false;
  auto text = std::string(79, 'x') + "\n";
  std::vector<raw_client> clients;
  for (auto name : {"a", "b", "c"}) {
    auto& client = clients.emplace_back(port.address());
    client.hello(name);
    client.expect(frame_type::welcome);
    client.data(1, 1, text);
    if (clients.size() == 1)
      client.expect(frame_type::ack);
  }
  // A fourth conversation shows that the thread has had its turn after the frames of b and c came.
  raw_client witness{port.address()};
  witness.hello("witness");
  witness.expect(frame_type::welcome);
  CHECK(port.book->frames() == 1);
  port.server->release(frame_overhead_bytes + 80);
  CHECK(port.book->wait_for_frames(2));
  port.server->release(frame_overhead_bytes + 80);
  CHECK(port.book->wait_for_frames(3));
  clients[1].expect(frame_type::ack);
  clients[2].expect(frame_type::ack);
}

TEST_CASE("a frame larger than the budget is read when nothing else is held", "[ingest]") {
  ledger_port port{{}, 10};
  raw_client client{port.address()};
  client.hello("p");
  client.expect(frame_type::welcome);
  client.data(1, 1, std::string(100'000, 'x') + "\n");
  CHECK(client.expect(frame_type::ack).header.sequence == 1);
}

TEST_CASE("one who leaves while waiting for the budget, or within a frame, gives its share back", "[ingest]") {
  ledger_port port{{}, frame_overhead_bytes + 100};
  port.book->releases = false;
  raw_client first{port.address()};
  first.hello("first");
  first.expect(frame_type::welcome);
  first.data(1, 1, std::string(89, 'x') + "\n");
  first.expect(frame_type::ack);
  raw_client second{port.address()};
  second.hello("second");
  second.expect(frame_type::welcome);
  second.data(1, 1, std::string(89, 'y') + "\n");
  port.server->refuse(port.book->hello_of(1), "go away"); // while it waits, or just before
  second.expect_error(ingest_error::refused);
  port.server->release(frame_overhead_bytes + 90);
  raw_client third{port.address()};
  third.hello("third");
  third.expect(frame_type::welcome);
  auto frame = encode_frame(frame_type::data, 1, 1, std::string(89, 'z') + "\n");
  third.say(frame.substr(0, 60));
  third.close();
  CHECK(port.book->wait_for_closed(2));
  raw_client fourth{port.address()};
  fourth.hello("fourth");
  fourth.expect(frame_type::welcome);
  fourth.say(frame);
  fourth.expect(frame_type::ack);
}

TEST_CASE("a port that reads no more still acknowledges", "[ingest]") {
  ledger_port port;
  port.book->acknowledges_every = 1000;
  raw_client client{port.address()};
  client.hello("p");
  client.expect(frame_type::welcome);
  client.data(1, 1, "one\n");
  REQUIRE(port.book->wait_for_frames(1));
  port.server->stop_reading();
  client.data(2, 1, "two\n");
  port.book->acknowledge_all();
  CHECK(client.expect(frame_type::ack).header.sequence == 1);
  CHECK(port.book->frames() == 1);
  CHECK(port.server->open_connections() == 1);
}

TEST_CASE("of acknowledgements that wait together only the newest is sent", "[ingest]") {
  /// Keeps the server's thread busy, so that all answers of the meantime wait for it.
  struct busy_ledger : ledger {
    std::promise<void> begun, go_on;
    void hello(connection_id connection, std::string name) override {
      if (name == "hold") {
        begun.set_value();
        go_on.get_future().wait();
      }
      ledger::hello(connection, std::move(name));
    }
  };
  auto book = std::make_shared<busy_ledger>();
  ledger_port port{{}, 1000, "127.0.0.1:0", book};
  raw_client client{port.address()};
  client.hello("p");
  client.expect(frame_type::welcome);
  raw_client other{port.address()};
  other.hello("hold");
  book->begun.get_future().wait();
  for (std::uint64_t through = 1; through <= 1000; ++through)
    port.server->acknowledge(book->hello_of(0), through);
  book->go_on.set_value();
  CHECK(client.expect(frame_type::ack).header.sequence == 1); // went out at once
  CHECK(client.expect(frame_type::ack).header.sequence == 1000);
}

TEST_CASE("open connections are those that may still bring records", "[ingest]") {
  ledger_port port;
  CHECK(port.server->open_connections() == 0);
  {
    raw_client client{port.address()};
    client.hello("p");
    client.expect(frame_type::welcome);
    CHECK(port.server->open_connections() == 1);
  }
  REQUIRE(port.book->wait_for_closed(1));
  raw_client other{port.address()}; // the count falls right after `closed`; a further conversation is later than that
  other.hello("q");
  other.expect(frame_type::welcome);
  CHECK(port.server->open_connections() == 1);
}
