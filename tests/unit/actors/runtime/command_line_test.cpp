#include "actors/runtime/command_line.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "actors/runtime/setting_table.hpp"
#include "tests/unit/actors/sources/temporary_directory.hpp"

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

result<command_line> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "word-count");
  return parse_command_line("word-count", static_cast<int>(arguments.size()), arguments.data());
}

/// With an input, which every run needs.
result<command_line> parse_with_input(std::vector<const char*> arguments) {
  arguments.insert(arguments.end(), {"--input", "file:in"});
  return parse(arguments);
}

error error_of(const result<command_line>& parsed) {
  REQUIRE_FALSE(parsed.has_value());
  return parsed.error();
}

} // namespace

TEST_CASE("an application runs with an input and nothing else", "[command_line]") {
  auto line = parse_with_input({});
  REQUIRE(line.has_value());
  auto& settings = line->options.settings;
  CHECK(line->options.application == "word-count");
  CHECK(line->options.data_dir == "./weir-data/word-count");
  CHECK(line->options.default_data_dir);
  CHECK(line->options.partitions == 0);
  CHECK(line->options.repartition == 0);
  CHECK(settings.batch_interval == 100ms);
  CHECK(settings.block_interval == 10ms);
  CHECK(settings.executors >= 1);
  CHECK(settings.stop_when_idle == 0ms);
  CHECK_FALSE(line->options.stop_after);
  CHECK(line->level == log_level::notice);
  CHECK(line->format == log_format::text);
  CHECK_FALSE(line->answer);
  REQUIRE(line->outputs.size() == 1);
  CHECK(line->outputs[0].what == plan::output_target::kind::print);
  CHECK(line->outputs[0].limit == 10);
}

TEST_CASE("every flag arrives where it belongs", "[command_line]") {
  auto line = parse({"--input",
                     "file:in",
                     "--input=weir://127.0.0.1:0",
                     "--output",
                     "text:out/words",
                     "--output",
                     "print:3",
                     "--batch-interval",
                     "2ms",
                     "--data-dir",
                     "there",
                     "--executors",
                     "3",
                     "--partitions",
                     "12",
                     "--repartition",
                     "8",
                     "--stop-after",
                     "1.5s",
                     "--stop-when-idle=300ms",
                     "--log-level",
                     "debug",
                     "--log-format",
                     "json"});
  REQUIRE(line.has_value());
  auto& settings = line->options.settings;
  REQUIRE(settings.inputs.size() == 2);
  CHECK(settings.inputs[0].text() == "file:in");
  CHECK(settings.inputs[1].what() == input_url::kind::weir);
  REQUIRE(line->outputs.size() == 2);
  CHECK(line->outputs[0].prefix == "out/words");
  CHECK(line->outputs[1].limit == 3);
  CHECK(settings.batch_interval == 2ms);
  CHECK(settings.block_interval == 2ms); // blocks end where batches do
  CHECK(line->options.data_dir == "there");
  CHECK_FALSE(line->options.default_data_dir);
  CHECK(settings.executors == 3);
  CHECK(line->options.partitions == 12);
  CHECK(line->options.repartition == 8);
  CHECK(line->options.stop_after == 1500ms);
  CHECK(settings.stop_when_idle == 300ms);
  CHECK(line->level == log_level::debug);
  CHECK(line->format == log_format::json);
}

TEST_CASE("no log is a data directory of none", "[command_line]") {
  auto line = parse_with_input({"--data-dir", "none"});
  REQUIRE(line.has_value());
  CHECK(line->options.data_dir.empty());
  CHECK_FALSE(line->options.default_data_dir);
}

TEST_CASE("the time after which an idle application stops may be left out", "[command_line]") {
  auto line = parse_with_input({"--stop-when-idle"});
  REQUIRE(line.has_value());
  CHECK(line->options.settings.stop_when_idle == 2s);
}

TEST_CASE("an unknown flag is wrong usage, and the answer names the nearest one", "[command_line]") {
  auto [typed, meant] = GENERATE(table<const char*, std::string>({
    {"--imput=file:in", "--input"},
    {"--batch-intervall", "--batch-interval"},
    {"--stop-when-idel", "--stop-when-idle"},
    {"--executor=2", "--executors"},
  }));
  auto why = error_of(parse_with_input({typed}));
  CHECK(why.code == error_code::usage);
  CHECK(why.hint == "did you mean " + meant + "?");
}

TEST_CASE("what is near to nothing, and what is no flag at all, is wrong usage, too", "[command_line]") {
  CHECK(error_of(parse_with_input({"--xylophone"})).hint == "see --help");
  for (auto typed : {"--xylophone", "-q", "stray", "--executors"}) {
    INFO(typed);
    CHECK(error_of(parse({"--input", "file:in", typed})).code == error_code::usage);
  }
}

TEST_CASE("a wrong value is named", "[command_line]") {
  auto [flag, value, named] = GENERATE(table<std::string, std::string, std::string>({
    {"--batch-interval", "100", "--batch-interval"},
    {"--batch-interval", "soon", "--batch-interval"},
    {"--batch-interval", "10us", "--batch-interval"},
    {"--batch-interval", "2h", "--batch-interval"},
    {"--executors", "0", "--executors"},
    {"--executors", "many", "--executors"},
    {"--executors", "-1", "--executors"},
    {"--executors", "257", "--executors"},
    {"--executors", "1.5", "--executors"},
    {"--partitions", "4097", "--partitions"},
    {"--partitions", "99999999999999999999", "--partitions"},
    {"--repartition", "x", "--repartition"},
    {"--stop-after", "7", "--stop-after"},
    {"--stop-when-idle", "later", "--stop-when-idle"},
    {"--log-level", "loud", "--log-level"},
    {"--log-format", "xml", "--log-format"},
    {"--output", "text", "output text"},
    {"--output", "tape:x", "output tape:x"},
    {"--output", "print:all", "output print:all"},
    {"--input", "weir://nowhere", "nowhere"},
    {"--input", "in", "--input"},
    {"--input", "fil:in", "--input"},
  }));
  auto written = flag + "=" + value;
  auto why = error_of(parse_with_input({written.c_str()}));
  INFO(written << " gave: " << why.message());
  CHECK(why.code == error_code::configuration);
  CHECK(why.message().find(named) != std::string::npos);
}

TEST_CASE("an input is not asked for here: a program may bring its own", "[command_line]") {
  auto line = parse({});
  REQUIRE(line.has_value());
  CHECK(line->options.settings.inputs.empty());
}

TEST_CASE("help and version are answers, not runs", "[command_line]") {
  auto help = parse({"--help"});
  REQUIRE((help.has_value() && help->answer));
  for (auto flag :
       {"--input", "--output", "--batch-interval", "--data-dir", "--executors", "--partitions", "--repartition",
        "--set", "--stop-after", "--stop-when-idle", "--log-level", "--log-format", "--version"})
    CHECK(help->answer->find(flag) != std::string::npos);
  auto version = parse({"--version"});
  REQUIRE((version.has_value() && version->answer));
  CHECK(version->answer->find("word-count") == 0);
}

namespace {

result<command_line> parse_in(const environment_variables& variables, std::vector<std::string> arguments) {
  std::vector<const char*> all{"word-count"};
  for (auto& argument : arguments)
    all.push_back(argument.c_str());
  return parse_command_line("word-count", static_cast<int>(all.size()), all.data(), variables);
}

std::string answer_of(const result<command_line>& parsed) {
  INFO((parsed ? "" : parsed.error().message()));
  REQUIRE(parsed.has_value());
  return parsed->answer.value_or("none");
}

} // namespace

TEST_CASE("default, file, environment, --set, flag: each wins over those before it", "[command_line]") {
  testing::temporary_directory directory;
  auto file = directory.write("app.toml", "input = [\"file:in\"]\nexecutors = 2\n");
  auto executors = [&](const environment_variables& variables, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--config", file});
    auto line = parse_in(variables, arguments);
    REQUIRE(line.has_value());
    return line->options.settings.executors;
  };
  CHECK(executors({}, {}) == 2);
  CHECK(executors({{"WEIR_EXECUTORS", "3"}}, {}) == 3);
  CHECK(executors({{"WEIR_EXECUTORS", "3"}}, {"--set", "executors=4"}) == 4);
  CHECK(executors({{"WEIR_EXECUTORS", "3"}}, {"--executors", "5", "--set", "executors=4"}) == 5);
  CHECK(executors({}, {"--executors", "5", "--executors", "6"}) == 6);
}

TEST_CASE("every setting can be given as --set and as a variable", "[command_line]") {
  auto defaults = default_configuration("word-count");
  environment_variables variables;
  std::vector<std::string> assignments{"config"};
  for (auto& row : setting_table()) {
    auto text = row.nothing.empty() ? format_setting(row.read(defaults), row.form) : row.nothing;
    variables.emplace(row.variable(), text);
    assignments.insert(assignments.end(), {"--set", row.key + "=" + text});
  }
  CHECK(answer_of(parse_in(variables, {"config"})).find("environment WEIR_MEMORY_LIMIT") != std::string::npos);
  CHECK(answer_of(parse_in({}, assignments)).find("default") == std::string::npos);
}

TEST_CASE("an input from the environment is enough to run, and several are an array", "[command_line]") {
  CHECK(parse_in({{"WEIR_INPUT", "file:in"}}, {})->options.settings.inputs.size() == 1);
  CHECK(parse_in({{"WEIR_INPUT", R"(["file:in", "file:more"])"}}, {})->options.settings.inputs.size() == 2);
}

TEST_CASE("a variable that is of no setting is refused with the nearest", "[command_line]") {
  auto why = error_of(parse_in({{"WEIR_BACH_INTERVAL", "50ms"}}, {"--input", "file:in"}));
  CHECK(why.message() == "WEIR_BACH_INTERVAL: unknown variable; did you mean WEIR_BATCH_INTERVAL?");
  CHECK(why.code == error_code::configuration);
  auto wrong = error_of(parse_in({{"WEIR_EXECUTORS", "many"}}, {"--input", "file:in"}));
  CHECK(wrong.message() == "WEIR_EXECUTORS: \"many\" is not a valid value; give a whole number, or auto");
}

TEST_CASE("variables of the tools and of tests are left alone", "[command_line]") {
  environment_variables variables{{"WEIR_CHAOS_PAGE", "3"}, {"WEIR_BIN_DIR", "/x"}, {"WEIR_TEST_DISK", "slow"}};
  CHECK(parse_in(variables, {"--input", "file:in"}).has_value());
}

TEST_CASE("the settings file can be named by a variable, and must be there", "[command_line]") {
  testing::temporary_directory directory;
  auto file = directory.write("app.toml", "input = [\"file:in\"]\nexecutors = 2\n");
  CHECK(parse_in({{"WEIR_CONFIG", file}}, {})->options.settings.executors == 2);
  auto why = error_of(parse_in({}, {"--config", directory.path() + "/other.toml", "--input", "file:in"}));
  CHECK(why.code == error_code::configuration);
  CHECK(why.where == directory.path() + "/other.toml");
  CHECK(why.hint == "give --config a TOML file");
  auto by_variable = error_of(parse_in({{"WEIR_CONFIG", "nofile"}}, {"--input", "file:in"}));
  CHECK(by_variable.where == "nofile");
  CHECK(by_variable.hint == "give WEIR_CONFIG a TOML file");
}

TEST_CASE("config shows all settings with value and origin, and needs no input", "[command_line]") {
  testing::temporary_directory directory;
  auto file = directory.write("app.toml", "\nbatch_interval = \"50ms\"\n");
  auto table = answer_of(parse_in({{"WEIR_MEMORY_LIMIT", "2GiB"}},
                                  {"config", "--config", file, "--executors", "3", "--set", "log.limit=20GiB"}));
  auto shows = [&](const std::string& key, const std::string& value, const std::string& origin) {
    auto at = table.find("\n" + key + " ");
    REQUIRE(at != std::string::npos);
    auto line = table.substr(at + 1, table.find('\n', at + 1) - at - 1);
    INFO(line);
    CHECK(line.find(" " + value + " ") != std::string::npos);
    CHECK(line.ends_with("  " + origin));
  };
  shows("batch_interval", "50ms", file + ":2");
  shows("memory.limit", "2GiB", "environment WEIR_MEMORY_LIMIT");
  shows("executors", "3", "--executors");
  shows("partitions", "6", "derived from executors");
  shows("log.limit", "20GiB", "--set");
  shows("max_batch_bytes", "64MiB", "derived from memory.limit");
  shows("block_interval", "10ms", "derived from batch_interval");
  shows("stop_after", "never", "default");
  shows("max_batches_in_flight", "3", "default");
  for (auto& row : setting_table())
    CHECK(table.find("\n" + row.key + " ") != std::string::npos);
}

TEST_CASE("a block interval that does not divide the batch interval is replaced, and config says so",
          "[command_line]") {
  std::vector<std::string> arguments{"--input", "file:in", "--batch-interval", "50ms", "--set", "block_interval=7ms"};
  CHECK(parse_in({}, arguments)->options.settings.block_interval == 10ms);
  arguments.insert(arguments.begin(), "config");
  CHECK(answer_of(parse_in({}, arguments)).find("  --set, where it was 7ms\n") != std::string::npos);
}

TEST_CASE("config can be read by programs", "[command_line]") {
  auto document = answer_of(parse_in({{"WEIR_EXECUTORS", "3"}}, {"config", "--json"}));
  CHECK(document.find("{\"application\":\"word-count\",\"settings\":[\n") == 0);
  CHECK(document.find(R"({"key":"executors","value":3,"origin":"environment","place":"WEIR_EXECUTORS"})") !=
        std::string::npos);
  CHECK(document.find(R"({"key":"output","value":["print"],"origin":"default","place":""})") != std::string::npos);
  auto budget = document.find(R"({"key":"max_batch_bytes","value":")");
  REQUIRE(budget != std::string::npos);
  CHECK(document.find("\"derived\"", budget) < document.find('\n', budget));
}

TEST_CASE("the help of config is about config", "[command_line]") {
  auto help = answer_of(parse_in({}, {"config", "--help"}));
  CHECK(help.starts_with("usage: word-count config [FLAG]... [--json]\n"));
  CHECK(help.find("--json") != std::string::npos);
  CHECK(help != answer_of(parse_in({}, {"--help"})));
}

TEST_CASE("config refuses what a run would refuse", "[command_line]") {
  CHECK(error_of(parse_in({}, {"config", "--executors", "0"})).code == error_code::configuration);
  CHECK(error_of(parse_in({}, {"config", "--jsn"})).hint == "did you mean --json?");
  CHECK(error_of(parse_in({}, {"--json", "--input", "file:in"})).code == error_code::usage);
}

TEST_CASE("what stands on the command line without being a flag is named", "[command_line]") {
  CHECK(error_of(parse_in({}, {"--input", "file:in", "config"})).message() ==
        "unknown argument \"config\"; write it first: word-count config");
  CHECK(error_of(parse_in({}, {"confg"})).message() == "unknown argument \"confg\"; did you mean config?");
  CHECK(error_of(parse_in({}, {"input", "file:in"})).message() == "unknown argument \"input\"; did you mean --input?");
  CHECK(error_of(parse_in({}, {"--input"})).message() == "--input: it needs a value; see --help");
}

TEST_CASE("help shows flags in groups with their defaults, examples, and where all settings are", "[command_line]") {
  auto help = answer_of(parse_in({}, {"--help"}));
  for (auto& row : setting_table())
    if (!row.flag().empty()) {
      CHECK(help.find("  " + row.flag()) != std::string::npos);
      CHECK(help.find("\n" + row.group + "\n") != std::string::npos);
    }
  std::string words; // as a line may end anywhere
  for (auto byte : help)
    if (byte != '\n' && (byte != ' ' || !words.ends_with(' ')))
      words += byte;
    else if (!words.ends_with(' '))
      words += ' ';
  for (auto part : {"(default: 100ms)", "2s without a value", "Examples", "word-count config", "--config FILE.toml"})
    CHECK(words.find(part) != std::string::npos);
  std::size_t longest = 0;
  for (std::size_t at = 0, end; (end = help.find('\n', at)) != std::string::npos; at = end + 1)
    longest = std::max(longest, end - at);
  CHECK(longest <= 100);
  CHECK(answer_of(parse_in({}, {"-h"})) == help);
}
