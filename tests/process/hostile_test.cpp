#include <csignal>
#include <memory>
#include <random>

#include <catch2/catch.hpp>

#include "actors/sources/frame.hpp"
#include "tests/process/harness.hpp"

namespace {

using namespace weir::process;
using namespace weir::actors;

constexpr std::uint64_t mib = 1 << 20;

std::string random_bytes(std::size_t count) {
  std::mt19937 random{7};
  std::string bytes(count, '\0');
  for (auto& byte : bytes)
    byte = static_cast<char>(random());
  return bytes;
}

/// A DATA header that claims almost 4 GB.
std::string huge_claim() {
  auto header = encode_header(frame_type::data, 1, 1, "x\n");
  for (std::size_t i = 0; i + 4 <= header.size(); ++i)
    if (header[i] == 2 && header[i + 1] == 0 && header[i + 2] == 0 && header[i + 3] == 0) {
      std::fill_n(header.begin() + static_cast<std::ptrdiff_t>(i), 4, '\xfe');
      break;
    }
  return {header.begin(), header.end()};
}

/// Valid records again and again, from a client that never reads an answer. Returns what the server has taken.
std::size_t flood(raw_client& client, std::size_t frames) {
  client.send(encode_hello("deaf", "test"));
  std::string records;
  for (int i = 0; i < 1000; ++i)
    records += "deaf\n";
  std::size_t taken = 0;
  for (std::size_t i = 0; i < frames; ++i)
    taken += client.send(encode_frame(frame_type::data, 1 + i * 1000, 1000, records));
  return taken;
}

} // namespace

TEST_CASE("strangers on the port are turned away while an honest sender is served", "[hostile]") {
  auto directory = fresh_directory();
  auto text = directory / "text";
  generate(text, 60'000);
  running application{word_count(directory, {"--input", "weir://127.0.0.1:0", "--stop-when-idle=1s"})};
  auto url = application.await_ready();
  auto paced = send(text, url);
  paced.insert(paced.end(), {"--rate", "20000"});
  running honest{paced};
  application.await_words("batch_committed");
  auto before = application.resident_bytes();

  std::vector<std::unique_ptr<raw_client>> idle;
  for (int i = 0; i < 500; ++i)
    idle.push_back(std::make_unique<raw_client>(url));
  const std::vector<std::string> strange{
    random_bytes(200'000),
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    huge_claim(),
    encode_hello("stranger", "test") + huge_claim(),
    encode_frame(frame_type::data, 1, 1, "before any hello\n"),
    encode_frame(frame_type::farewell, 1, 0),
    encode_hello("stranger", "test") + encode_frame(frame_type::data, 7, 1, "a gap\n"),
    encode_hello(std::string(100, '\n'), "test"),
  };
  for (auto& bytes : strange) {
    raw_client client{url};
    client.send(bytes);
    INFO(bytes.substr(0, 60));
    CHECK(client.is_closed_within(15s));
  }
  { raw_client{url}.send(encode_hello("stranger", "test").substr(0, 20)); } // cut off in the middle
  raw_client deaf{url};
  flood(deaf, 2000);

  CHECK(honest.await_end(60s).code == 0);
  CHECK(application.is_alive());
  auto after = application.resident_bytes();
  INFO("resident: " << before / mib << " MiB, then " << after / mib << " MiB");
  CHECK(after < before + 150 * mib);

  application.process().signal(SIGINT);
  CHECK(application.await_end().code == 0);
  weir::tool::word_counts expected;
  REQUIRE(weir::tool::count_words(text, expected));
  auto found = weir::tool::output_watch{directory / "out/counts"}.totals();
  REQUIRE(found);
  found->erase("deaf"); // what that one sent was sent by the rules
  auto outcome = weir::tool::compare(expected, *found);
  CHECK(outcome.lost == 0);
  CHECK(outcome.duplicated == 0);
}

TEST_CASE("a connection that says nothing is closed after a deadline", "[hostile][long]") {
  auto directory = fresh_directory();
  running application{word_count(directory, {"--input", "weir://127.0.0.1:0"})};
  raw_client silent{application.await_ready()};
  CHECK(silent.is_closed_within(20s));
  CHECK(application.is_alive());
}
