#include <algorithm>
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <random>
#include <sys/resource.h>
#include <thread>

#include "actors/sources/asio_ingest_server.hpp"
#include "tests/unit/actors/sources/ledger.hpp"

// What strangers do to an open port. After each attack an honest producer must be served.

using namespace weir::actors;
using namespace weir::testing;
using namespace std::chrono_literals;

namespace {

void expect_honest_service(ledger_port& port, const std::string& name = "honest") {
  raw_client client{port.address()};
  client.hello(name);
  client.expect(frame_type::welcome);
  client.data(1, 1, "fine\n");
  CHECK(client.expect(frame_type::ack).header.sequence == 1);
  client.say(encode_frame(frame_type::goodbye, 1, 0));
  client.expect(frame_type::farewell);
  CHECK(port.book->of(name).durable == "fine\n");
}

ingest_port_options impatient() {
  ingest_port_options options;
  options.hello_deadline = options.frame_deadline = options.progress_deadline = options.write_deadline =
    options.linger = 100ms;
  options.sweep_interval = 10ms;
  return options;
}

raw_client welcomed(ledger_port& port, const std::string& name, int receive_buffer_bytes = 0) {
  raw_client client{port.address(), receive_buffer_bytes};
  client.hello(name);
  client.expect(frame_type::welcome);
  return client;
}

/// Enough descriptors for both ends of many connections in one process. False if the system allows fewer.
bool allow_descriptors(rlim_t count) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= count)
    return true;
  limit.rlim_cur = std::min(count, limit.rlim_max);
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == count;
}

} // namespace

TEST_CASE("a browser is told what this port speaks", "[ingest][hostile]") {
  ledger_port port;
  raw_client browser{port.address()};
  browser.say("GET / HTTP/1.1\r\nHost: example\r\nUser-Agent: someone\r\n\r\n");
  CHECK_THAT(browser.expect_error(ingest_error::malformed), Catch::Contains("WEIR"));
  raw_client piped{port.address()};
  piped.say("one line of text that somebody piped here\n");
  piped.end_sending();
  piped.expect_error(ingest_error::malformed);
  expect_honest_service(port);
}

TEST_CASE("random bytes, bare or dressed as frames, change nothing", "[ingest][hostile]") {
  ledger_port port{impatient()};
  std::mt19937_64 random{7};
  for (int round = 0; round < 200; ++round) {
    raw_client client{port.address()};
    if (round % 2 == 0)
      client.hello("noise");
    if (round % 4 == 0)
      client.expect(frame_type::welcome);
    std::string noise(random() % 5000, '\0');
    for (auto& c : noise)
      c = static_cast<char>(random());
    if (round % 3 == 0)
      noise.insert(0, std::string{"WEIR\x01\x03\x00\x00", 8});
    client.say(noise);
    if (round % 5 != 0)
      client.end_sending();
    client.drain();
  }
  CHECK(port.book->frames() == 0);
  expect_honest_service(port);
}

TEST_CASE("a frame that claims 4 GB is refused by its header", "[ingest][hostile]") {
  ledger_port port;
  auto client = welcomed(port, "p");
  auto header = encode_header(frame_type::data, 1, 1, {});
  std::fill(header.begin() + 8, header.begin() + 12, '\xff');
  client.say({header.data(), header.size()});
  CHECK_THAT(client.expect_error(ingest_error::malformed), Catch::Contains("4294967295"));
  expect_honest_service(port);
}

TEST_CASE("a frame with a wrong checksum, count or end is refused and not handed on", "[ingest][hostile]") {
  ledger_port port;
  auto frame = encode_frame(frame_type::data, 1, 2, "one\ntwo\n");
  auto damaged = frame;
  damaged.back() = '!';
  auto client = welcomed(port, "p");
  client.say(damaged);
  client.expect_error(ingest_error::damaged);
  auto counting = welcomed(port, "p");
  counting.data(1, 3, "one\ntwo\n");
  CHECK_THAT(counting.expect_error(ingest_error::malformed), Catch::Contains("3 records holds 2"));
  auto open_ended = welcomed(port, "p");
  open_ended.data(1, 1, "one\ntwo");
  open_ended.expect_error(ingest_error::malformed);
  auto server_like = welcomed(port, "p");
  server_like.say(encode_frame(frame_type::ack, 1, 0));
  server_like.expect_error(ingest_error::malformed);
  auto twice = welcomed(port, "p");
  twice.hello("p");
  twice.expect_error(ingest_error::malformed);
  CHECK(port.book->frames() == 0);
  expect_honest_service(port);
}

TEST_CASE("a frame cut anywhere and abandoned leaves nothing behind", "[ingest][hostile]") {
  ledger_port port{{}, 64};
  auto whole = encode_hello("p", "test");
  for (std::size_t cut = 0; cut < whole.size(); ++cut)
    raw_client{port.address()}.say(whole.substr(0, cut));
  auto frame = encode_frame(frame_type::data, 1, 1, std::string(63, 'x') + "\n");
  for (std::size_t cut = 0; cut < frame.size(); cut += 5)
    welcomed(port, "p").say(frame.substr(0, cut));
  CHECK(port.book->frames() == 0);
  expect_honest_service(port); // the whole budget is free again
}

TEST_CASE("who says nothing, or stops within a frame, is told that time is up", "[ingest][hostile]") {
  ledger_port port{impatient()};
  auto idle = welcomed(port, "idle");
  raw_client silent{port.address()};
  CHECK_THAT(silent.expect_error(ingest_error::deadline), Catch::Contains("HELLO"));
  raw_client slow{port.address()};
  slow.say("WEIR");
  slow.expect_error(ingest_error::deadline);
  auto within_header = welcomed(port, "a");
  within_header.say("WEI");
  within_header.expect_error(ingest_error::deadline);
  auto within_payload = welcomed(port, "b");
  within_payload.say(encode_frame(frame_type::data, 1, 1, "abc\n").substr(0, 34));
  within_payload.expect_error(ingest_error::deadline);
  // Between frames there is no deadline: this one has been silent for longer than all of them.
  idle.data(1, 1, "one\n");
  idle.expect(frame_type::ack);
  expect_honest_service(port);
}

TEST_CASE("waiting for the budget is not the client's fault", "[ingest][hostile]") {
  ledger_port port{impatient(), 10};
  port.book->releases = false;
  auto first = welcomed(port, "first");
  first.data(1, 1, "123456789\n");
  first.expect(frame_type::ack);
  auto waiting = welcomed(port, "waiting");
  waiting.data(1, 1, "987654321\n");
  raw_client silent{port.address()};
  silent.expect_error(ingest_error::deadline); // as long as a frame may take
  port.server->release(frame_overhead_bytes + 10);
  waiting.expect(frame_type::ack);
}

TEST_CASE("a client that stops reading is closed after a while and costs a bounded amount", "[ingest][hostile]") {
  ledger_port port{impatient()};
  auto deaf = welcomed(port, "deaf", 2048);
  auto connection = port.book->hello_of(0);
  std::uint64_t through = 0;
  for (int round = 0; round < 2'000 && port.server->open_connections() == 1; ++round) {
    for (int i = 0; i < 1'000; ++i)
      port.server->acknowledge(connection, ++through);
    expect_honest_service(port, "honest-" + std::to_string(round));
  }
  CHECK(port.server->open_connections() == 0);
  expect_honest_service(port);
}

TEST_CASE("500 silent connections leave room for honest ones", "[ingest][hostile]") {
  if (!allow_descriptors(2048)) {
    WARN("skipped: this system allows too few descriptors for both ends of 500 connections");
    return;
  }
  ledger_port port;
  std::vector<raw_client> silent;
  for (int i = 0; i < 250; ++i)
    silent.emplace_back(port.address());
  for (int i = 0; i < 250; ++i)
    silent.push_back(welcomed(port, "idle-" + std::to_string(i)));
  expect_honest_service(port);
  silent.clear();
  CHECK(port.book->wait_for_closed(251));
}

TEST_CASE("too many connections are turned away politely, and room is used again", "[ingest][hostile]") {
  auto options = impatient();
  options.max_connections = 3;
  options.newcomer_grace = 60s;
  ledger_port port{options};
  std::vector<raw_client> kept;
  for (int i = 0; i < 3; ++i)
    kept.push_back(welcomed(port, "kept-" + std::to_string(i)));
  raw_client fourth{port.address()};
  fourth.hello("fourth");
  fourth.expect_error(ingest_error::busy);
  kept.pop_back();
  REQUIRE(port.book->wait_for_closed(1));
  expect_honest_service(port);
}

TEST_CASE("silent connections give way to newcomers, those that have sent records do not", "[ingest][hostile]") {
  auto options = impatient();
  options.max_connections = 3;
  options.newcomer_grace = 0ms;
  options.hello_deadline = 60s;
  ledger_port port{options};
  auto other_book = std::make_shared<ledger>();
  auto other = port.transport->listen("127.0.0.1:0", 1000, other_book);
  REQUIRE(other);
  other_book->use(other->get());
  auto sender = welcomed(port, "sender");
  sender.data(1, 1, "one\n");
  sender.expect(frame_type::ack);
  auto silent = welcomed(port, "silent");
  raw_client greeting{(*other)->address()}; // of another port
  while (other->get()->open_connections() == 0)
    std::this_thread::yield();
  auto first = welcomed(port, "first");
  CHECK_THAT(greeting.expect_error(ingest_error::busy), Catch::Contains("no record"));
  first.data(1, 1, "one\n");
  first.expect(frame_type::ack);
  auto second = welcomed(port, "second");
  CHECK_THAT(silent.expect_error(ingest_error::busy), Catch::Contains("no record"));
  second.data(1, 1, "one\n");
  second.expect(frame_type::ack);
  raw_client third{port.address()};
  CHECK_THAT(third.expect_error(ingest_error::busy), Catch::Contains("3 connections"));
  sender.data(2, 1, "two\n");
  sender.expect(frame_type::ack);
  other_book->use(nullptr);
}

TEST_CASE("the bound on connections is one for all ports", "[ingest][hostile]") {
  auto options = impatient();
  options.max_connections = 3;
  options.newcomer_grace = 60s;
  ledger_port port{options};
  auto other_book = std::make_shared<ledger>();
  auto other = port.transport->listen("127.0.0.1:0", 1000, other_book);
  REQUIRE(other);
  other_book->use(other->get());
  std::vector<raw_client> kept;
  for (int i = 0; i < 2; ++i)
    kept.push_back(welcomed(port, "kept-" + std::to_string(i)));
  auto& third = kept.emplace_back((*other)->address());
  third.hello("third");
  third.expect(frame_type::welcome);
  for (auto& address : {port.address(), (*other)->address()}) {
    raw_client surplus{address};
    CHECK_THAT(surplus.expect_error(ingest_error::busy), Catch::Contains("3 connections"));
  }
  kept.pop_back();
  REQUIRE(other_book->wait_for_closed(1));
  expect_honest_service(port);
  other_book->use(nullptr);
}

TEST_CASE("connections leave descriptors for the rest of the process", "[ingest]") {
  CHECK(affordable_connections(1024, 1'048'576) == 1024);
  CHECK(affordable_connections(1024, 1024) == 768);
  CHECK(affordable_connections(10, 1024) == 10);
  CHECK(affordable_connections(1024, 64) == 32);
  CHECK(affordable_connections(1024, 33) == 1);
  CHECK(affordable_connections(1024, 15) == 0);
}

TEST_CASE("announced bytes cost nothing: only what has come is counted", "[ingest][hostile]") {
  constexpr int strangers = 100;
  ledger_port port{{}, 4 * weir::limits::mib}; // two announced frames would fill it
  std::vector<raw_client> silent;
  auto header = encode_header(frame_type::data, 1, 1, std::string(2 * weir::limits::mib, 'x'));
  for (int i = 0; i < strangers; ++i) {
    silent.push_back(welcomed(port, "silent-" + std::to_string(i)));
    silent.back().say({header.data(), header.size()});
  }
  port.book->releases = true;
  raw_client honest{port.address()};
  honest.hello("honest");
  honest.expect(frame_type::welcome);
  for (std::uint64_t i = 1; i <= 50; ++i) {
    honest.data(i, 1, std::string(100'000, 'y') + "\n");
    CHECK(honest.expect(frame_type::ack).header.sequence == i);
  }
}

TEST_CASE("unfinished frames that fill the memory give way when others wait", "[ingest][hostile]") {
  auto options = impatient();
  options.frame_deadline = options.progress_deadline = 60s;
  ledger_port port{options, weir::limits::mib};
  port.book->releases = false;
  auto frame = encode_frame(frame_type::data, 1, 1, std::string(600'000, 'x') + "\n");
  std::vector<raw_client> strangers; // the third may go beyond the limit, the fourth waits
  for (int i = 1; i <= 4; ++i) {
    strangers.push_back(welcomed(port, "stranger-" + std::to_string(i)));
    strangers.back().say(frame.substr(0, 500'000));
  }
  for (int i = 0; i < 2; ++i)
    CHECK_THAT(strangers[i].expect_error(ingest_error::busy), Catch::Contains("unfinished"));
  port.book->releases = true;
  expect_honest_service(port);
}

TEST_CASE("an honest sender of small frames passes those who never finish large ones", "[ingest][hostile]") {
  auto options = impatient();
  options.frame_deadline = options.progress_deadline = 60s;
  options.sweep_interval = 60s; // nobody is ended meanwhile
  ledger_port port{options, 16 * weir::limits::mib};
  auto frame = encode_frame(frame_type::data, 1, 1, std::string(2'000'000, 'x') + "\n");
  std::vector<raw_client> strangers;
  for (int i = 0; i < 20; ++i) {
    strangers.push_back(welcomed(port, "stranger-" + std::to_string(i)));
    strangers.back().say_at_most(frame.substr(0, 1'000'000));
  }
  auto honest = welcomed(port, "honest");
  for (std::uint64_t i = 1; i <= 20; ++i) {
    honest.data(i, 1, std::string(250'000, 'y') + "\n");
    CHECK(honest.expect(frame_type::ack).header.sequence == i);
  }
}

TEST_CASE("a frame that comes drop by drop is read as long as it makes progress", "[ingest][hostile]") {
  auto options = impatient();
  options.progress_deadline = 2s;
  options.frame_deadline = 20s;
  ledger_port port{options};
  auto slow = welcomed(port, "slow");
  auto frame = encode_frame(frame_type::data, 1, 1, std::string(100, 'x') + "\n");
  for (auto byte : frame)
    slow.say({&byte, 1});
  CHECK(slow.expect(frame_type::ack).header.sequence == 1);
  auto stuck = welcomed(port, "stuck");
  stuck.say(frame.substr(0, 40));
  CHECK_THAT(stuck.expect_error(ingest_error::deadline), Catch::Contains("within a frame"));
}

TEST_CASE("empty frames are counted, so that they wait when nothing is released", "[ingest][hostile]") {
  ledger_port port{{}, 10 * frame_overhead_bytes};
  port.book->releases = false;
  auto client = welcomed(port, "p");
  std::string frames;
  for (std::uint64_t i = 1; i <= 100; ++i)
    frames += encode_frame(frame_type::skipped, i, 1);
  client.say(frames);
  CHECK(port.book->wait_for_frames(10));
  raw_client witness{port.address()}; // a further conversation: all that could be read has been
  witness.hello("witness");
  witness.expect(frame_type::welcome);
  CHECK(port.book->frames() == 10);
  port.server->release(5 * frame_overhead_bytes);
  CHECK(port.book->wait_for_frames(15));
}

TEST_CASE("a welcome that does not come is answered with busy", "[ingest]") {
  auto options = impatient();
  options.welcome_deadline = 50ms;
  ledger_port port{options};
  port.book->answers_hello = false;
  raw_client client{port.address()};
  client.hello("p");
  client.expect_error(ingest_error::busy);
  port.book->answers_hello = true;
  expect_honest_service(port);
}

TEST_CASE("a process without descriptors accepts again when it has some", "[ingest][hostile]") {
  ledger_port port;
  expect_honest_service(port, "before");
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  // The connection waits in the kernel, because none is left to accept it with.
  auto socket = ::socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(socket >= 0);
  auto lowest_free = ::dup(socket);
  ::close(lowest_free);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(lowest_free);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(parse_endpoint(port.address())->port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  auto connected = ::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to);
  auto refused = ::dup(socket) < 0;
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(connected == 0);
  CHECK(refused);
  expect_honest_service(port);
  ::close(socket);
}
