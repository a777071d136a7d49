#include <csignal>
#include <nlohmann/json.hpp>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "apps/weir/top_view.hpp"
#include "apps/weir/verifier.hpp"
#include "tests/process/harness.hpp"
#include "tests/process/line_server.hpp"

namespace {

using namespace weir::process;
using nlohmann::json;

/// Asks until `holds`.
json await_status(running& application, const std::string& target, const std::string& what,
                  const std::function<bool(const json&)>& holds) {
  json status;
  application.await(what, [&] {
    auto shown = run({program("weir"), "top", target, "--json"});
    INFO(shown.errors);
    REQUIRE(shown.code == 0);
    status = json::parse(shown.output);
    return holds(status);
  });
  return status;
}

} // namespace

TEST_CASE("weir top shows a running word count, and what was sent to it", "[top]") {
  auto directory = fresh_directory();
  auto text = directory / "text";
  generate(text, 5'000);
  running application{word_count(directory, {"--input", "weir://127.0.0.1:0"})};
  auto url = application.await_ready();
  auto early = await_status(application, directory / "data", "it answers", [](auto&) { return true; });
  CHECK(early["application"] == "word-count");
  CHECK(early["inputs"][0]["active"] == true);
  REQUIRE(run(send(text, url)).code == 0);
  auto status = await_status(application, directory / "data", "all is published", [](const json& seen) {
    return seen["records"]["processed"] == 5'000 && seen["batches"]["unpublished"] == 0 &&
           seen["records"]["received"] == 5'000;
  });
  CHECK(status["lag"]["records"] == 0);
  CHECK(status["batches"]["completed"].get<int>() >= 1);
  CHECK(status["delays_us"]["total"]["p50"].get<std::int64_t>() > 0);
  CHECK(status["memory"]["resident_bytes"].get<std::int64_t>() > 1'000'000);
  CHECK(status["log"]["bytes"].get<std::int64_t>() > 0);
  CHECK(status["inputs"][0]["records"] == 5'000);
  CHECK(status["pid"].get<int>() > 0);
  auto people = run({program("weir"), "top", directory / "data", "--once"});
  CHECK(people.code == 0);
  CHECK(people.output.find("word-count, pid ") == 0);
  CHECK(people.output.find("processed 5,000") != std::string::npos);
  CHECK(people.output.find('\033') == std::string::npos);
  CHECK(run({program("weir"), "top", directory / "data/control.sock"}).code == 0);
  application.process().signal(SIGINT);
  CHECK(application.await_end().code == 0);
  auto gone = run({program("weir"), "top", directory / "data"});
  CHECK(gone.code == 78);
  CHECK_FALSE(gone.errors.empty());
  CHECK(run({program("weir"), "top", directory / "nothing"}).code == 78);
  CHECK(run({program("weir"), "top"}).code == 64);
  CHECK(run({program("weir"), "top", directory / "data", "--onc"}).code == 64);
}

TEST_CASE("what came faster than the greatest rate is owed: the next producer waits for it, and nothing is lost",
          "[top]") {
  auto directory = fresh_directory();
  std::vector<std::string> texts{directory / "first", directory / "second"};
  generate(texts[0], 3'000);
  generate(texts[1], 10, 2);
  running application{word_count(directory, {"--input", "weir://127.0.0.1:0", "--set", "backpressure.max_rate=1500"})};
  auto url = application.await_ready();
  auto begin = weir::tool::clock::now();
  REQUIRE(run(send(texts[0], url)).code == 0);
  auto status = await_status(application, directory / "data", "the rate is shown",
                             [](const json& seen) { return seen["inputs"][0]["rate_limit"] == 1500; });
  REQUIRE(run(send(texts[1], url, "other")).code == 0);
  auto took = weir::tool::clock::now() - begin;
  application.process().signal(SIGINT);
  CHECK(application.await_end().code == 0);
  check_counts(directory, texts);
  CHECK(took >= 1'800ms); // 3000 records less the burst of one batch
}

TEST_CASE("the greatest rate holds for tcp:// too: what is owed is paid before more is read", "[top]") {
  auto directory = fresh_directory();
  weir::testing::line_server server;
  running application{word_count(directory, {"--input", "tcp://127.0.0.1:" + std::to_string(server.port()), "--set",
                                             "backpressure.max_rate=1500", "--stop-when-idle=300ms"})};
  auto begin = weir::tool::clock::now();
  server.accept();
  std::string lines;
  for (int i = 0; i < 3'000; ++i)
    lines += "a\n";
  auto await_records = [&](int count) {
    await_status(application, directory / "data", std::to_string(count) + " records are there",
                 [&](const json& seen) { return seen["inputs"][0]["records"] == count; });
  };
  server.say(lines);
  await_records(3'000);
  server.say("b\n"); // a read that had begun when the rate was exceeded
  await_records(3'001);
  server.say("c\n");
  CHECK(application.await_end(60s).code == 0); // it is not at rest before that is read
  CHECK(weir::tool::clock::now() - begin >= 1'800ms);
  weir::tool::output_watch watch{directory / "out/counts"};
  REQUIRE(watch.finish());
  CHECK(*watch.totals() == weir::tool::word_counts{{"a", 3'000}, {"b", 1}, {"c", 1}});
}

TEST_CASE("with back-pressure a rate is set after batches, and all is counted", "[top]") {
  auto directory = fresh_directory();
  auto text = directory / "text";
  generate(text, 30'000);
  running application{word_count(directory, {"--input", "weir://127.0.0.1:0", "--batch-interval", "20ms", "--set",
                                             "backpressure.enabled=true", "--stop-when-idle=300ms"})};
  auto paced = send(text, application.await_ready());
  paced.insert(paced.end(), {"--rate", "20000"});
  running sender{paced};
  auto status = await_status(application, directory / "data", "a rate is set",
                             [](const json& seen) { return seen["inputs"][0]["rate_limit"].get<int>() >= 100; });
  CHECK(sender.await_end(60s).code == 0);
  CHECK(application.await_end(60s).code == 0);
  check_counts(directory, {text});
}

TEST_CASE("a drain that takes longer than its limit ends the application, which says what was left", "[top]") {
  auto directory = fresh_directory();
  auto text = directory / "text";
  generate(text, 20'000);
  auto arguments = word_count(directory, {"--input", "weir://127.0.0.1:0", "--set", "graceful_stop.limit=200ms"});
  arguments.insert(arguments.end(), {"--output", "print:1000000"});
  running application{arguments, false}; // nobody reads its output, so it can never publish
  REQUIRE(run(send(text, application.await_ready())).code == 0);
  application.await_words("batch_committed");
  application.process().signal(SIGINT);
  auto end = application.await_end();
  CHECK(end.code == 1);
  CHECK(end.errors.find("had not drained within 200 ms") != std::string::npos);
  CHECK(end.errors.find("the next start") != std::string::npos);
}

TEST_CASE("what top shows is made of the status alone, and strangers' bytes do not reach the terminal", "[top]") {
  auto status = json::parse(R"({"application":"a","pid":7,"uptime_ms":61000,"batch_interval_us":100000,
    "inputs":[{"input":0,"name":"weir://x","active":true,"last_error":"\u001b[2Jgone","last_error_ms":0}],
    "batches":{"last":[{"batch":1,"total_us":1000},{"batch":2,"total_us":8000}]}})");
  auto lines = weir::tool::top_lines(status, {});
  REQUIRE_FALSE(lines.empty());
  CHECK(lines.front() == "a, pid 7, up 1 min 1 s, batches of 100 ms");
  std::string all;
  for (auto& line : lines)
    all += line + "\n";
  CHECK(all.find('\033') == std::string::npos);
  CHECK(all.find("\\x1b[2Jgone") != std::string::npos);
  CHECK(all.find("total delay, at most 8.0 ms") != std::string::npos);
  CHECK(weir::tool::top_lines(json::object(), {true, 20, 0}).size() > 3);
  CHECK(weir::tool::with_commas(1'234'567) == "1,234,567");
  CHECK(weir::tool::with_commas(12) == "12");
  CHECK(weir::tool::bars({0, 50, 100}) == "▁▄█");
}

TEST_CASE("top shows outputs, and leaves nothing out without a sign", "[top]") {
  auto status =
    json::parse(R"({"application":"a","inputs":[{"input":0,"name":"stream:x","active":false,"stopped":"all is said"}],
    "outputs":[{"output":0,"name":"counts","published_batches":12,"waiting_batches":3,"failing_batch":7,
    "failure":"no room"}],"last_warning":"a warning that is much longer than the window"})");
  std::string all;
  for (auto& line : weir::tool::top_lines(status, {false, 0, 0}))
    all += line + "\n";
  CHECK(all.find("counts: 12 batches published, 3 waiting") != std::string::npos);
  CHECK(all.find("failing on batch 7: no room") != std::string::npos);
  CHECK(all.find("stopped (all is said)") != std::string::npos);
  auto narrow = weir::tool::top_lines(status, {false, 30, 0});
  CHECK(narrow.back() == "warning   a warning that is m…");
  auto low = weir::tool::top_lines(status, {false, 0, 4});
  REQUIRE(low.size() == 4);
  CHECK(low.back().find("more lines") != std::string::npos);
  CHECK(weir::tool::top_lines(status, {false, 0, 100}).size() > 4);
}

TEST_CASE("q ends top, and the terminal is as it was before", "[top]") {
  auto directory = fresh_directory();
  running application{word_count(directory, {"--input", "weir://127.0.0.1:0"})};
  application.await_ready();
  int master = -1;
  std::string tool = program("weir"), target = directory / "data";
  termios before{};
  winsize size{24, 80, 0, 0};
  auto child = ::forkpty(&master, nullptr, nullptr, &size);
  REQUIRE(child >= 0);
  if (child == 0) {
    ::execl(tool.c_str(), tool.c_str(), "top", target.c_str(), nullptr);
    ::_exit(127);
  }
  REQUIRE(::tcgetattr(master, &before) == 0);
  std::string shown;
  char bytes[4096];
  auto read_more = [&] {
    auto got = ::read(master, bytes, sizeof bytes);
    if (got > 0)
      shown.append(bytes, static_cast<std::size_t>(got));
    return got > 0;
  };
  while (shown.find("word-count, pid ") == std::string::npos && read_more()) {}
  termios raw{};
  REQUIRE(::tcgetattr(master, &raw) == 0);
  CHECK((raw.c_lflag & (ICANON | ECHO)) == 0);
  REQUIRE(::write(master, "q", 1) == 1);
  while (shown.find("\033[?1049l") == std::string::npos && read_more()) {}
  termios after{};
  CHECK(::tcgetattr(master, &after) == 0);
  CHECK(after.c_lflag == before.c_lflag);
  while (read_more()) {}
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  ::close(master);
}
