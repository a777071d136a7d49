// What `weir log` prints. Names, partitions and problems come from producers, file systems and user functions: any bytes.
#include <algorithm>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "apps/weir/log_summary.hpp"
#include "tests/process/harness.hpp"

using namespace weir;

namespace {

/// A log whose every text is `word`.
tool::log_summary summary_of(const std::string& word) {
  tool::log_summary summary;
  summary.directory = word;
  summary.application.application = word;
  summary.application.partitions = 4;
  summary.application.interval_us = 100'000;
  summary.log_bytes = 4096;

  auto& input = summary.inputs.emplace_back();
  input.input = input_id{1};
  input.name = word;
  input.producers[word] = {7, true, 0};
  input.partitions[word] = {90, 0, 60};

  auto& sealed = summary.batches.emplace_back().sealed;
  sealed.id = batch_id{5};
  sealed.time_ms = 1'200;
  sealed.records = 2;
  sealed.bytes = 64;
  sealed.splits.emplace_back().ranges.push_back({input_id{1}, word, 90, 0, 30, 60});
  sealed.amendment.number = 1;
  sealed.amendment.excluded.push_back({stage_index{2}, task_index{3}, 11, word, word});
  summary.last = log::last_batch{batch_id{5}, 1'200, {}};
  return summary;
}

/// The text of such a log, each name shown as `shown`.
std::string expected_text(const std::string& shown) {
  return shown + ": " + shown + ", format 1, 4 partitions, batches of 100ms, log of 4KiB\n" + //
         "input 1  " + shown + "\n" +
         "  blocks     0 (0B, 0 records, 0 not sealed): none\n"
         "  producer   " +
         shown + ", last 7, said goodbye\n" + //
         "  partition  " + shown + ", 60 of 90 sealed\n" +
         "batch 5  time 1200  sealed  2 records, 64B\n"
         "  input 1 partition " +
         shown + " offsets 30..60\n" + //
         "  leaves out 11 of stage 2, task 3: " + shown + ": " + shown + "\n" + "last batch 5, time 1200\n";
}

/// Every text of the document, keys aside.
void collect_texts(const nlohmann::json& of, std::vector<std::string>& into) {
  if (of.is_string())
    into.push_back(of.get<std::string>());
  else if (of.is_structured())
    for (const auto& each : of)
      collect_texts(each, into);
}

} // namespace

TEST_CASE("weir log prints text as it is, and each byte that is none or that moves a terminal as an escape", "[log]") {
  auto [word, shown] = GENERATE(table<std::string, std::string>({
    {"plain words", "plain words"},
    {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
    {"a\tb\nc\r", "a\\x09b\\x0ac\\x0d"},
    {"\x1b[2J\x7f", "\\x1b[2J\\x7f"},
    {std::string{"a\0b", 3}, "a\\x00b"},
    {"\xc2\x9b"
     "31m",
     "\\xc2\\x9b31m"}, // a command in one character
    {"\xff\xfe cut \xe2\x82", "\\xff\\xfe cut \\xe2\\x82"},
    {"\xe2\x80\xaetxt.exe", "\\xe2\\x80\\xaetxt.exe"}, // turns the direction of reading
  }));
  CHECK(tool::as_text(summary_of(word)) == expected_text(shown));
}

TEST_CASE("weir log --json is ASCII alone, and gives every name back that is UTF-8", "[log]") {
  auto [word, read] = GENERATE(table<std::string, std::string>({
    {"plain \"words\" \\", "plain \"words\" \\"},
    {"caf\xc3\xa9 \xf0\x9f\x98\x80", "caf\xc3\xa9 \xf0\x9f\x98\x80"},
    {"\x1b[2J\x7f\n", "\x1b[2J\x7f\n"},
    {"\xc2\x9b\xe2\x80\xae", "\xc2\x9b\xe2\x80\xae"},
    {"a\xff", "a\xef\xbf\xbd"}, // replaced: JSON has no other bytes
  }));
  auto text = tool::as_json(summary_of(word));
  CHECK(std::all_of(text.begin(), text.end(), [](unsigned char c) { return c == '\n' || (c >= 0x20 && c < 0x80); }));
  auto parsed = nlohmann::json::parse(text);
  std::vector<std::string> texts;
  collect_texts(parsed, texts);
  CHECK(std::count(texts.begin(), texts.end(), read) == 8);
}

TEST_CASE("a producer's name does not command the terminal of weir log", "[log]") {
  using namespace weir::process;
  auto directory = fresh_directory();
  write_file(directory / "text", "to be\n");
  running application{word_count(directory, {"--input", "weir://127.0.0.1:0?name=shop", "--stop-when-idle=50ms"})};
  REQUIRE(run(send(directory / "text", application.await_ready(),
                   "caf\xc3\xa9\xc2\x9b"
                   "31m\xff"))
            .code == 0);
  CHECK(application.await_end().code == 0);
  auto shown = run({program("weir"), "log", directory / "data"});
  CHECK(shown.code == 0);
  CHECK_THAT(shown.output, Catch::Contains("producer   caf\xc3\xa9\\xc2\\x9b31m\\xff, last 1, said goodbye\n"));
}
