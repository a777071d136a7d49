#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include <catch2/catch.hpp>

#include "apps/weir/application.hpp"
#include "tests/process/harness.hpp"

namespace {

using namespace weir::process;
using namespace weir;
namespace fs = std::filesystem;

constexpr std::uint64_t users = 997;

/// Payments in one file of the directory's in/, of which those at `poison` cannot be read.
class payments {
public:
  payments(const std::string& directory, std::uint64_t count, std::set<std::uint64_t> poison = {}) {
    fs::create_directory(directory + "/in");
    path = directory + "/in/payments";
    std::ofstream file{path, std::ios::binary};
    for (std::uint64_t i = 0; i < count; ++i) {
      if (poison.count(i) > 0) {
        file << "user" << i << ";7\n";
        bad.insert("user" + std::to_string(i) + ";7");
        continue;
      }
      file << "user" << i % users << ',' << i % 1000 << '\n';
      sums["user" + std::to_string(i % users)] += static_cast<std::int64_t>(i % 1000);
    }
    file.close();
    REQUIRE(file);
  }

  std::string path;
  tool::word_counts sums;         ///< of those that can be read
  std::multiset<std::string> bad; ///< the others
};

/// `03-poison-records` on `directory`, one batch after the other.
std::vector<std::string> add_up(const std::string& directory, const std::vector<std::string>& more = {}) {
  std::vector<std::string> all{program("examples/03-poison-records"),
                               "--input",
                               "file:" + directory + "/in",
                               "--output",
                               "text:" + directory + "/out/sums",
                               "--data-dir",
                               directory + "/data",
                               "--batch-interval",
                               "10ms",
                               "--stop-when-idle=200ms",
                               "--log-level",
                               "info"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::vector<std::string> isolate(const std::string& directory, std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"--set", "on_error=isolate"});
  return add_up(directory, more);
}

/// Small batches, none sealed before the last one is published.
const std::vector<std::string> one_after_the_other{
  "--set", "max_batch_bytes=64KiB", "--set", "max_batches_in_flight=1", "--set", "max_unpublished_bytes=1"};

/// What stands in a text output, after it has kept what such an output promises.
tool::word_counts published(tool::output_watch& watch) {
  REQUIRE(watch.finish());
  for (auto& violation : watch.violations())
    UNSCOPED_INFO(violation);
  CHECK(watch.violations().empty());
  auto totals = watch.totals();
  REQUIRE(totals);
  return *totals;
}

tool::word_counts published(const std::string& prefix) {
  tool::output_watch watch{prefix};
  return published(watch);
}

/// The lines of all dead letters, each as often as it is there.
std::multiset<std::string> dead_letters(const std::string& directory) {
  std::multiset<std::string> lines;
  if (!fs::exists(directory + "/data/dead-letters"))
    return lines;
  for (auto& batch : fs::directory_iterator{directory + "/data/dead-letters"}) {
    CHECK(fs::exists(batch.path() / "_SUCCESS"));
    for (auto& part : fs::directory_iterator{batch.path()}) {
      std::ifstream file{part.path()};
      for (std::string line; std::getline(file, line);)
        lines.insert(line);
    }
  }
  return lines;
}

/// The dead letters of these payments.
std::multiset<std::string> letters_of(const payments& all) {
  std::multiset<std::string> lines;
  for (auto& record : all.bad)
    lines.insert(record + "\tparse\tnot of the form user,amount");
  return lines;
}

bool says(const finished& end, const std::string& words) { return end.errors.find(words) != std::string::npos; }

/// Runs until the program kills itself at a fault point: after `passes` of it that it survives.
void run_until_killed(const std::vector<std::string>& arguments, const std::string& point, std::int64_t passes) {
  auto page = tool::shared_page::make();
  REQUIRE(page);
  page->arm(point, passes);
  tool::command what;
  what.arguments = arguments;
  what.inherited = page->file();
  what.environment["WEIR_CHAOS_PAGE"] = std::to_string(tool::command::inherited_number);
  auto process = tool::subprocess::start(what);
  REQUIRE(process);
  auto end = process->wait(tool::clock::now() + patience);
  REQUIRE(end);
  CHECK(end->signal == SIGKILL);
  CHECK(page->hit());
}

void finds_one_among(std::uint64_t count, std::chrono::milliseconds limit) {
  auto directory = fresh_directory();
  payments all{directory.path(), count, {count / 2 + 7}};
  auto end = run(isolate(directory.path()), {}, limit);
  INFO(end.errors);
  REQUIRE(end.code == 0);
  CHECK(says(end, "isolated 1 record"));
  CHECK(says(end, "operator parse"));
  CHECK(says(end, all.path));
  CHECK(says(end, *all.bad.begin()));
  CHECK(says(end, "not of the form user,amount"));
  CHECK(published(directory / "out/sums") == all.sums);
  CHECK(dead_letters(directory.path()) == letters_of(all));
}

/// Killed as soon as it says that it isolates a record, and once more, then left to end.
void survives_kills(std::uint64_t count, const std::set<std::uint64_t>& poison, const std::string& batch_bytes,
                    std::chrono::milliseconds limit) {
  auto directory = fresh_directory();
  payments all{directory.path(), count, poison};
  auto arguments = isolate(directory.path(), {"--set", "max_batch_bytes=" + batch_bytes});
  tool::output_watch sums{directory / "out/sums"};
  for (int kill = 0; kill < 2; ++kill) {
    running application{arguments};
    application.await(
      "a record that is isolated, or the end",
      [&] { return !application.is_alive() || application.errors().find("isolated") != std::string::npos; }, limit);
    application.process().signal(SIGKILL);
    application.await_end(limit);
    REQUIRE(sums.look());
  }
  auto end = run(arguments, {}, limit);
  INFO(end.errors);
  REQUIRE(end.code == 0);
  CHECK(published(sums) == all.sums); // what was published before is what it was
  CHECK(dead_letters(directory.path()) == letters_of(all));
}

} // namespace

TEST_CASE("a poison record is isolated, named, and in the dead letters once; the sums of the others are exact",
          "[poison]") {
  finds_one_among(200'000, patience);
}

TEST_CASE("one poison record among ten million is isolated", "[poison][long]") { finds_one_among(10'000'000, 300s); }

TEST_CASE("many poison records, in all batches, are all isolated", "[poison]") {
  auto directory = fresh_directory();
  std::set<std::uint64_t> poison;
  for (std::uint64_t i = 0; i < 60'000; i += 250)
    poison.insert(i);
  payments all{directory.path(), 60'000, poison};
  auto end = run(isolate(directory.path(), {"--set", "max_batch_bytes=128KiB"}));
  INFO(end.errors);
  REQUIRE(end.code == 0);
  CHECK(published(directory / "out/sums") == all.sums);
  CHECK(dead_letters(directory.path()) == letters_of(all));
}

TEST_CASE("killed while a poison record is found, logged, left out and published, a program isolates it once",
          "[poison]") {
  // Batches of 64 KiB, none before the last one is published: of eleven, the sixth has the record, and is announced twice.
  struct moment {
    const char* point;
    std::int64_t passes;
  };
  auto [point, passes] = GENERATE(
    moment{"coordinator.batch_announced", 5}, moment{"coordinator.batch_announced", 6}, // the amendment is logged
    moment{"coordinator.batch_announced", 7}, moment{"coordinator.all_staged", 5}, moment{"writer.before_commit", 5},
    moment{"writer.after_commit", 5}, moment{"sink.before_publish", 5}, moment{"sink.before_publish", 6},
    moment{"sink.after_rename", 5}, moment{"sink.after_rename", 6}, moment{"sink.after_success", 6},
    moment{"writer.before_finish", 5});
  INFO(point << " after " << passes);
  auto directory = fresh_directory();
  payments all{directory.path(), 60'000, {28'000}};
  auto arguments = isolate(directory.path(), one_after_the_other);
  tool::output_watch sums{directory / "out/sums"};
  tool::output_watch letters{directory / "data/dead-letters/batch"};
  run_until_killed(arguments, point, passes);
  REQUIRE(sums.look());
  if (fs::exists(directory / "data/dead-letters"))
    REQUIRE(letters.look());
  CHECK(sums.directories() >= 5);
  auto end = run(arguments);
  INFO(end.errors);
  REQUIRE(end.code == 0);
  CHECK(published(sums) == all.sums); // what was published before is what it was
  REQUIRE(letters.finish());
  CHECK(letters.violations().empty());
  CHECK(dead_letters(directory.path()) == letters_of(all));
}

TEST_CASE("weir log tells what an open batch leaves out", "[poison]") {
  auto directory = fresh_directory();
  payments all{directory.path(), 60'000, {28'000}};
  run_until_killed(isolate(directory.path(), one_after_the_other), "coordinator.batch_announced", 6);
  auto as_json = run({program("weir"), "log", directory / "data", "--json"});
  REQUIRE(as_json.code == 0);
  auto shown = nlohmann::json::parse(as_json.output);
  auto& batch = shown["batches"].back();
  CHECK(batch["status"] == "sealed");
  auto& amendment = batch["amendment"];
  CHECK(amendment["number"] == 1);
  CHECK(amendment["skipped"] == false);
  REQUIRE(amendment["excluded"].size() == 1);
  CHECK(amendment["excluded"][0]["operator"] == "parse");
  CHECK(amendment["excluded"][0]["problem"] == "not of the form user,amount");
  auto as_text = run({program("weir"), "log", directory / "data"});
  CHECK(as_text.output.find("of stage 0, task 0: parse: not of the form user,amount") != std::string::npos);
}

TEST_CASE("killed as soon as it says that it isolates a record, and again, a program isolates it once", "[poison]") {
  survives_kills(60'000, {28'000, 28'001, 45'000}, "64KiB", patience);
}

TEST_CASE("one poison record among ten million is isolated once, also when the program is killed over it",
          "[poison][long]") {
  survives_kills(10'000'000, {5'000'007}, "4MiB", 300s);
}

TEST_CASE("by default a program stops and names operator, batch, partition and record; isolating, it goes on later",
          "[poison]") {
  auto directory = fresh_directory();
  payments all{directory.path(), 60'000, {28'000}};
  auto small = std::vector<std::string>{"--set", "max_batch_bytes=64KiB"};
  std::string sentence;
  for (int start = 0; start < 2; ++start) { // the second says the same of the same batch
    auto end = run(add_up(directory.path(), small));
    INFO(end.errors);
    CHECK(end.code == 1);
    CHECK((end.errors.find(" notice recovered ") != std::string::npos) == (start > 0));
    auto from =
      end.errors.rfind("user function of operator parse, batch "); // the line that notices the end says it, too
    REQUIRE(from != std::string::npos);
    auto said = end.errors.substr(from, end.errors.find('\n', from) - from);
    for (auto& words : std::vector<std::string>{"partition 0", "file " + all.path, ", record ",
                                                "\"" + *all.bad.begin() + "\"", "not of the form user,amount"})
      CHECK(said.find(words) != std::string::npos);
    CHECK((sentence.empty() || sentence == said));
    sentence = said;
  }
  CHECK(dead_letters(directory.path()).empty());
  tool::output_watch sums{directory / "out/sums"};
  REQUIRE(sums.look());
  CHECK(sums.directories() > 0); // the batches before
  auto end = run(isolate(directory.path(), small));
  INFO(end.errors);
  REQUIRE(end.code == 0);
  CHECK(published(sums) == all.sums);
  CHECK(dead_letters(directory.path()) == letters_of(all));
}

namespace {

/// Lines whose keys tell which of them are in the output: user I pays 1.
void write_distinct(const std::string& directory, std::uint64_t count, std::uint64_t poison) {
  fs::create_directory(directory + "/in");
  std::string text;
  for (std::uint64_t i = 0; i < count; ++i)
    text += std::to_string(1'000'000 + i) + (i == poison ? ";1\n" : ",1\n");
  write_file(directory + "/in/payments", text);
}

/// The lines that are not in the output, after all others were in it once.
std::vector<std::uint64_t> missing(tool::output_watch& watch, std::uint64_t count) {
  auto found = published(watch);
  std::vector<std::uint64_t> absent;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto entry = found.find(std::to_string(1'000'000 + i));
    if (entry == found.end())
      absent.push_back(i);
    else if (entry->second != 1)
      FAIL("line " << i << " is there " << entry->second << " times");
  }
  return absent;
}

} // namespace

TEST_CASE("a batch with a poison record is skipped, and said to be; all others are exact, also after kills",
          "[poison]") {
  constexpr std::uint64_t lines = 30'000, poison = 14'000;
  std::vector<std::uint64_t> skipped;
  for (std::string point : {"", "coordinator.batch_announced", "writer.before_commit", "writer.before_finish"}) {
    INFO(point);
    auto directory = fresh_directory();
    write_distinct(directory.path(), lines, poison);
    auto arguments = add_up(directory.path(), one_after_the_other);
    arguments.insert(arguments.end(), {"--set", "on_error=skip"});
    tool::output_watch watch{directory / "out/sums"};
    if (!point.empty()) {
      run_until_killed(arguments, point, point == "coordinator.batch_announced" ? 3 : 2); // it is the third batch
      REQUIRE(watch.look());
    }
    auto end = run(arguments);
    INFO(end.errors);
    REQUIRE(end.code == 0);
    if (point.empty()) {
      CHECK(says(end, "skipped batch "));
      CHECK(says(end, "operator parse"));
      CHECK(says(end, std::to_string(1'000'000 + poison) + ";1"));
    }
    auto absent = missing(watch, lines);
    REQUIRE_FALSE(absent.empty());
    CHECK(std::find(absent.begin(), absent.end(), poison) != absent.end());
    CHECK(absent.back() - absent.front() + 1 == absent.size()); // one batch
    CHECK(absent.size() <= 64 * 1024 / 10 + 1);
    if (!skipped.empty())
      CHECK(absent == skipped);
    skipped = absent;
    CHECK(dead_letters(directory.path()).empty());
  }
}

TEST_CASE("a user whose sum does not fit is isolated behind the shuffle, by key", "[poison]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "in");
  // Two tasks of one batch, as more than a mebibyte lies between the whale's payments; in each of them the sum fits.
  auto whale = std::string{"whale\\one,5000000000000000000\n"};
  std::string text = whale;
  for (int i = 0; i < 200'000; ++i)
    text += "ann,1\n";
  write_file(directory / "in/payments", text + whale + "bob,2\n");
  auto end = run(isolate(directory.path()));
  INFO(end.errors);
  REQUIRE(end.code == 0);
  CHECK(published(directory / "out/sums") == tool::word_counts{{"ann", 200'000}, {"bob", 2}});
  auto letters = dead_letters(directory.path());
  REQUIRE(letters.size() == 1);
  CHECK(letters.begin()->starts_with("whale\\\\one\t"));
  CHECK(letters.begin()->ends_with("\tthe sum is too large"));
  CHECK(says(end, "operator sums"));
  CHECK(says(end, ", key "));
}

TEST_CASE("keys on which a function behind a shuffle fails are isolated, over kills, too", "[poison]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "in");
  std::string text;
  for (int i = 0; i < 3000; ++i)
    text += i % 100 == 3 ? "poison key " + std::to_string(i % 200) + "\n" : "line " + std::to_string(i % 50) + "\n";
  write_file(directory / "in/lines", text);
  std::vector<std::string> arguments{WEIR_FAILING_FUNCTIONS,
                                     "--input",
                                     "file:" + directory / "in",
                                     "--output",
                                     "text:" + directory / "out/counts",
                                     "--data-dir",
                                     directory / "data",
                                     "--stop-when-idle=200ms",
                                     "--set",
                                     "on_error=isolate"};
  auto point = GENERATE("", "coordinator.all_staged", "sink.after_rename");
  if (*point != '\0')
    run_until_killed(arguments, point, 0);
  auto end = run(arguments);
  INFO(end.errors);
  REQUIRE(end.code == 0);
  CHECK(dead_letters(directory.path()) ==
        std::multiset<std::string>{"poison key 103\tcheck\tno such key", "poison key 3\tcheck\tno such key"});
  std::int64_t counted = 0;
  for (auto& [line, count] : published(directory / "out/counts"))
    counted += count;
  CHECK(counted == 3000 - 30);
}

TEST_CASE("a function that fails now and then passes by being called again", "[poison]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "in");
  auto flaky =
    GENERATE(std::string{"flaky 2 times"}, "flaky 5 times"); // the second not before its record is looked for
  write_file(directory / "in/lines", "one\n" + flaky + "\ntwo\nflaky 1 time\none\n");
  auto policy = GENERATE(std::string{"stop"}, "skip", "isolate");
  auto arguments = std::vector<std::string>{WEIR_FAILING_FUNCTIONS,
                                            "--input",
                                            "file:" + directory / "in",
                                            "--output",
                                            "text:" + directory / "out/counts",
                                            "--data-dir",
                                            directory / "data",
                                            "--stop-when-idle=200ms",
                                            "--set",
                                            "on_error=" + policy};
  auto end = run(arguments);
  INFO(end.errors);
  CHECK(end.code == 0);
  CHECK(published(directory / "out/counts") ==
        tool::word_counts{{"one", 2}, {"two", 1}, {flaky, 1}, {"flaky 1 time", 1}});
  CHECK(dead_letters(directory.path()).empty());
}

TEST_CASE("records cannot be isolated without a place to go", "[poison]") {
  auto directory = fresh_directory();
  payments all{directory.path(), 10};
  auto arguments = isolate(directory.path(), {"--data-dir", "none"});
  arguments.erase(arguments.begin() + 5, arguments.begin() + 7); // the other --data-dir
  auto end = run(arguments);
  CHECK(end.code == 78);
  CHECK(says(end, "dead_letters"));
}

// Small files are read by one task; the error named the first of them, whichever the record was in.
TEST_CASE("of several files in one task the one with the record is named", "[poison]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "in");
  for (std::string name : {"a", "b", "c", "d"})
    write_file(directory / "in/" + name, name == "c" ? "ann,1\nann,one\n" : name == "b" ? "" : "ann,1\n");
  auto end = run(add_up(directory.path()));
  INFO(end.errors);
  CHECK(end.code == 1);
  CHECK(says(end, "file " + directory / "in/c, record "));
  CHECK(says(end, "\"ann,one\": the amount is not a whole number"));
}
