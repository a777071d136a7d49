#include <csignal>
#include <memory>

#include <catch2/catch.hpp>

#include "actors/sources/frame.hpp"
#include "tests/process/harness.hpp"

namespace {

using namespace weir::process;
using namespace weir::actors;

std::vector<std::string> shell(const std::string& line) { return {"/bin/sh", "-c", line}; }

} // namespace

TEST_CASE("a sender that is killed and started again at once goes on, and nothing is counted twice", "[send]") {
  auto directory = fresh_directory();
  auto text = directory / "text";
  generate(text, 100'000);
  running application{word_count(directory, {"--input", "weir://127.0.0.1:0", "--stop-when-idle=1s"})};
  auto url = application.await_ready();
  auto paced = send(text, url);
  paced.insert(paced.end(), {"--rate", "100000"});
  for (int round = 0; round < 15; ++round) {
    running sender{paced};
    auto begun = std::chrono::steady_clock::now();
    sender.await("some time in the middle",
                 [&] { return std::chrono::steady_clock::now() - begun > std::chrono::milliseconds(20 + 3 * round); });
    sender.process().signal(SIGKILL);
  }
  auto last = run(send(text, url));
  INFO(last.errors);
  CHECK(last.code == 0);
  CHECK(application.await_end().code == 0);
  check_counts(directory, {text});
}

TEST_CASE("a sender says what it skipped, and appends when it is told to", "[send]") {
  auto directory = fresh_directory();
  write_file(directory / "one", "a\nb\n");
  write_file(directory / "other", "c\nd\n");
  running application{word_count(directory, {"--input", "weir://127.0.0.1:0"})};
  auto url = application.await_ready();
  CHECK(run(send(directory / "one", url)).code == 0);
  auto skipped = run(send(directory / "other", url));
  CHECK(skipped.code == 0);
  CHECK(skipped.output == "{\"sent\":0,\"acknowledged\":2,\"resent\":0}\n");
  CHECK_THAT(skipped.errors, Catch::Contains("2 records were skipped") && Catch::Contains("--append"));
  auto appending = send(directory / "other", url);
  appending.push_back("--append");
  auto appended = run(appending);
  CHECK(appended.code == 0);
  CHECK(appended.output == "{\"sent\":2,\"acknowledged\":2,\"resent\":0}\n");
  application.process().signal(SIGINT);
  CHECK(application.await_end().code == 0);
  check_counts(directory, {directory / "one", directory / "other"});
}

TEST_CASE("a sender without standard input says so", "[send]") {
  auto closed = run(shell(program("weir") + " send - --to weir://127.0.0.1:1 --producer p <&-"));
  CHECK(closed.code == 64);
  CHECK_THAT(closed.errors, Catch::Contains("standard input is closed"));
}

TEST_CASE("a program that cannot write its output ends with 74 and says why", "[output]") {
  auto weir_tool = program("weir");
  auto application = program("word-count");
  auto command = GENERATE_COPY(weir_tool + " --help", weir_tool + " --version", weir_tool + " send --help",
                               weir_tool + " generate 'generate://?count=10'", weir_tool + " completion bash",
                               application + " --help", application + " --version", application + " config");
  INFO(command);
  auto full = run(shell(command + " >/dev/full"));
  CHECK(full.code == 74);
  CHECK_THAT(full.errors, Catch::Contains("cannot write"));
  auto closed = run(shell(command + " >&-"));
  CHECK(closed.code == 74);
  CHECK_FALSE(closed.errors.empty());
  CHECK(run(shell(command + " >/dev/null")).code == 0);
}

TEST_CASE("strangers' connections on several ports leave the application its descriptors", "[hostile]") {
  auto directory = fresh_directory();
  auto text = directory / "text";
  generate(text, 20'000);
  std::string line = "ulimit -n 64; exec";
  for (auto& argument : word_count(directory, {"--input", "weir://127.0.0.1:0", "--input", "weir://127.0.0.1:0"}))
    line += " '" + argument + "'";
  running application{shell(line)};
  std::vector<std::string> urls;
  application.await("both ports", [&] {
    urls.clear();
    auto& said = application.errors();
    for (auto at = said.find("ready input="); at != std::string::npos; at = said.find("ready input=", at + 1))
      if (auto end = said.find('\n', at); end != std::string::npos)
        urls.push_back(said.substr(at + 12, end - at - 12));
    return urls.size() == 2;
  });
  std::vector<std::unique_ptr<raw_client>> strangers;
  for (int i = 0; i < 100; ++i)
    strangers.push_back(std::make_unique<raw_client>(urls[static_cast<std::size_t>(i) % 2]));
  application.await_words("connection_refused");
  strangers.clear();
  auto sent = run(send(text, urls[0]));
  INFO(sent.errors);
  CHECK(sent.code == 0);
  application.process().signal(SIGINT);
  auto end = application.await_end();
  INFO(end.errors);
  CHECK(end.code == 0);
  check_counts(directory, {text});
}

TEST_CASE("producers that are silent for long are forgotten, and a name beyond the bound is refused", "[hostile]") {
  auto directory = fresh_directory();
  write_file(directory / "one", "a\n");
  running application{word_count(directory, {"--input", "weir://127.0.0.1:0", "--set", "ingest.max_producers=2",
                                             "--set", "ingest.producer_ttl=1s"})};
  auto url = application.await_ready();
  CHECK(run(send(directory / "one", url, "first")).code == 0);
  CHECK(run(send(directory / "one", url, "second")).code == 0);
  auto third = run(send(directory / "one", url, "third"));
  CHECK(third.code == 1);
  CHECK_THAT(third.errors, Catch::Contains("ingest.max_producers"));
  application.await_words("producers_forgotten");
  application.await("room for another name", [&] { return run(send(directory / "one", url, "third")).code == 0; });
  application.process().signal(SIGINT);
  CHECK(application.await_end().code == 0);
}
