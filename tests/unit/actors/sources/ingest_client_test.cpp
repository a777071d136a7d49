#include "actors/sources/ingest_client.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <future>
#include <thread>

#include "actors/asio.hpp"
#include "tests/unit/actors/sources/ledger.hpp"
#include "tests/unit/actors/sources/temporary_directory.hpp"

using namespace weir::actors;
using namespace weir::testing;
using namespace std::chrono_literals;

namespace {

std::string numbered_lines(std::uint64_t count, std::size_t padding = 10) {
  std::string text;
  for (std::uint64_t i = 1; i <= count; ++i)
    text += std::to_string(i) + std::string(padding, '.') + "\n";
  return text;
}

/// A file opened for one client.
class open_file {
public:
  explicit open_file(const std::string& path) : file_{::open(path.c_str(), O_RDONLY | O_CLOEXEC)} {
    REQUIRE(file_ >= 0);
  }
  ~open_file() { ::close(file_); }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  int descriptor() const { return file_; }

private:
  int file_;
};

ingest_client_options sending(const std::string& address, int input) {
  ingest_client_options options;
  options.server = *parse_endpoint(address);
  options.producer = "p";
  options.input = input;
  options.max_back_off = 20ms;
  return options;
}

weir::result<ingest_summary> send_file(const std::string& address, const std::string& path) {
  open_file file{path};
  return run_ingest_client(sending(address, file.descriptor()));
}

} // namespace

TEST_CASE("a file is sent once, and sending it again adds nothing", "[client]") {
  temporary_directory directory;
  auto text = numbered_lines(50'000);
  auto path = directory.write("input", text);
  ledger_port port;
  auto first = send_file(port.address(), path);
  REQUIRE(first);
  CHECK(first->counts.sent == 50'000);
  CHECK(first->counts.acknowledged == 50'000);
  CHECK(first->counts.resent == 0);
  CHECK(port.book->of("p").durable == text);
  CHECK(port.book->of("p").left);
  auto again = send_file(port.address(), path);
  REQUIRE(again);
  CHECK(again->counts.sent == 0);
  CHECK(again->counts.acknowledged == 50'000);
  CHECK(port.book->of("p").durable == text);
  directory.write("input", text + "one more");
  auto more = send_file(port.address(), path);
  REQUIRE(more);
  CHECK(more->counts.sent == 1);
  CHECK(port.book->of("p").durable == text + "one more\n");
}

TEST_CASE("a server that dies again and again gets every record once", "[client]") {
  temporary_directory directory;
  auto text = numbered_lines(20'000);
  ledger_port port;
  auto address = port.address();
  port.book->acknowledges_every = 3;
  open_file file{directory.write("input", text)};
  auto options = sending(address, file.descriptor());
  options.pack_bytes = 2'000;
  auto client = std::async(std::launch::async, [&] { return run_ingest_client(options); });
  for (std::uint64_t crash = 1; crash <= 5; ++crash) {
    REQUIRE(port.book->wait_for_frames(crash * 20));
    port.shut();
    port.open(address);
  }
  // The last frames would wait for a third one for ever.
  while (client.wait_for(5ms) != std::future_status::ready)
    port.book->acknowledge_all();
  auto summary = client.get();
  REQUIRE(summary);
  CHECK(port.book->of("p").durable == text);
  CHECK(summary->counts.sent == 20'000);
  CHECK(summary->counts.acknowledged == 20'000);
}

TEST_CASE("a client waits for a server that is not there yet", "[client]") {
  temporary_directory directory;
  open_file file{directory.write("input", "one\ntwo\n")};
  ledger_port port;
  auto address = port.address();
  port.shut();
  auto options = sending(address, file.descriptor());
  std::promise<void> waiting;
  options.notice = [&, said = false](const std::string& sentence) mutable {
    if (!std::exchange(said, true)) {
      CHECK_THAT(sentence, Catch::Contains(address));
      waiting.set_value();
    }
  };
  auto client = std::async(std::launch::async, [&] { return run_ingest_client(options); });
  waiting.get_future().wait();
  port.open(address);
  auto summary = client.get();
  REQUIRE(summary);
  CHECK(port.book->of("p").durable == "one\ntwo\n");
}

TEST_CASE("lines of a pipe are sent while it is still open", "[client]") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  ledger_port port;
  auto client = std::async(std::launch::async, [&] { return run_ingest_client(sending(port.address(), ends[0])); });
  REQUIRE(::write(ends[1], "one\ntw", 6) == 6);
  CHECK(port.book->wait_for_frames(1));
  CHECK(port.book->of("p").durable == "one\n");
  REQUIRE(::write(ends[1], "o\nthree", 7) == 7);
  CHECK(port.book->wait_for_frames(2));
  ::close(ends[1]);
  auto summary = client.get();
  REQUIRE(summary);
  CHECK(port.book->of("p").durable == "one\ntwo\nthree\n");
  CHECK(summary->counts.sent == 3);
  CHECK((::fcntl(ends[0], F_GETFL) & O_NONBLOCK) == 0);
  ::close(ends[0]);
}

TEST_CASE("records that are too long for the server are numbered, not sent", "[client]") {
  temporary_directory directory;
  ingest_port_options limits;
  limits.max_record_bytes = 100;
  limits.max_frame_bytes = 1'000;
  ledger_port port{limits};
  auto long_line = std::string(101, 'x') + "\n";
  auto fitting = std::string(100, 'y') + "\r\n";
  auto path =
    directory.write("input", "a\n" + long_line + fitting + std::string(100'000, 'z') + "\n" + long_line + "b");
  auto summary = send_file(port.address(), path);
  REQUIRE(summary);
  CHECK(summary->counts.too_long == 3);
  CHECK(summary->counts.acknowledged == 6);
  CHECK(port.book->of("p").durable == "a\n" + fitting + "b\n");
  CHECK(port.book->of("p").skipped == 3);
}

TEST_CASE("records leave at the rate that was asked for, in small steps", "[client]") {
  temporary_directory directory;
  ledger_port port;
  open_file file{directory.write("input", numbered_lines(500))};
  auto options = sending(port.address(), file.descriptor());
  options.rate = 5'000;
  auto begin = std::chrono::steady_clock::now();
  auto summary = run_ingest_client(options);
  auto took = std::chrono::steady_clock::now() - begin;
  REQUIRE(summary);
  CHECK(summary->counts.acknowledged == 500);
  CHECK(took >= 95ms); // 500 records at 5000/s; a slow machine may take longer
  CHECK(port.book->frames() > 1);
}

TEST_CASE("records that the server has are skipped without a pace", "[client]") {
  temporary_directory directory;
  ledger_port port;
  auto path = directory.write("input", numbered_lines(100'000));
  REQUIRE(send_file(port.address(), path));
  auto longer = directory.write("longer", numbered_lines(100'010));
  open_file file{longer};
  auto options = sending(port.address(), file.descriptor());
  options.rate = 100; // a thousand seconds for all
  auto begin = std::chrono::steady_clock::now();
  auto summary = run_ingest_client(options);
  REQUIRE(summary);
  CHECK(std::chrono::steady_clock::now() - begin < 15s);
  CHECK(summary->counts.skipped == 100'000);
  CHECK(summary->counts.sent == 10);
  CHECK(summary->counts.acknowledged == 100'010);
  CHECK(summary->durable_before == 100'000);
}

TEST_CASE("an appended text is numbered on from what the server has, and is not skipped", "[client]") {
  temporary_directory directory;
  ledger_port port;
  REQUIRE(send_file(port.address(), directory.write("input", "one\ntwo\n")));
  open_file file{directory.write("other", "three\nfour\n")};
  auto options = sending(port.address(), file.descriptor());
  options.append = true;
  auto summary = run_ingest_client(options);
  REQUIRE(summary);
  CHECK(summary->counts.sent == 2);
  CHECK(summary->counts.acknowledged == 2);
  CHECK(summary->counts.skipped == 0);
  CHECK(port.book->of("p").durable == "one\ntwo\nthree\nfour\n");
}

TEST_CASE("what a server says reaches the terminal without control characters", "[client]") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  ledger_port port;
  auto client = std::async(std::launch::async, [&] { return run_ingest_client(sending(port.address(), ends[0])); });
  REQUIRE(port.book->wait_for_hellos(1));
  port.server->refuse(port.book->hello_of(0), "no\x1b[2J\r\nthanks");
  auto summary = client.get();
  REQUIRE_FALSE(summary);
  CHECK_THAT(summary.error().message(), Catch::Contains("no\\x1b[2J\\x0d\\x0athanks"));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("a socket that is connected to itself is recognised", "[client]") {
  asio::io_context context;
  tcp::socket alone{context, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
  auto own = alone.local_endpoint();
  alone.connect(own);
  CHECK(is_connected_to_itself(alone));
  ledger_port port;
  auto where = parse_endpoint(port.address());
  tcp::socket other{context};
  other.connect({asio::ip::make_address(where->host), where->port});
  CHECK_FALSE(is_connected_to_itself(other));
}

TEST_CASE("a producer that another one displaces stops with the server's reason", "[client]") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  ledger_port port;
  auto client = std::async(std::launch::async, [&] { return run_ingest_client(sending(port.address(), ends[0])); });
  REQUIRE(port.book->wait_for_hellos(1));
  port.server->refuse(port.book->hello_of(0), "producer 'p' has connected anew");
  auto summary = client.get();
  REQUIRE_FALSE(summary);
  CHECK_THAT(summary.error().message(), Catch::Contains("has connected anew") && Catch::Contains(port.address()));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("a client that finds another sender's records under its name stops, and does not take them for its own lines",
          "[client]") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  ledger_port port;
  auto address = port.address();
  auto client = std::async(std::launch::async, [&] { return run_ingest_client(sending(address, ends[0])); });
  REQUIRE(::write(ends[1], "one\n", 4) == 4);
  REQUIRE(port.book->wait_for_frames(1));
  port.shut();
  auto bytes = std::make_shared<weir::data::buffer>(6);
  bytes->append("other\n");
  constexpr connection_id other = 1'000'000;
  port.book->hello(other, "p");
  port.book->data(other, {2, 1, std::move(bytes), 0});
  REQUIRE(::write(ends[1], "two\n", 4) == 4);
  port.open(address);
  auto summary = client.get();
  REQUIRE_FALSE(summary);
  CHECK(summary.error().exit_code() == 1);
  CHECK_THAT(summary.error().message(), Catch::Contains("record 2 of producer 'p'") &&
                                          Catch::Contains("another sender uses this name") && Catch::Contains(address));
  CHECK(port.book->of("p").durable == "one\nother\n");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("a server that is asked in vain is asked anew", "[client]") {
  temporary_directory directory;
  ledger_port port;
  port.book->answers_hello = false;
  open_file file{directory.write("input", "one\n")};
  auto options = sending(port.address(), file.descriptor());
  options.welcome_deadline = 50ms;
  auto client = std::async(std::launch::async, [&] { return run_ingest_client(options); });
  REQUIRE(port.book->wait_for_hellos(3));
  port.book->answers_hello = true;
  auto summary = client.get();
  REQUIRE(summary);
  CHECK(port.book->of("p").durable == "one\n");
}

TEST_CASE("an input that cannot be read is an error", "[client]") {
  temporary_directory directory;
  ledger_port port;
  auto summary = send_file(port.address(), directory.path());
  REQUIRE_FALSE(summary);
  CHECK(summary.error().exit_code() == 74);
}
