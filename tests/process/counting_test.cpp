#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include <unistd.h>

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

namespace {

/// An application without a data directory of another one, on the directory `in` of this one.
std::vector<std::string> word_count_of_files(const weir::tool::temporary_directory& directory,
                                             std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"--input", "file://" + directory / "in"});
  return word_count(directory, more);
}

std::size_t occurrences(const std::string& in, const std::string& what) {
  std::size_t count = 0;
  for (auto place = in.find(what); place != std::string::npos; place = in.find(what, place + what.size()))
    ++count;
  return count;
}

/// Appends to a file as a shell's ">>" does.
void append_to(const std::string& path, const std::string& text) {
  std::ofstream file{path, std::ios::app | std::ios::binary};
  file << text << std::flush;
  REQUIRE(file);
}

} // namespace

TEST_CASE("a file that is visible before its bytes are, or is written slowly, is counted whole", "[counting]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "in");
  std::vector<std::string> texts{directory / "in/empty-first", directory / "in/slow"};
  write_file(texts[0], "");
  write_file(texts[1], "");
  running application{word_count_of_files(directory, {"--stop-when-idle=300ms"})};
  for (int part = 0; part < 8; ++part) {
    append_to(texts[1], "part of the slow");
    std::this_thread::sleep_for(150ms);
    append_to(texts[1], "ly written text\n");
  }
  append_to(texts[0], "a b c\n");
  auto end = application.await_end();
  INFO(end.errors);
  CHECK(end.code == 0);
  check_counts(directory, texts);
}

TEST_CASE(
  "a file that changes after it was read is named, and the run ends with 1; so does every later one that finds it",
  "[counting]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "in");
  auto text = directory / "in/text";
  write_file(directory / "in/other", "other\n");
  write_file(text, "one two\n");
  {
    running application{word_count_of_files(directory, {"--stop-when-idle=300ms", "--set", "file.settle=20ms"})};
    application.await_words("batch_done");
    append_to(text, "three\n");
    auto end = application.await_end();
    INFO(end.errors);
    CHECK(end.code == 1);
    CHECK(occurrences(end.errors, " warning file_changed ") == 1);
    CHECK(occurrences(end.errors, "file " + text) == 2); // in the warning, and at the end
  }
  auto again = run(word_count_of_files(directory, {"--stop-when-idle=300ms"}));
  INFO(again.errors);
  CHECK(again.code == 1);
  CHECK(again.errors.find(text) != std::string::npos);
  fs::rename(text, directory / "text");
  CHECK(run(word_count_of_files(directory, {"--stop-when-idle=300ms"})).code == 0);
  write_file(directory / "new", "another text under an old name\n");
  fs::rename(directory / "new", text);
  CHECK(run(word_count_of_files(directory, {"--stop-when-idle=300ms"})).code == 1);
  fs::resize_file(text, 0);
  auto emptied = run(word_count_of_files(directory, {"--stop-when-idle=300ms", "--set", "file.settle=20ms"}));
  CHECK(emptied.code == 1);
  CHECK_THAT(emptied.errors, Catch::Contains("file_changed") && Catch::Contains("file " + text));
}

TEST_CASE("a file that was read and is replaced by one with the same size and time is named, and the run ends with 1",
          "[counting]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "in");
  auto text = directory / "in/text";
  write_file(text, "one two\n");
  running application{word_count_of_files(directory, {"--stop-when-idle=1s", "--set", "file.settle=20ms"})};
  application.await_words("batch_done");
  write_file(directory / "in/_other", "two one\n");
  fs::last_write_time(directory / "in/_other", fs::last_write_time(text));
  fs::rename(directory / "in/_other", text);
  auto end = application.await_end();
  INFO(end.errors);
  CHECK(end.code == 1);
  CHECK(occurrences(end.errors, " warning file_changed ") == 1);
  write_file(directory / "was", "one two\n");
  check_counts(directory, {directory / "was"});
}

namespace {

/// `arguments`, run by somebody whom the mode of a file keeps from reading it.
std::vector<std::string> as_somebody(std::vector<std::string> arguments) {
  if (::geteuid() == 0)
    arguments.insert(arguments.begin(), {"setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups"});
  return arguments;
}

} // namespace

TEST_CASE("a file that the user may not read waits, is named once with what to do, and is counted when it can be read",
          "[counting]") {
  auto directory = fresh_directory();
  fs::permissions(directory.path(), fs::perms::all);
  fs::create_directory(directory / "in");
  std::vector<std::string> texts{directory / "in/a", directory / "in/b"};
  write_file(texts[0], "one two\n");
  write_file(texts[1], "two three\n");
  fs::permissions(texts[0], fs::perms::none);
  auto arguments = as_somebody(word_count_of_files(directory, {"--set", "file.settle=20ms"}));
  {
    running application{arguments};
    application.await_words("batch_done"); // of the other file
    application.await_words("input_unreadable");
    application.process().signal(SIGTERM);
    CHECK(application.await_end().code == 0); // a graceful stop reads no further, and the next start does
  }
  arguments.push_back("--stop-when-idle=300ms");
  running application{arguments};
  application.await_words("input_unreadable");
  fs::permissions(texts[0], fs::perms::all);
  auto end = application.await_end();
  INFO(end.errors);
  CHECK(end.code == 0);
  CHECK(occurrences(end.errors, " input_unreadable ") == 1);
  CHECK_THAT(end.errors, Catch::Contains("file " + texts[0] + ": cannot read the input file: Permission denied") &&
                           Catch::Contains("who runs the application, read it"));
  check_counts(directory, texts);
  fs::permissions(texts[0], fs::perms::none); // what was read need not stay readable
  CHECK(run(arguments).code == 0);
}

TEST_CASE("a file of which a part was read and that the user may not read any more ends with 74, and loses nothing",
          "[counting]") {
  auto directory = fresh_directory();
  fs::permissions(directory.path(), fs::perms::all);
  fs::create_directory(directory / "in");
  auto text = directory / "in/text";
  generate(text, 100'000);
  auto arguments = as_somebody(word_count_of_files(directory, {"--set", "max_batch_bytes=100KiB"}));
  {
    running application{arguments};
    application.await_words("batch_done");
    application.process().signal(SIGINT);
    CHECK(application.await_end().code == 0);
  }
  fs::permissions(text, fs::perms::none);
  arguments.push_back("--stop-when-idle=300ms");
  auto end = run(arguments);
  INFO(end.errors);
  CHECK(end.code == 74);
  CHECK_THAT(end.errors, Catch::Contains(text + ": cannot read the input file: Permission denied") &&
                           Catch::Contains("who runs the application, read it"));
  fs::permissions(text, fs::perms::all);
  CHECK(run(arguments).code == 0);
  check_counts(directory, {text});
}

TEST_CASE("files that were read and are removed are no loss, and a directory full of small ones is counted",
          "[counting]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "in");
  std::string all;
  for (int i = 0; i < 10'000; ++i) { // more than a batch takes
    auto line = "word" + std::to_string(i % 100) + "\n";
    write_file(directory / "in/" + std::to_string(i), line);
    all += line;
  }
  auto end = run(word_count_of_files(directory, {"--stop-when-idle=300ms", "--set", "file.settle=50ms"}));
  INFO(end.errors);
  CHECK(end.code == 0);
  for (int i = 0; i < 10'000; i += 2)
    fs::remove(directory / "in/" + std::to_string(i));
  CHECK(run(word_count_of_files(directory, {"--stop-when-idle=300ms"})).code == 0);
  write_file(directory / "all", all);
  check_counts(directory, {directory / "all"});
}

TEST_CASE("a file of which a part was read and that then vanished stops the next start with 65, and is named",
          "[counting]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "in");
  auto text = directory / "in/text";
  generate(text, 100'000);
  auto arguments = word_count_of_files(directory, {"--set", "max_batch_bytes=100KiB"});
  {
    running application{arguments};
    application.await_words("batch_done");
    application.process().signal(SIGINT);
    CHECK(application.await_end().code == 0); // a graceful stop reads no further
  }
  fs::rename(text, directory / "text");
  arguments.push_back("--stop-when-idle=300ms");
  auto end = run(arguments);
  INFO(end.errors);
  CHECK(end.code == 65);
  CHECK(end.errors.find(text) != std::string::npos);
  fs::rename(directory / "text", text);
  CHECK(run(arguments).code == 0);
  check_counts(directory, {text});
}

TEST_CASE("a compressed file is refused by name instead of being counted as words", "[counting]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "in");
  auto packed = directory / (std::string{"in/"} + GENERATE("text", "text.gz"));
  write_file(packed, packed.ends_with(".gz") ? "no magic bytes\n" : "\x1f\x8b\x08 packed");
  auto end = run(word_count_of_files(directory, {"--stop-when-idle=300ms", "--set", "file.settle=20ms"}));
  INFO(end.errors);
  CHECK(end.code == 65);
  CHECK(end.errors.find("file " + packed) != std::string::npos);
  CHECK(end.errors.find("unpacked") != std::string::npos);
  fs::remove(packed);
  write_file(directory / "in/plain", "plain\n");
  CHECK(run(word_count_of_files(directory, {"--stop-when-idle=300ms", "--set", "file.settle=20ms"})).code == 0);
  check_counts(directory, {directory / "in/plain"});
}
