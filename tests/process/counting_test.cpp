#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include <catch2/catch.hpp>

#include "tests/process/harness.hpp"

namespace {

using namespace weir::process;
namespace fs = std::filesystem;

const std::string odd_text =
  "  leading and\ttabs\r\nback\\slash \x01\xff bytes\v\fmore\n\n\r\nUPPER upper Upper\nno newline at the end";

} // namespace

TEST_CASE("word count over a directory of files publishes what an independent count finds", "[counting]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "in");
  std::vector<std::string> texts{directory / "in/large", directory / "in/odd", directory / "in/empty"};
  generate(texts[0], 40'000);
  write_file(texts[1], odd_text);
  write_file(texts[2], "");
  write_file(directory / "in/.hidden", "hidden words\n");
  write_file(directory / "in/_half", "half written words\n");
  auto end = run(word_count(directory, {"--input", "file://" + directory / "in", "--stop-when-idle=300ms"}));
  INFO(end.errors);
  REQUIRE(end.code == 0);
  check_counts(directory, texts);
}

TEST_CASE("files that arrive later are counted, and a restart counts none again", "[counting]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "in");
  std::vector<std::string> texts{directory / "in/a", directory / "in/b"};
  auto arguments = word_count(directory, {"--input", "file://" + directory / "in"});
  {
    running application{arguments};
    write_file(directory / "a.tmp", "one two two\n");
    fs::rename(directory / "a.tmp", texts[0]);
    application.await_words("batch_done");
    application.process().signal(SIGINT);
    CHECK(application.await_end().code == 0);
  }
  generate(texts[1], 5'000);
  arguments.push_back("--stop-when-idle=300ms");
  auto end = run(arguments);
  INFO(end.errors);
  REQUIRE(end.code == 0);
  check_counts(directory, texts);
}

TEST_CASE("word count behind weir send publishes what an independent count finds, and sending again adds nothing",
          "[counting]") {
  auto directory = fresh_directory();
  auto text = directory / "text";
  generate(text, 40'000);
  write_file(text, read_file(text) + odd_text);
  running application{word_count(directory, {"--input", "weir://127.0.0.1:0", "--stop-when-idle=500ms"})};
  auto url = application.await_ready();
  auto first = run(send(text, url));
  INFO(first.errors);
  REQUIRE(first.code == 0);
  auto second = run(send(text, url));
  REQUIRE(second.code == 0);
  auto end = application.await_end();
  INFO(end.errors);
  REQUIRE(end.code == 0);
  auto said = nlohmann::json::parse(first.output);
  CHECK(said["acknowledged"] == 40'006);
  CHECK(nlohmann::json::parse(second.output)["sent"] == 0);
  check_counts(directory, {text});
}

TEST_CASE("two inputs and two senders are united", "[counting]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "in");
  std::vector<std::string> texts{directory / "in/file", directory / "first", directory / "second"};
  for (std::size_t i = 0; i < texts.size(); ++i)
    generate(texts[i], 10'000, i + 1);
  running application{word_count(
    directory, {"--input", "weir://127.0.0.1:0", "--input", "file://" + directory / "in", "--stop-when-idle=500ms"})};
  auto url = application.await_ready();
  running first{send(texts[1], url, "first")};
  running second{send(texts[2], url, "second")};
  CHECK(first.await_end().code == 0);
  CHECK(second.await_end().code == 0);
  CHECK(application.await_end().code == 0);
  check_counts(directory, texts);
}

TEST_CASE("after kill -9 the same command goes on, and the sender notices nothing", "[counting]") {
  auto directory = fresh_directory();
  auto text = directory / "text";
  generate(text, 60'000);
  auto arguments = word_count(directory, {"--input", "weir://127.0.0.1:0"});
  auto application = std::make_unique<running>(arguments);
  auto url = application->await_ready();
  auto paced = send(text, url);
  paced.insert(paced.end(), {"--rate", "30000"});
  running sender{paced};
  application->await_words("batch_committed");
  application->process().signal(SIGKILL);
  CHECK(application->await_end().code == 128 + SIGKILL);
  arguments.back() = url;
  arguments.push_back("--stop-when-idle=500ms");
  application = std::make_unique<running>(arguments);
  auto sent = sender.await_end();
  INFO(sent.errors);
  REQUIRE(sent.code == 0);
  auto end = application->await_end();
  INFO(end.errors);
  REQUIRE(end.code == 0);
  check_counts(directory, {text});
}
