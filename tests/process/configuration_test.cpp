#include <algorithm>
#include <csignal>
#include <filesystem>
#include <regex>

#include <catch2/catch.hpp>

#include "tests/process/harness.hpp"
#include "tests/skip.hpp"

namespace {

using namespace weir::process;

std::size_t count_of(const std::string& text, const std::string& words) {
  std::size_t count = 0;
  for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1))
    ++count;
  return count;
}

/// Runs word-count with these variables and expects one sentence on standard error that contains `words`, and exit 78.
void refuses(std::vector<std::string> command, const std::string& words) {
  command.insert(command.begin(), "env");
  auto end = run(std::move(command));
  INFO(end.errors);
  CHECK(end.code == 78);
  CHECK(end.output.empty());
  CHECK(end.errors.find(words) != std::string::npos);
  CHECK(count_of(end.errors, "\n") == 1);
}

/// What bash would offer behind `line`, whose first word is `command`, one answer a line.
std::string offered(const std::string& line) {
  auto tool = program("weir");
  auto end = run({"bash", "-c",
                  "eval \"$(\"$0\" completion bash)\"\n"
                  "COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=(\"$0\") COMP_CWORD=1\n"
                  "case $1 in weir*) _weir_tool ;; *) _weir_application ;; esac\n"
                  "printf '%s\\n' \"${COMPREPLY[@]}\"",
                  tool, line});
  INFO(end.errors);
  CHECK(end.code == 0);
  CHECK(end.errors.empty());
  return end.output;
}

bool offers(const std::string& line, const std::string& word) {
  auto all = offered(line);
  INFO(line << " gave: " << all);
  return ("\n" + all).find("\n" + word + "\n") != std::string::npos;
}

} // namespace

TEST_CASE("a run takes its settings from file, environment and flags", "[configuration]") {
  auto directory = fresh_directory();
  std::filesystem::create_directory(directory / "texts");
  write_file(directory / "texts/a", "a b a\n");
  write_file(directory / "app.toml", "input = [\"file:" + (directory / "texts") +
                                       "\"]\noutput = \"text:" + (directory / "wrong") + "\"\ndata_dir = \"" +
                                       (directory / "data") + "\"\n[log]\nlimit = \"8GiB\"\n");
  auto end = run({"env", "WEIR_OUTPUT=text:" + (directory / "out"), "WEIR_STOP_WHEN_IDLE=200ms", program("word-count"),
                  "--config", directory / "app.toml", "--batch-interval", "20ms"});
  INFO(end.errors);
  CHECK(end.code == 0);
  CHECK_FALSE(weir::tool::output_watch{directory / "wrong"}.totals().value_or(weir::tool::word_counts{}).count("a"));
  auto found = weir::tool::output_watch{directory / "out"}.totals();
  REQUIRE(found);
  CHECK((*found)["a"] == 2);
}

TEST_CASE("whatever is wrong with the configuration is said in one sentence, with 78", "[configuration]") {
  auto directory = fresh_directory();
  auto app = program("word-count");
  auto file = directory / "app.toml";
  refuses({app, "--config", file}, file + ": cannot read the settings: No such file or directory");
  refuses({"WEIR_BACH_INTERVAL=1s", app}, "WEIR_BACH_INTERVAL: unknown variable; did you mean WEIR_BATCH_INTERVAL?");
  refuses({app, "--set", "bach_interval=1s"}, "unknown key \"bach_interval\"; did you mean \"batch_interval\"?");
  write_file(file, "# one\nbach_interval = \"1s\"\n");
  refuses({app, "--config", file}, file + ":2: unknown key \"bach_interval\"; did you mean \"batch_interval\"?");
  write_file(file, "executors = \n");
  refuses({app, "--config", file}, file + ":1:");
}

TEST_CASE("config prints settings and origins on standard output and starts nothing", "[configuration]") {
  auto directory = fresh_directory();
  auto end = run({"env", "-C", directory.path(), "WEIR_MEMORY_LIMIT=2GiB", program("word-count"), "config"});
  CHECK(end.code == 0);
  CHECK(end.errors.empty());
  CHECK(std::regex_search(end.output, std::regex{"\nmemory\\.limit +2GiB +environment WEIR_MEMORY_LIMIT\n"}));
  CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("the commented sample configuration is accepted, and all its keys uncommented give the defaults",
          "[configuration]") {
  std::string here = __FILE__;
  auto sample = read_file(here.substr(0, here.rfind("tests/")) + "config/word-count.toml");
  auto directory = fresh_directory();
  write_file(directory / "app.toml", std::regex_replace(sample, std::regex{"(^|\n)#([a-z])"}, "$1$2"));
  auto app = program("word-count");
  auto bare = run({app, "config", "--json"});
  auto all = run({app, "config", "--json", "--config", directory / "app.toml"});
  INFO(all.errors);
  REQUIRE(all.code == 0);
  auto without_origin = [](const std::string& text) {
    return std::regex_replace(text, std::regex{",\"origin\":\"[a-z]*\",\"place\":\"[^\"]*\""}, "");
  };
  CHECK(without_origin(all.output) == without_origin(bare.output));
  CHECK(all.output.find("\"origin\":\"default\"") == std::string::npos); // every key is there
  CHECK(all.output.find("\"origin\":\"derived\"") == std::string::npos);
}

TEST_CASE("wrong use of the tool names the flag, and the nearest if there is none such", "[configuration]") {
  auto [arguments, code, sentence] = GENERATE(table<std::vector<std::string>, int, std::string>({
    {{"send", "--produser", "me"}, 64, "weir send: --produser: unknown flag; did you mean --producer?\n"},
    {{"send", "--to"}, 64, "weir send: --to: it needs a value; see weir send --help\n"},
    {{"send"}, 64, "weir send: --to is required; see weir send --help\n"},
    {{"log", "x", "verify"}, 64, "weir log: unknown argument \"verify\"; did you mean --verify?\n"},
    {{"sim", "--seeds", "x"}, 78, "weir sim: --seeds: Value x not in range 1 to 100000000; see weir sim --help\n"},
    {{"send", "--producer", "p", "--to", "127.0.0.1:7"},
     78,
     "weir send: --to: \"127.0.0.1:7\" is not an ingest port; write weir://HOST:PORT\n"},
    {{"send", "--producer", "p", "--to", ""},
     78,
     "weir send: --to: \"\" is not an ingest port; write weir://HOST:PORT\n"},
    {{"generate", "there"}, 78, "weir generate: URL: \"there\" is not a generate:// URL; write generate://?count=N\n"},
    {{"help", "lug"}, 64, "weir: unknown verb \"lug\"; did you mean \"log\"?\n"},
    {{"completon"}, 64, "weir: unknown verb \"completon\"; did you mean \"completion\"?\n"},
  }));
  std::vector<std::string> command{program("weir")};
  command.insert(command.end(), arguments.begin(), arguments.end());
  auto end = run(command);
  CHECK(end.errors == sentence);
  CHECK(end.code == code);
}

TEST_CASE("weir help VERB shows what weir VERB --help shows", "[configuration]") {
  for (auto verb : {"log", "send", "completion"}) {
    auto help = run({program("weir"), "help", verb});
    CHECK(help.code == 0);
    CHECK(help.output == run({program("weir"), verb, "--help"}).output);
  }
}

TEST_CASE("strangers cannot fill the log", "[configuration][hostile]") {
  auto directory = fresh_directory();
  running application{word_count(directory, {"--input", "weir://127.0.0.1:0"})};
  auto url = application.await_ready();
  for (int i = 0; i < 100; ++i) {
    raw_client stranger{url};
    stranger.send(std::string(64, 'x'));
    stranger.is_closed_within(10s);
  }
  application.await_words("connection_refused");
  application.process().signal(SIGINT);
  auto end = application.await_end();
  INFO(end.errors);
  CHECK(end.code == 0);
  CHECK(count_of(end.errors, " connection_refused ") >= 5);
  CHECK(count_of(end.errors, " connection_refused ") <= 12); // five, and one every ten seconds
  CHECK(end.errors.find("suppressed of=connection_refused count=") != std::string::npos);
  CHECK(end.errors.find("actor=receiver-0") != std::string::npos);
  CHECK(end.errors.find("peer=127.0.0.1:") != std::string::npos);
}

TEST_CASE("the completion script for bash parses", "[completion]") {
  auto script = run({program("weir"), "completion", "bash"});
  CHECK(script.code == 0);
  auto directory = fresh_directory();
  write_file(directory / "script", script.output);
  auto parsed = run({"bash", "-n", directory / "script"});
  CHECK(parsed.code == 0);
  CHECK(parsed.errors.empty());
}

TEST_CASE("bash offers flags, values, settings and verbs", "[completion]") {
  auto [line, word] = GENERATE(table<std::string, std::string>({
    {"word-count ", "config"},
    {"word-count ", "--input"},
    {"word-count --inp", "--input"},
    {"word-count config --js", "--json"},
    {"word-count --log-level ", "warning"},
    {"word-count --log-level wa", "warning"},
    {"word-count --log-level=wa", "warning"}, // bash replaces only what stands behind the last = or :
    {"word-count --set ", "memory.limit="},
    {"word-count --set mem", "memory.limit="},
    {"word-count --set log_format=", "json"},
    {"word-count --set=log_format=j", "json"},
    {"word-count --input ", "weir://"},
    {"word-count --output te", "text:"},
    {"word-count --stop-when-idle ", "--input"}, // needs no value
    {"word-count --executors ", "auto"},
    {"weir ", "send"},
    {"weir com", "completion"},
    {"weir send --prod", "--producer"},
    {"weir log --", "--verify"},
    {"weir completion ", "zsh"},
  }));
  INFO(line << " should offer " << word);
  CHECK(offers(line, word));
}

TEST_CASE("bash offers files and directories where they belong", "[completion]") {
  auto directory = fresh_directory();
  std::filesystem::create_directory(directory / "texts");
  write_file(directory / "weir.toml", "");
  CHECK(offers("word-count --config " + (directory / "we"), directory / "weir.toml"));
  CHECK(offers("word-count --input file:" + (directory / "te"), (directory / "texts") + "/"));
  CHECK(offered("word-count --input file:" + (directory / "we")) == "\n");
  CHECK(offers("weir send " + (directory / "we"), directory / "weir.toml"));
  CHECK(offered("word-count --log-level x") == "\n");
}

TEST_CASE("other applications are completed when they are named", "[completion]") {
  auto script = run({program("weir"), "completion", "bash", "my-app"});
  CHECK(script.output.find("complete -F _weir_application word-count my-app\n") != std::string::npos);
  CHECK(run({program("weir"), "completion", "bash", "a;b"}).code == 78);
  CHECK(run({program("weir"), "completion", "fish"}).code == 78);
}

TEST_CASE("the completion script for zsh parses", "[completion]") {
  auto script = run({program("weir"), "completion", "zsh"});
  CHECK(script.code == 0);
  CHECK(script.output.find("#compdef weir word-count\n") == 0);
  if (run({"sh", "-c", "command -v zsh"}).code != 0) {
    weir::testing::skip("there is no zsh here");
    return;
  }
  auto directory = fresh_directory();
  write_file(directory / "script", script.output);
  CHECK(run({"zsh", "-n", directory / "script"}).code == 0);
}
