#include <csignal>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include <catch2/catch.hpp>

#include "apps/weir/application.hpp"
#include "tests/process/harness.hpp"

namespace {

using namespace weir::process;
using namespace weir;
namespace fs = std::filesystem;

/// Two logs that grow, the program that counts their words, and what stands in them.
class growing_logs {
public:
  explicit growing_logs(const std::string& form) : form_{form} {
    fs::create_directory(logs());
    generate(directory_ / "text", 30'000, 3);
    if (form == "frames")
      one_word_a_line();
    text_ = read_file(directory_ / "text");
  }

  std::string data() const { return directory_ / "data"; }
  std::string logs() const { return directory_ / "logs"; }

  /// Appends the next `lines` lines of the text, by turns to both logs, some of it torn.
  void grow(std::size_t lines) {
    for (std::size_t i = 0; i < lines && at_ < text_.size(); ++i) {
      auto end = text_.find('\n', at_) + 1;
      auto middle = at_ + (end - at_) / 2;
      std::ofstream log{logs() + (i % 2 == 0 ? "/even" : "/odd"), std::ios::binary | std::ios::app};
      log << text_.substr(at_, middle - at_);
      log.flush();
      log << text_.substr(middle, end - middle);
      at_ = end;
    }
  }
  void grow_to_end() { grow(text_.size()); }

  /// Its arguments, as a command that sets the environment.
  std::vector<std::string> program(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{"/usr/bin/env",
                                 "REPLAYED_LOGS=" + logs(),
                                 "REPLAYED_FORM=" + form_,
                                 WEIR_REPLAYED_LOGS,
                                 "--output",
                                 "text:" + directory_ / "out/counts",
                                 "--data-dir",
                                 directory_ / "data",
                                 "--batch-interval",
                                 "10ms",
                                 "--log-level",
                                 "info"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  void check() const { check_counts(directory_, {directory_ / "text"}); }

private:
  void one_word_a_line() const {
    fs::rename(directory_ / "text", directory_ / "lines");
    std::ifstream lines{directory_ / "lines"};
    std::ofstream words{directory_ / "text"};
    std::string word;
    for (int i = 0; i < 20'000 && lines >> word; ++i)
      words << word << '\n';
  }

  tool::temporary_directory directory_ = fresh_directory();
  std::string form_;
  std::string text_;
  std::size_t at_ = 0;
};

const std::vector<std::string> until_idle{"--stop-when-idle=500ms"};

/// A life that is killed once it has published a batch.
void live_and_be_killed(growing_logs& logs, std::size_t lines) {
  running application{logs.program({"--set", "max_batch_bytes=64KiB"})};
  logs.grow(lines);
  application.await_words("batch_done");
  application.process().signal(SIGKILL);
  CHECK(application.await_end().code == 128 + SIGKILL);
}

/// A life that is killed when its first batch has been computed and not committed.
void be_killed_before_commit(const growing_logs& logs) {
  auto page = tool::shared_page::make();
  REQUIRE(page);
  page->arm("coordinator.all_staged", 0);
  tool::command what;
  what.arguments = logs.program();
  what.inherited = page->file();
  what.environment["WEIR_CHAOS_PAGE"] = std::to_string(tool::command::inherited_number);
  auto process = tool::subprocess::start(what);
  REQUIRE(process);
  auto end = process->wait(tool::clock::now() + patience);
  REQUIRE(end);
  REQUIRE(end->signal == SIGKILL);
}

/// Whether the log has a batch that must be computed again.
bool has_open_batch(const growing_logs& logs) {
  auto printed = run({program("weir"), "log", logs.data(), "--json"});
  REQUIRE(printed.code == 0);
  auto shown = nlohmann::json::parse(printed.output);
  for (auto& batch : shown["batches"])
    if (batch["status"] == "sealed")
      return true;
  return false;
}

} // namespace

TEST_CASE("a program's own source that can be read again is counted exactly, whatever is killed", "[replayed]") {
  growing_logs logs{GENERATE("lines", "frames")};
  for (int life = 0; life < 3; ++life)
    live_and_be_killed(logs, 4'000);
  running application{logs.program({"--stop-when-idle=1s"})};
  logs.grow(1'000);
  application.await_words("batch_done");
  logs.grow_to_end(); // while it runs: a growing end leads to further ranges
  auto end = application.await_end();
  INFO(end.errors);
  REQUIRE(end.code == 0);
  logs.check();
  auto again = run(logs.program(until_idle)); // all is there: nothing is read twice
  INFO(again.errors);
  REQUIRE(again.code == 0);
  logs.check();
}

TEST_CASE("a source that has lost what a batch needs ends the program with 65, which names it", "[replayed]") {
  growing_logs logs{"lines"};
  logs.grow(2'000);
  for (int lives = 0; lives == 0 || !has_open_batch(logs); ++lives) { // its seal may have been on its way
    REQUIRE(lives < 50);
    be_killed_before_commit(logs);
  }
  auto kept = read_file(logs.logs() + "/even");
  SECTION("gone") { fs::remove(logs.logs() + "/even"); }
  SECTION("cut off") { fs::resize_file(logs.logs() + "/even", 100); }
  SECTION("replaced") { write_file(logs.logs() + "/.version", "1"); }
  auto end = run(logs.program(until_idle));
  INFO(end.errors);
  CHECK(end.code == 65);
  CHECK(end.errors.find("stream:logs, ") != std::string::npos);
  CHECK(end.errors.find("partition ") != std::string::npos);
  fs::remove(logs.logs() + "/.version"); // brought back: it goes on
  write_file(logs.logs() + "/even", kept);
  logs.grow_to_end();
  auto again = run(logs.program(until_idle));
  INFO(again.errors);
  REQUIRE(again.code == 0);
  logs.check();
}
