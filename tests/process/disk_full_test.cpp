#include <csignal>
#include <filesystem>

#include <catch2/catch.hpp>

#include "tests/process/harness.hpp"
#include "tests/process/small_disk.hpp"
#include "tests/skip.hpp"

namespace {

using namespace weir::process;
namespace fs = std::filesystem;

constexpr const char* waits = "waiting until there is room";
constexpr const char* goes_on = "there is room again";

bool is_skipped(const small_disk& disk) {
  if (!disk.mounted())
    weir::testing::skip("a small disk (tmpfs) needs the right to mount: root and CAP_SYS_ADMIN");
  return !disk.mounted();
}

/// `word-count` with its data directory on `disk`, which is tried again soon.
std::vector<std::string> word_count_on(const small_disk& disk, const weir::tool::temporary_directory& directory,
                                       std::vector<std::string> more) {
  more.insert(more.begin(), {"--set", "disk_full.retry=20ms"});
  auto all = word_count(directory, more);
  all[2] = disk.path() + "/data";
  return all;
}

std::size_t occurrences(const std::string& in, const std::string& what) {
  std::size_t count = 0;
  for (auto at = in.find(what); at != std::string::npos; at = in.find(what, at + what.size()))
    ++count;
  return count;
}

} // namespace

TEST_CASE(
  "while the log's disk is full nothing is acknowledged; then it goes on by itself and every word is counted once",
  "[disk]") {
  auto directory = fresh_directory();
  small_disk disk{directory / "data-disk", "48"};
  if (is_skipped(disk))
    return;
  auto text = directory / "text";
  generate(text, 60'000); // 6 MB
  auto arguments = word_count_on(disk, directory, {"--input", "weir://127.0.0.1:0", "--stop-when-idle=500ms"});
  running application{arguments};
  auto url = application.await_ready();
  disk.fill_but(600'000);
  running sender{send(text, url)};
  application.await_words(waits);
  CHECK(application.errors().find("no space left on device") != std::string::npos);
  CHECK_FALSE(sender.process().wait(weir::tool::clock::now() + 300ms)); // many retries
  CHECK(application.is_alive());
  disk.make_room();
  auto sent = sender.await_end();
  INFO(sent.errors);
  REQUIRE(sent.code == 0);
  auto end = application.await_end();
  INFO(end.errors);
  REQUIRE(end.code == 0);
  CHECK(occurrences(end.errors, goes_on) == 1);
  CHECK(occurrences(end.errors, waits) == 1);
  check_counts(directory, {text});
}

TEST_CASE("killed while the log's disk is full, and started when it is not, an application has lost nothing",
          "[disk]") {
  auto directory = fresh_directory();
  small_disk disk{directory / "data-disk", "48"};
  if (is_skipped(disk))
    return;
  auto text = directory / "text";
  generate(text, 60'000);
  auto arguments = word_count_on(disk, directory, {"--input", "weir://127.0.0.1:0"});
  auto application = std::make_unique<running>(arguments);
  auto url = application->await_ready();
  disk.fill_but(600'000);
  running sender{send(text, url)};
  application->await_words(waits);
  application->process().signal(SIGKILL);
  application->await_end();
  disk.make_room();
  arguments.back() = url;
  arguments.push_back("--stop-when-idle=500ms");
  application = std::make_unique<running>(arguments);
  CHECK(sender.await_end().code == 0);
  auto end = application->await_end();
  INFO(end.errors);
  REQUIRE(end.code == 0);
  check_counts(directory, {text});
}

TEST_CASE("while the disk of a text output is full batches wait in the log; then all are published, none twice",
          "[disk]") {
  auto directory = fresh_directory();
  small_disk disk{directory / "out", "4"};
  if (is_skipped(disk))
    return;
  auto text = directory / "text";
  generate(text, 20'000);
  running application{word_count(
    directory, {"--input", "weir://127.0.0.1:0", "--stop-when-idle=500ms", "--set", "disk_full.retry=20ms"})};
  auto url = application.await_ready();
  disk.fill_but(200'000);
  running sender{send(text, url)};
  application.await_words(waits);
  CHECK(application.errors().find("/out/") != std::string::npos);
  CHECK_FALSE(application.process().wait(weir::tool::clock::now() + 200ms));
  disk.make_room();
  CHECK(sender.await_end().code == 0);
  auto end = application.await_end();
  INFO(end.errors);
  REQUIRE(end.code == 0);
  CHECK(occurrences(end.errors, goes_on) == 1);
  check_counts(directory, {text});
}

TEST_CASE("while there is no room for the scratch file its tasks wait; then they run, and every word is counted once",
          "[disk]") {
  auto directory = fresh_directory();
  small_disk disk{directory / "data-disk", "48"};
  if (is_skipped(disk))
    return;
  fs::create_directory(directory / "in");
  std::vector<std::string> texts{directory / "in/large"};
  auto arguments = word_count_on(disk, directory,
                                 {
                                   "--input",
                                   "file://" + directory / "in",
                                   "--set",
                                   "exchange.memory=0",
                                 });
  running application{arguments};
  application.await("the log", [&] { return fs::exists(disk.path() + "/data/log/data.mdb"); });
  disk.fill_but(500'000);
  generate(directory / "text", 60'000);
  fs::rename(directory / "text", texts[0]);
  application.await_words(waits);
  CHECK_FALSE(application.process().wait(weir::tool::clock::now() + 200ms));
  disk.make_room();
  application.await_words("batch_done");
  application.process().signal(SIGINT);
  auto end = application.await_end();
  INFO(end.errors);
  REQUIRE(end.code == 0);
  CHECK(end.errors.find("scratch file") != std::string::npos);
  check_counts(directory, texts);
}

TEST_CASE("an application drains as soon as the full disk has room, and a second Ctrl-C ends it before", "[disk]") {
  auto directory = fresh_directory();
  small_disk disk{directory / "data-disk", "48"};
  if (is_skipped(disk))
    return;
  auto text = directory / "text";
  generate(text, 60'000);
  running application{word_count_on(disk, directory,
                                    {
                                      "--input",
                                      "weir://127.0.0.1:0",
                                    })};
  auto url = application.await_ready();
  disk.fill_but(600'000);
  running sender{send(text, url)};
  application.await_words(waits);
  application.process().signal(SIGINT);
  auto again = GENERATE(false, true);
  if (again) {
    CHECK_FALSE(application.process().wait(weir::tool::clock::now() + 300ms));
    application.process().signal(SIGINT);
    CHECK(application.await_end().code == 130);
  } else {
    disk.make_room();
    auto end = application.await_end();
    INFO(end.errors);
    CHECK(end.code == 0);
  }
}
