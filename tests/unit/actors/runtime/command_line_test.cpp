#include "actors/runtime/command_line.hpp"

#include <catch2/catch.hpp>

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
  CHECK_FALSE(line->stop_after);
  CHECK(line->level == log_level::warning);
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
  CHECK(line->stop_after == 1500ms);
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
  }));
  auto written = flag + "=" + value;
  auto why = error_of(parse_with_input({written.c_str()}));
  INFO(written << " gave: " << why.message());
  CHECK(why.code == error_code::configuration);
  CHECK(why.message().find(named) != std::string::npos);
}

TEST_CASE("without an input there is nothing to do", "[command_line]") {
  auto why = error_of(parse({}));
  CHECK(why.code == error_code::configuration);
  CHECK(why.where == "--input");
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
