#include <csignal>
#include <filesystem>
#include <random>

#include <catch2/catch.hpp>

#include "tests/process/harness.hpp"

namespace {

using namespace weir::process;
namespace fs = std::filesystem;

/// `arguments` with a disk that fails once: see tests/shim/failing_disk.cpp.
std::vector<std::string> on_failing_disk(const std::string& how, const std::vector<std::string>& arguments) {
  std::vector<std::string> all{"env", "LD_PRELOAD=" WEIR_FAILING_DISK, "DISK_FAILS=" + how};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

/// Sends text to an application whose disk fails as `how` says, and to its successor on a good disk.
void check_failure(const std::string& how, const std::string& named, bool copies_log) {
  INFO(how);
  auto directory = fresh_directory();
  auto text = directory / "text";
  generate(text, 40'000);
  auto arguments = word_count(directory, {"--input", "weir://127.0.0.1:0"});
  auto application = std::make_unique<running>(on_failing_disk(how, arguments));
  auto url = application->await_ready();
  auto paced = send(text, url);
  paced.insert(paced.end(), {"--rate", "15000"}); // long enough for so many calls, also on a slow machine
  running sender{paced};
  auto failed = application->await_end();
  INFO(failed.errors);
  CHECK(failed.code == 74);
  CHECK(failed.errors.find(named) != std::string::npos);
  CHECK(failed.errors.find("put/output error") != std::string::npos); // LMDB's is ours, with a small letter
  arguments.back() = url;
  arguments.push_back("--stop-when-idle=500ms");
  application = std::make_unique<running>(arguments);
  CHECK(sender.await_end().code == 0);
  auto end = application->await_end();
  INFO(end.errors);
  REQUIRE(end.code == 0);
  CHECK((end.errors.find("was copied to a new file") != std::string::npos) == copies_log);
  check_counts(directory, {text});
}

/// A data directory with batches under way: its application was killed.
void leave_work_behind(const weir::tool::temporary_directory& directory) {
  auto text = directory / "text";
  generate(text, 60'000);
  running application{word_count(directory, {"--input", "weir://127.0.0.1:0"})};
  auto paced = send(text, application.await_ready());
  paced.insert(paced.end(), {"--rate", "60000"});
  running sender{paced};
  application.await_words("batch_done");
  application.process().signal(SIGSTOP); // so that what is under way stays
  application.process().signal(SIGKILL);
  application.await_end();
}

weir::tool::word_counts totals(const std::string& prefix) {
  weir::tool::output_watch watch{prefix};
  REQUIRE(watch.finish());
  CHECK(watch.violations().empty());
  return *watch.totals();
}

finished drain(const weir::tool::temporary_directory& directory) {
  return run(word_count(directory, {"--input", "weir://127.0.0.1:0", "--stop-after", "100ms"}));
}

void copy(const weir::tool::temporary_directory& from, const weir::tool::temporary_directory& to) {
  fs::copy(from / "out", to / "out", fs::copy_options::recursive);
  fs::create_directory(to / "data");
  for (auto& entry : fs::directory_iterator{from / "data"})
    if (!entry.is_socket()) // a killed application leaves its control socket
      fs::copy(entry.path(), to / "data" / entry.path().filename(), fs::copy_options::recursive);
}

/// One flipped bit a start: some in the numbers of the last two transactions, others where the file has something, or anywhere.
void check_flips(int flips) {
  auto original = fresh_directory();
  leave_work_behind(original);
  auto good = fresh_directory();
  copy(original, good);
  REQUIRE(drain(good).code == 0);
  auto expected = totals(good / "out/counts");
  auto bytes = read_file(original / "data/log/data.mdb");
  std::mt19937_64 random{1};
  int refused = 0;
  for (int flip = 0; flip < flips; ++flip) {
    auto directory = fresh_directory();
    copy(original, directory);
    auto damaged = bytes;
    auto at = random() % damaged.size();
    for (int tries = 0; tries < 100 && flip % 4 < 2 && damaged[at] == 0; ++tries)
      at = random() % damaged.size();
    if (flip % 4 == 3)
      at = random() % 2 * 4096 + 144 + random() % 8;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
    write_file(directory / "data/log/data.mdb", damaged);
    auto end = drain(directory);
    INFO("byte " << at << "\n" << end.errors);
    if (end.code == 0) {
      CHECK(totals(directory / "out/counts") == expected);
      continue;
    }
    ++refused;
    CHECK((end.code == 65 || end.code == 74));
    CHECK(end.errors.find("data.mdb: ") != std::string::npos);
  }
  CHECK(refused > 0);
}

} // namespace

TEST_CASE("a sync of the log that fails ends the application with 74; the next start copies the log and loses nothing",
          "[disk]") {
  check_failure("fdatasync:" + std::to_string(GENERATE(12, 25)) + ":5:/data.mdb", "data.mdb: cannot write", true);
}

TEST_CASE("a write to the log that fails ends the application with 74; the next start copies the log and loses nothing",
          "[disk]") {
  check_failure("write:" + std::to_string(GENERATE(60, 121)) + ":5:/data.mdb", "data.mdb: cannot write", true);
}

TEST_CASE("a sync of an output that fails at its first batch ends the application with 74; the next start publishes it",
          "[disk]") {
  check_failure("fsync:4:5:/out", "/out", false);
}

TEST_CASE("a sync of an output that fails later is said, and the batch is written anew until it is published",
          "[disk]") {
  auto directory = fresh_directory();
  auto text = directory / "text";
  generate(text, 40'000);
  running application{on_failing_disk("fsync:17:5:/out", word_count(directory, {"--input", "weir://127.0.0.1:0"}))};
  auto paced = send(text, application.await_ready());
  paced.insert(paced.end(), {"--rate", "15000"});
  running sender{paced};
  CHECK(sender.await_end().code == 0);
  application.await_words("output_goes_on");
  application.process().signal(SIGTERM);
  auto end = application.await_end();
  INFO(end.errors);
  CHECK(end.code == 0);
  CHECK(end.errors.find("output_retried") != std::string::npos);
  check_counts(directory, {text});
}

TEST_CASE("a bit that flips in the log gives exact results, or 65 that names the file", "[disk]") { check_flips(12); }

TEST_CASE("a bit that flips in the log gives exact results, or 65 that names the file (many)", "[disk][long]") {
  check_flips(300);
}

TEST_CASE("an application whose data directory is removed ends with 74 instead of writing to nowhere", "[disk]") {
  auto directory = fresh_directory();
  auto text = directory / "text";
  generate(text, 40'000);
  running application{word_count(directory, {"--input", "weir://127.0.0.1:0"})};
  auto paced = send(text, application.await_ready());
  paced.insert(paced.end(), {"--rate", "20000"});
  running sender{paced};
  application.await_words("batch_done");
  fs::remove_all(directory / "data");
  auto end = application.await_end();
  INFO(end.errors);
  CHECK(end.code == 74);
  CHECK(end.errors.find("was removed while it was in use") != std::string::npos);
}

TEST_CASE("an application whose data directory is moved away ends with 74, and goes on exactly when it is back",
          "[disk]") {
  auto directory = fresh_directory();
  auto text = directory / "text";
  generate(text, 40'000);
  auto arguments = word_count(directory, {"--input", "weir://127.0.0.1:0"});
  auto application = std::make_unique<running>(arguments);
  auto url = application->await_ready();
  auto paced = send(text, url);
  paced.insert(paced.end(), {"--rate", "20000"});
  running sender{paced};
  application->await_words("batch_done");
  fs::rename(directory / "data", directory / "moved");
  auto end = application->await_end();
  INFO(end.errors);
  CHECK(end.code == 74);
  CHECK_THAT(end.errors, Catch::Contains(directory / "data/log/data.mdb" + ": the log was moved away") &&
                           Catch::Contains("it is now " + directory / "moved/log/data.mdb"));
  fs::rename(directory / "moved", directory / "data");
  arguments.back() = url;
  arguments.push_back("--stop-when-idle=500ms");
  application = std::make_unique<running>(arguments);
  CHECK(sender.await_end().code == 0);
  CHECK(application->await_end().code == 0);
  check_counts(directory, {text});
}
