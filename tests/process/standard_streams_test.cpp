// Standard descriptors that are missing, or that nobody reads.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <set>

#include <catch2/catch.hpp>

#include "actors/monitor/control_socket.hpp"
#include "tests/process/examples.hpp"
#include "tests/process/harness.hpp"

namespace {

using namespace weir::process;
namespace fs = std::filesystem;

/// As a shell command that is replaced by the program.
std::vector<std::string> with(const std::string& redirections, const std::vector<std::string>& arguments) {
  std::vector<std::string> all{"/bin/sh", "-c", "exec \"$0\" \"$@\" " + redirections};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

/// "<&- 2>&-" for 0 and 2.
std::string closed(int which) {
  std::string all;
  for (auto [bit, text] : {std::pair{1, "<&- "}, {2, ">&- "}, {4, "2>&- "}})
    if ((which & bit) != 0)
      all += text;
  return all;
}

/// None of the files below `directory` has anything of what programs say.
void no_file_has_words(const std::string& directory, const std::vector<std::string>& words) {
  for (auto& entry : fs::recursive_directory_iterator{directory}) {
    if (!entry.is_regular_file())
      continue;
    auto bytes = read_file(entry.path());
    for (auto& word : words) {
      INFO(entry.path() << " has \"" << word << "\"");
      CHECK(bytes.find(word) == std::string::npos);
    }
  }
}

const std::vector<std::string> said{"Time: ", "notice", "warning", "ready input", "verified"};

} // namespace

TEST_CASE("a program that is started without standard descriptors writes nothing of what it says into its files",
          "[streams]") {
  auto which = GENERATE(1, 2, 3, 4, 5, 6, 7);
  INFO("closed: " << closed(which));
  auto directory = fresh_directory();
  fs::create_directory(directory / "in");
  write_file(directory / "in/a", "to be or not to be\n");
  auto arguments = word_count(
    directory, {"--input", "file://" + directory / "in", "--set", "file.settle=0ms", "--stop-when-idle=50ms"});
  auto end = run(with(closed(which), arguments));
  INFO(end.errors);
  CHECK(end.code == 0);
  check_counts(directory, {directory / "in/a"});
  no_file_has_words(directory / "data", said);
  no_file_has_words(directory / "out", said);
  CHECK(run({program("weir"), "log", directory / "data", "--verify"}).code == 0);
}

TEST_CASE("results for a standard output that was closed from the start are an error, and damage no file",
          "[streams]") {
  auto which = GENERATE(2, 3, 6, 7);
  INFO("closed: " << closed(which));
  auto directory = fresh_directory();
  fs::create_directory(directory / "in");
  write_file(directory / "in/a", "to be or not to be\n");
  auto arguments = word_count(directory, {"--input", "file://" + directory / "in", "--set", "file.settle=0ms",
                                          "--stop-when-idle=50ms", "--output", "print"});
  auto end = run(with(closed(which), arguments));
  INFO(end.errors);
  CHECK(end.code == 74);
  if ((which & 4) == 0)
    CHECK_THAT(end.errors, Catch::Contains("standard output") && Catch::Contains("it is closed"));
  no_file_has_words(directory / "data", said);
  CHECK(run({program("weir"), "log", directory / "data", "--verify"}).code == 0);
}

TEST_CASE("the tool without standard descriptors writes nothing into files", "[streams]") {
  auto which = GENERATE(1, 2, 3, 4, 5, 6, 7);
  INFO("closed: " << closed(which));
  auto directory = fresh_directory();
  fs::create_directory(directory / "in");
  write_file(directory / "in/a", "to be\n");
  REQUIRE(run(word_count(directory, {"--input", "file://" + directory / "in", "--set", "file.settle=0ms",
                                     "--stop-when-idle=50ms"}))
            .code == 0);
  auto shown = run(with(closed(which), {program("weir"), "log", directory / "data", "--verify"}));
  CHECK(shown.code == ((which & 2) != 0 ? 74 : 0));
  no_file_has_words(directory / "data", said);
}

TEST_CASE("no example without standard descriptors writes what it says into its files", "[streams]") {
  const auto which = 7; // the cases between are tried with word-count
  for (auto& [example, arguments] : short_runs()) {
    INFO(example << ", closed: " << closed(which));
    auto directory = fresh_directory();
    fs::create_directory(directory / "in");
    write_file(directory / "in/a", "ann,250\n");
    auto end = run(with(closed(which), in(directory / "", example, arguments)));
    INFO(end.errors);
    CHECK(std::set<int>{0, 74}.contains(end.code));
    no_file_has_words(directory / "", said);
    if (fs::exists(directory / "data"))
      CHECK(run({program("weir"), "log", directory / "data", "--verify"}).code == 0);
  }
}

TEST_CASE("a standard output that nobody reads stops no actor: the program ends in time, and says what was not shown",
          "[streams]") {
  auto directory = fresh_directory();
  running application{word_count(directory, {"--input", "generate://?rate=20000", "--output", "print:1000000", "--set",
                                             "graceful_stop.limit=1s"}),
                      false};
  application.await_words("its reader is slow, or does not read");
  auto alive = run({program("weir"), "tree", directory / "data"}); // everybody answers
  CHECK(alive.code == 0);
  CHECK_THAT(alive.output, Catch::Contains("sink-0") && !Catch::Contains("restarting"));
  application.process().signal(SIGTERM);
  auto end = application.await_end(8s);
  CHECK(end.code == 1);
  CHECK_THAT(end.errors, Catch::Contains("had not drained within 1000 ms"));
}

TEST_CASE("results that waited for a slow reader are shown whole and once", "[streams]") {
  auto directory = fresh_directory();
  running application{
    word_count(directory, {"--input", "generate://?count=60000&rate=60000&seed=1", "--output", "print:1000000",
                           "--stop-when-idle=50ms", "--set", "disk_full.retry=10ms"}),
    false};
  application.await_words("its reader is slow, or does not read");
  std::string shown;
  application.await("its end", [&] {
    weir::tool::read_available(application.process().output(), shown);
    return !application.is_alive();
  });
  weir::tool::read_available(application.process().output(), shown);
  std::set<std::string> times;
  for (auto at = shown.find("Time: "); at != std::string::npos; at = shown.find("Time: ", at + 1))
    CHECK(times.insert(shown.substr(at, shown.find('\n', at) - at)).second);
  std::int64_t printed = 0;
  for (std::size_t at = 0; at < shown.size();) {
    auto end = std::min(shown.find('\n', at), shown.size());
    if (auto tab = shown.find('\t', at); tab < end)
      printed += std::stoll(shown.substr(tab + 1, end - tab - 1));
    at = end + 1;
  }
  weir::tool::word_counts expected;
  auto text = directory / "text";
  generate(text, 60'000);
  REQUIRE(weir::tool::count_words(text, expected));
  std::int64_t words = 0;
  for (auto& [word, count] : expected)
    words += count;
  CHECK(printed == words);
}

TEST_CASE("a reader of the results that goes away ends the program with 74", "[streams]") {
  auto directory = fresh_directory();
  std::vector<std::string> line{"/bin/sh", "-c", "{ \"$0\" \"$@\"; echo code $? >&2; } | true"};
  for (auto& argument : word_count(directory, {"--input", "generate://?rate=1000", "--output", "print"}))
    line.push_back(argument);
  auto end = run(line);
  CHECK_THAT(end.errors, Catch::Contains("its reader has gone") && Catch::Contains("code 74"));
}

TEST_CASE("what an application answers does not command the terminal of weir tree, top and log", "[streams]") {
  auto directory = fresh_directory();
  auto socket = directory / "answers";
  auto tree = [](std::string_view) {
    return std::string{R"({"name":"ro\u001b[2Jot","state":"\u009b1m","restarts":1,"uptime_ms":1,)"
                       R"("last_reason":"\u001b]0;mine\u0007\u007f","children":[{"name":5,"state":[]}]})"};
  };
  auto status = [](std::string_view) {
    return std::string{R"({"application":"a\u001b[2J","last_warning":"\u009b31m\u007f",)"
                       R"("inputs":[{"name":"\u001bc","last_error":"\u202e","active":false,"stopped":"\u001b[m"}]})"};
  };
  auto served = weir::actors::control_socket::serve(socket, {{"tree", tree}, {"status", status}});
  REQUIRE(served);
  auto weir_tool = program("weir");
  for (auto& question : std::vector<std::vector<std::string>>{{weir_tool, "tree", socket},
                                                              {weir_tool, "tree", socket, "--json"},
                                                              {weir_tool, "top", socket, "--once"},
                                                              {weir_tool, "top", socket, "--json"}}) {
    auto shown = run(question);
    INFO(question[1] << " " << question.back() << "\n" << shown.output << shown.errors);
    CHECK(shown.code == 0);
    for (auto& text : {shown.output, shown.errors}) {
      CHECK(
        std::all_of(text.begin(), text.end(), [](unsigned char c) { return c == '\n' || (c >= 0x20 && c != 0x7f); }));
      CHECK(text.find("\xc2\x9b") == std::string::npos);
      CHECK(text.find("\xe2\x80\xae") == std::string::npos);
    }
  }
}
