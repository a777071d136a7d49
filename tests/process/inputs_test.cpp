#include <csignal>
#include <filesystem>

#include <catch2/catch.hpp>

#include "tests/process/harness.hpp"
#include "tests/process/line_server.hpp"

namespace {

using namespace weir::process;
using weir::testing::line_server;
namespace fs = std::filesystem;

/// A number of the line `ended`.
std::uint64_t figure(const std::string& errors, const std::string& name) {
  auto at = errors.rfind(name + "=");
  INFO(errors);
  REQUIRE(at != std::string::npos);
  return std::stoull(errors.substr(at + name.size() + 1));
}

} // namespace

TEST_CASE("word count over tcp:// publishes what an independent count finds, over several connections", "[inputs]") {
  auto directory = fresh_directory();
  auto text = directory / "text";
  generate(text, 20'000);
  auto whole = read_file(text);
  line_server server;
  std::vector<std::string> more{"--input", server.url(), "--set", "receiver_restart_delay=20ms", "--stop-when-idle=3s"};
  auto without_log = GENERATE(false, true);
  auto arguments = word_count(directory, more);
  if (without_log)
    *(std::find(arguments.begin(), arguments.end(), "--data-dir") + 1) = "none";
  running application{arguments};
  server.accept();
  REQUIRE(server.say(std::string_view{whole}.substr(0, 700'000)));
  server.accept();
  REQUIRE(server.say(std::string_view{whole}.substr(700'000, whole.size() - 700'001))); // the last newline is missing
  server.hang_up();
  auto end = application.await_end();
  INFO(end.errors);
  CHECK(end.code == 0);
  CHECK(end.errors.find("ready input=") == std::string::npos);
  // The first connection ended within a line, which so became two.
  write_file(text, whole.substr(0, 700'000) + "\n" + whole.substr(700'000));
  check_counts(directory, {text});
}

TEST_CASE("a tcp:// record that is too long is skipped, counted and reported", "[inputs]") {
  auto directory = fresh_directory();
  line_server server;
  running application{
    word_count(directory, {"--input", server.url(), "--set", "max_record_bytes=10", "--stop-when-idle=500ms"})};
  server.accept();
  server.say("one two\nthis line is too long\nthree\n");
  auto end = application.await_end();
  INFO(end.errors);
  CHECK(end.code == 0);
  CHECK(end.errors.find("skipped 1 records") != std::string::npos);
  write_file(directory / "text", "one two\nthree\n");
  check_counts(directory, {directory / "text"});
}

TEST_CASE("a generate:// input has every line that the tool prints exactly once, whatever is killed", "[inputs]") {
  auto directory = fresh_directory();
  auto text = directory / "text";
  generate(text, 60'000, 5);
  auto arguments =
    word_count(directory, {"--input", "generate://?count=60000&seed=5&rate=40000", "--stop-when-idle=300ms"});
  for (int life = 0; life < 3; ++life) {
    running application{arguments};
    application.await_words("batch_done");
    application.process().signal(SIGKILL);
    CHECK(application.await_end().code == 128 + SIGKILL);
  }
  auto end = run(arguments);
  INFO(end.errors);
  REQUIRE(end.code == 0);
  check_counts(directory, {text});
  auto again = run(arguments); // all is there: it rests at once
  CHECK(again.code == 0);
  check_counts(directory, {text});
}

TEST_CASE("a generate:// input keeps its rate", "[inputs]") {
  auto directory = fresh_directory();
  auto began = weir::tool::clock::now();
  auto end = run(word_count(directory, {"--input", "generate://?count=2000&rate=1000", "--stop-when-idle=50ms"}));
  auto took = weir::tool::clock::now() - began;
  INFO(end.errors);
  CHECK(end.code == 0);
  CHECK(took >= 1900ms);
}

TEST_CASE("an application that has drained has processed all that it says to have received", "[inputs]") {
  auto directory = fresh_directory();
  auto end = run(word_count(directory, {"--input", "generate://?rate=1000", "--stop-after", "1050ms"}));
  CHECK(end.code == 0);
  CHECK(figure(end.errors, "records_received") > 0);
  CHECK(figure(end.errors, "records_received") == figure(end.errors, "records_processed"));
}

TEST_CASE("a tcp:// input that nobody serves is not idle: its records are still to come", "[inputs]") {
  auto directory = fresh_directory();
  auto url = [] { return line_server{}.url(); }();
  auto began = weir::tool::clock::now();
  auto end = run(word_count(directory, {"--input", url, "--stop-when-idle=50ms", "--stop-after", "1s"}));
  INFO(end.errors);
  CHECK(end.code == 0);
  CHECK(weir::tool::clock::now() - began >= 1s);
}

TEST_CASE("a generate:// URL that means nothing is refused before anything starts", "[inputs]") {
  auto directory = fresh_directory();
  auto end = run(word_count(directory, {"--input", "generate://?cuont=2000"}));
  CHECK(end.code == 78);
  CHECK(end.errors.find("\"count\"") != std::string::npos);
  CHECK(run(word_count(directory, {"--input", "tcp://127.0.0.1:0"})).code == 78);
}

TEST_CASE("a program that reads its inputs is refused without one, before it touches its data directory", "[inputs]") {
  auto directory = fresh_directory();
  auto end = run(word_count(directory, {}));
  CHECK(end.code == 78);
  CHECK(end.errors.find("--input") != std::string::npos);
  CHECK_FALSE(fs::exists(directory / "data"));
}

TEST_CASE("inputs of all kinds are united, and each comes to rest in its own way", "[inputs]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "in");
  std::vector<std::string> texts{directory / "in/file", directory / "sent", directory / "generated", directory / "tcp"};
  generate(texts[0], 10'000, 1);
  generate(texts[1], 10'000, 2);
  generate(texts[2], 20'000, 3);
  generate(texts[3], 10'000, 4);
  line_server server;
  auto arguments =
    word_count(directory, {"--input", "weir://127.0.0.1:0", "--input", "file://" + directory / "in", "--input",
                           "generate://?count=20000&seed=3", "--input", server.url(), "--stop-when-idle=1s"});
  running application{arguments};
  auto url = application.await_ready();
  server.accept();
  running sender{send(texts[1], url)};
  REQUIRE(server.say(read_file(texts[3])));
  CHECK(sender.await_end().code == 0);
  auto end = application.await_end();
  INFO(end.errors);
  CHECK(end.code == 0);
  check_counts(directory, texts);
}

TEST_CASE("a start on a directory that was read before says that there is nothing new, and how much was read",
          "[inputs]") {
  auto directory = fresh_directory();
  std::filesystem::create_directories(directory / "in/sub");
  for (auto name : {"a", "b", "c"})
    write_file(directory / ("in/" + std::string{name}), "word\n");
  auto arguments = word_count(
    directory, {"--input", "file:" + directory / "in", "--stop-when-idle=100ms", "--set", "file.settle=0ms"});
  auto first = run(arguments);
  INFO(first.errors);
  CHECK(first.code == 0);
  CHECK(first.errors.find("nothing new") == std::string::npos);
  CHECK(first.errors.find("1 entry that is no file") != std::string::npos);
  auto second = run(arguments);
  INFO(second.errors);
  CHECK(second.code == 0);
  CHECK(second.errors.find("nothing new in " + directory / "in" + ": 3 files were read before") != std::string::npos);
  CHECK(second.errors.find(" recovered ") == std::string::npos);
  write_file(directory / "in/d", "word\n");
  auto third = run(arguments);
  CHECK(third.code == 0);
  CHECK(third.errors.find("nothing new") == std::string::npos);
}
