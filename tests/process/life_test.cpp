#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "tests/process/harness.hpp"

namespace {

using namespace weir::process;
namespace fs = std::filesystem;

/// What a file takes on the disk: LMDB's has holes.
std::uint64_t disk_bytes(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

std::size_t occurrences(const std::string& in, const std::string& what) {
  std::size_t count = 0;
  for (auto at = in.find(what); at != std::string::npos; at = in.find(what, at + what.size()))
    ++count;
  return count;
}

} // namespace

TEST_CASE("Ctrl-C drains: what was acknowledged is published before the exit with 0", "[life]") {
  auto directory = fresh_directory();
  auto text = directory / "text";
  generate(text, 20'000);
  auto signal = GENERATE(SIGINT, SIGTERM);
  running application{word_count(directory, {"--input", "weir://127.0.0.1:0"})};
  REQUIRE(run(send(text, application.await_ready())).code == 0);
  application.process().signal(signal);
  auto end = application.await_end();
  INFO(end.errors);
  CHECK(end.code == 0);
  check_counts(directory, {text});
}

TEST_CASE("a second Ctrl-C ends an application that cannot drain, and the next start publishes the rest", "[life]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "in");
  generate(directory / "in/text", 20'000);
  std::vector<std::string> arguments{program("word-count"),
                                     "--input",
                                     "file://" + directory / "in",
                                     "--data-dir",
                                     directory / "data",
                                     "--log-level",
                                     "info",
                                     "--output",
                                     "print:1000000"};
  {
    running application{arguments, false}; // nobody reads its output, so it can never publish
    application.await_words("batch_committed");
    auto deadline = weir::tool::clock::now() + patience;
    auto end = application.process().ended();
    while (!end && weir::tool::clock::now() < deadline) {
      application.process().signal(SIGINT);
      end = application.process().wait(weir::tool::clock::now() + 100ms);
    }
    REQUIRE(end);
    CHECK(end->code == 130);
  }
  arguments.push_back("--stop-when-idle=300ms");
  auto rest = run(arguments);
  CHECK(rest.code == 0);
  CHECK(occurrences(rest.output, "Time: ") == 1);
  CHECK(occurrences(rest.output, "\n") > 1000);
}

TEST_CASE("at the usual level an application says when it starts, what it recovers and why it ends", "[life]") {
  auto directory = fresh_directory();
  auto text = directory / "text";
  generate(text, 100);
  std::vector<std::string> arguments{program("word-count"),
                                     "--input",
                                     "weir://127.0.0.1:0",
                                     "--data-dir",
                                     directory / "data",
                                     "--output",
                                     "text:" + directory / "out/counts",
                                     "--stop-when-idle=200ms"};
  {
    running application{arguments};
    REQUIRE(run(send(text, application.await_ready())).code == 0);
    auto first = application.await_end();
    INFO(first.errors);
    CHECK(first.code == 0);
    CHECK(occurrences(first.errors, " notice started ") == 1);
    CHECK(occurrences(first.errors, "(exactly once)") == 2);     // the counts and the dead letters
    CHECK(occurrences(first.errors, " notice recovered ") == 0); // there was nothing
    CHECK(occurrences(first.errors, " notice ended ") == 1);
    CHECK(occurrences(first.errors, "records_processed=100") == 1);
  }
  running application{arguments};
  auto second = application.await_end();
  CHECK(second.code == 0);
  CHECK(occurrences(second.errors, " notice recovered ") == 0); // all was finished
}

TEST_CASE("an application ends by itself after --stop-after, and with --stop-when-idle not before a goodbye",
          "[life]") {
  auto directory = fresh_directory();
  auto bounded =
    run(word_count(directory, {"--input", "weir://127.0.0.1:0", "--stop-when-idle=1ms", "--stop-after", "700ms"}));
  INFO(bounded.errors);
  CHECK(bounded.code == 0);
  CHECK(bounded.errors.find("batch_committed") == std::string::npos);
  write_file(directory / "text", "bye\n");
  running application{word_count(directory, {"--input", "weir://127.0.0.1:0", "--stop-when-idle=100ms"})};
  CHECK(run(send(directory / "text", application.await_ready())).code == 0);
  CHECK(application.await_end().code == 0);
}

TEST_CASE("the log stays bounded while a run goes on, and weir log shows it alive", "[life]") {
  auto directory = fresh_directory();
  auto text = directory / "text";
  generate(text, 500'000);
  running application{word_count(directory, {"--input", "weir://127.0.0.1:0", "--stop-when-idle=500ms"})};
  auto paced = send(text, application.await_ready());
  paced.insert(paced.end(), {"--rate", "100000"});
  running sender{paced};
  auto log = directory / "data/log/data.mdb";
  std::uint64_t most = 0;
  auto look_at = std::size_t{10};
  application.await(
    "all is sent",
    [&] {
      most = std::max(most, disk_bytes(log));
      if (occurrences(application.errors(), "batch_done") >= look_at) {
        look_at += 60;
        auto shown = run({program("weir"), "log", directory / "data", "--json"});
        INFO(shown.errors);
        CHECK(shown.code == 0);
        auto json = nlohmann::json::parse(shown.output);
        CHECK(json["application"] == "word-count");
        CHECK(json["batches"].size() <= 20);
        CHECK(run({program("weir"), "log", directory / "data", "--verify"}).code == 0);
      }
      return sender.process().ended().has_value();
    },
    120s);
  CHECK(sender.await_end().code == 0);
  auto end = application.await_end();
  INFO(end.errors.substr(end.errors.size() - std::min<std::size_t>(end.errors.size(), 500)));
  CHECK(end.code == 0);
  CHECK(look_at > 10);
  INFO("50 MB went through; the log took " << most / 1024 << " KiB");
  CHECK(most < 25u << 20);
  auto last = run({program("weir"), "log", directory / "data", "--json", "--verify"});
  CHECK(last.code == 0);
  CHECK(nlohmann::json::parse(last.output)["batches"].empty());
  check_counts(directory, {text});
}

TEST_CASE("weir log names what is damaged and exits with 65, and with 78 where there is nothing", "[life]") {
  auto directory = fresh_directory();
  auto missing = run({program("weir"), "log", directory / "nothing"});
  CHECK(missing.code == 78);
  CHECK(missing.errors.find("nothing") != std::string::npos);
  write_file(directory / "text", "one two\n");
  running application{word_count(directory, {"--input", "weir://127.0.0.1:0", "--stop-when-idle=100ms"})};
  REQUIRE(run(send(directory / "text", application.await_ready())).code == 0);
  REQUIRE(application.await_end().code == 0);
  auto verified = run({program("weir"), "log", directory / "data", "--verify"});
  REQUIRE(verified.code == 0);
  CHECK_THAT(verified.errors, Catch::Contains("weir log: verified ") && Catch::Contains("every checksum is right"));
  auto log = directory / "data/log/data.mdb";
  auto bytes = read_file(log);
  auto at = bytes.find("tester"); // the producer's name, in the key of its position
  REQUIRE(at != std::string::npos);
  for (; at != std::string::npos; at = bytes.find("tester", at + 1))
    bytes[at] ^= 1;
  write_file(log, bytes);
  auto damaged = run({program("weir"), "log", directory / "data", "--verify"});
  INFO(damaged.errors);
  CHECK(damaged.code == 65);
  CHECK_FALSE(damaged.errors.empty());
}
