#include "actors/monitor/stderr_journal.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

/// A journal whose lines and clocks a test holds.
struct kept {
  std::vector<std::string> lines;
  std::chrono::milliseconds steady{0};
  std::shared_ptr<journal> log;

  kept(log_level level, log_format format)
    : log{make_line_journal(level, format,
                            {[this](const std::string& line) { lines.push_back(line); },
                             [] { return std::chrono::milliseconds{1'700'000'000'123}; }, [this] { return steady; }})} {
  }
};

event refused_connection() {
  return {.name = "connection_refused",
          .limited = true,
          .actor = address{role::receiver, 2},
          .message = "a HELLO whose checksum does not match",
          .more = {{"peer", "127.0.0.1:4000"}}};
}

} // namespace

TEST_CASE("an event is one line of text with its fields", "[journal]") {
  kept journal{log_level::warning, log_format::text};
  journal.log->tell({.name = "records_skipped",
                     .batch = batch_id{7},
                     .partition = partition_index{3},
                     .epoch = epoch{2},
                     .actor = address{role::partition_executor, 1},
                     .message = "too long",
                     .more = {{"records", "5"}}});
  REQUIRE(journal.lines.size() == 1);
  CHECK(journal.lines[0] ==
        "2023-11-14T22:13:20.123Z warning records_skipped batch=7 partition=3 epoch=2 actor=partition-executor-1 "
        "message=\"too long\" records=5\n");
}

TEST_CASE("the same event is one line of JSON", "[journal]") {
  kept journal{log_level::warning, log_format::json};
  journal.log->tell({.name = "records_skipped",
                     .batch = batch_id{7},
                     .epoch = epoch{2},
                     .message = "a \"b\"\n",
                     .more = {{"records", "5"}, {"peer", "5"}}});
  REQUIRE(journal.lines.size() == 1);
  CHECK(journal.lines[0] ==
        "{\"time_ms\":1700000000123,\"level\":\"warning\",\"event\":\"records_skipped\",\"batch\":7,\"epoch\":2,"
        "\"message\":\"a \\\"b\\\"\\u000a\",\"records\":5,\"peer\":\"5\"}\n");
}

TEST_CASE("a stranger's text cannot forge a line or a field", "[journal]") {
  kept journal{log_level::warning, log_format::text};
  auto what = refused_connection();
  what.message = "x\n2023-11-14T22:13:20.123Z error";
  what.more = {{"peer", ""}};
  journal.log->tell(what);
  REQUIRE(journal.lines.size() == 1);
  CHECK(std::count(journal.lines[0].begin(), journal.lines[0].end(), '\n') == 1);
  CHECK(journal.lines[0].find("message=\"x\\u000a2023-11-14T22:13:20.123Z error\" peer=\"\"\n") != std::string::npos);
}

TEST_CASE("nothing above the level is written", "[journal]") {
  auto [level, lines] = GENERATE(table<log_level, std::size_t>({
    {log_level::error, 0},
    {log_level::warning, 2},
    {log_level::info, 4},
    {log_level::debug, 5},
  }));
  kept journal{level, log_format::text};
  journal.log->warning("a");
  journal.log->actor_restarted({}, "b");
  journal.log->batch_done(batch_id{1}, 100);
  journal.log->tell({.name = "x", .level = log_level::info});
  journal.log->detail("c");
  CHECK(journal.lines.size() == lines);
  journal.log->input_bound("weir://127.0.0.1:1");
  CHECK(journal.lines.back() == "ready input=weir://127.0.0.1:1\n");
}

TEST_CASE("what strangers can cause is limited, and says what was left out", "[journal]") {
  kept journal{log_level::warning, log_format::json};
  for (int i = 0; i < 1000; ++i)
    journal.log->tell(refused_connection());
  CHECK(journal.lines.size() == 5);
  journal.log->actor_restarted({}, "others are not limited with them");
  CHECK(journal.lines.size() == 6);
  journal.steady = 10s;
  journal.log->tell(refused_connection());
  REQUIRE(journal.lines.size() == 8);
  CHECK(journal.lines[6].find("\"event\":\"suppressed\",\"of\":\"connection_refused\",\"count\":995,"
                              "\"message\":\"995 more like this suppressed\"") != std::string::npos);
  CHECK(journal.lines[7].find("connection_refused") != std::string::npos);
}

TEST_CASE("what was left out is said at the end at the latest, or by any later event", "[journal]") {
  kept journal{log_level::info, log_format::text};
  for (int i = 0; i < 7; ++i)
    journal.log->tell(refused_connection());
  journal.steady = 10s;
  journal.log->batch_done(batch_id{1}, 100);
  REQUIRE(journal.lines.size() == 7);
  CHECK(journal.lines[5].find("count=2") != std::string::npos);
  for (int i = 0; i < 3; ++i)
    journal.log->tell(refused_connection());
  CHECK(journal.lines.size() == 8);
  journal.log.reset();
  REQUIRE(journal.lines.size() == 9);
  CHECK(journal.lines[8].find("count=2") != std::string::npos);
}

TEST_CASE("a sentence that comes over and over does not fill the disk", "[journal]") {
  kept journal{log_level::warning, log_format::text};
  for (int i = 0; i < 1000; ++i)
    journal.log->warning("again");
  CHECK(journal.lines.size() == 50);
}

TEST_CASE("who tells no fields apart is told the sentence", "[journal]") {
  struct listener final : journal {
    std::vector<std::string> warnings, details;
    void input_bound(const std::string&) override {}
    void batch_committed(const batch_summary&) override {}
    void batch_done(batch_id, std::int64_t) override {}
    void actor_restarted(const address&, const std::string&) override {}
    void warning(const std::string& sentence) override { warnings.push_back(sentence); }
    void detail(const std::string& sentence) override { details.push_back(sentence); }
  } heard;
  heard.tell(refused_connection());
  heard.tell({.name = "nameless"});
  heard.tell({.name = "small", .level = log_level::info, .message = "by the way"});
  CHECK(heard.warnings == std::vector<std::string>{"a HELLO whose checksum does not match", "nameless"});
  CHECK(heard.details == std::vector<std::string>{"by the way"});
}
