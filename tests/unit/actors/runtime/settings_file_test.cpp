#include "actors/runtime/settings_file.hpp"

#include <catch2/catch.hpp>

#include "actors/runtime/setting_values.hpp"
#include "tests/unit/actors/sources/temporary_directory.hpp"

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

std::string refusal(const std::string& document) {
  setting_values values;
  auto done = set_from_toml(document, "app.toml", values);
  if (!done)
    CHECK(done.error().code == error_code::configuration);
  return done ? "nothing" : done.error().message();
}

} // namespace

TEST_CASE("a settings file sets what it says, with the line as origin", "[settings]") {
  setting_values values;
  auto done = set_from_toml(R"(# a comment
input = ["file:in", "weir://127.0.0.1:0"]
output = "text:out"
batch_interval = "50ms"
executors = 3
partitions = "auto"
max_unpublished_bytes = 65536
exchange.memory = "100MiB"
log_level = "info"

[memory]
limit = "2GiB"
)",
                            "app.toml", values);
  INFO((done ? "" : done.error().message()));
  REQUIRE(done.has_value());
  auto all = default_configuration("x");
  REQUIRE(values.apply(all).has_value());
  auto& settings = all.options.settings;
  CHECK(settings.inputs.size() == 2);
  REQUIRE(all.outputs.size() == 1);
  CHECK(all.outputs[0].prefix == "out");
  CHECK(settings.batch_interval == 50ms);
  CHECK(settings.executors == 3);
  CHECK(settings.max_unpublished_bytes == 65536);
  CHECK(settings.memory_limit == 2048 * limits::mib);
  CHECK(settings.exchange_bytes == 100 * limits::mib);
  CHECK(all.level == log_level::info);
  CHECK(values.origin("batch_interval").place == "app.toml:4");
  CHECK(values.origin("memory.limit").place == "app.toml:12");
  CHECK(values.origin("log.limit").from == setting_origin::layer::none);
}

TEST_CASE("an unknown key of a file is refused with line and nearest key", "[settings]") {
  auto [document, sentence] = GENERATE(table<std::string, std::string>({
    {"\n\nbach_interval = \"1s\"", "app.toml:3: unknown key \"bach_interval\"; did you mean \"batch_interval\"?"},
    {"[memory]\nlimits = 3", "app.toml:2: unknown key \"memory.limits\"; did you mean \"memory.limit\"?"},
    {"[memry]\nlimit = 3", "app.toml:1: unknown key \"memry\"; did you mean \"memory.limit\"?"},
    {"xylophone.size = 3", "app.toml:1: unknown key \"xylophone\"; `APP config` shows all keys"},
    {"memory_limit = 3", "app.toml:1: unknown key \"memory_limit\"; did you mean \"memory.limit\"?"},
  }));
  CHECK(refusal(document) == sentence);
}

TEST_CASE("a value of the wrong type or out of range is refused with line and what would do", "[settings]") {
  auto [document, sentence] = GENERATE(table<std::string, std::string>({
    {"executors = \"3\"", "app.toml:1: executors: it is a text; write a whole number without quotes, or \"auto\""},
    {"executors = 0", "app.toml:1: executors: 0 is out of range; give 1 to 256"},
    {"executors = -1", "app.toml:1: executors: \"-1\" is not a valid value; give a whole number, or auto"},
    {"executors = 1.5", "app.toml:1: executors: it is a number; write a whole number without quotes, or \"auto\""},
    {"batch_interval = 50", "app.toml:1: batch_interval: it is a whole number; write a duration in quotes: \"100ms\""},
    {"batch_interval = \"50\"",
     "app.toml:1: batch_interval: \"50\" is not a valid value; give a duration: 250us, 10ms, 2s"},
    {"batch_interval = \"2h\"", "app.toml:1: batch_interval: 2h is out of range; give 1ms to 3600s"},
    {"log_level = true", "app.toml:1: log_level: it is true or false; write one of its words in quotes"},
    {"log_level = \"warnin\"", "app.toml:1: log_level: \"warnin\" is not a valid value; give error, warning, "
                               "notice, info or debug; did you mean \"warning\"?"},
    {"input = [\"file:in\",\n 3]",
     "app.toml:2: input: it is a whole number; write an array of texts: [\"FIRST\", \"SECOND\"]"},
    {"memory = 3", "app.toml:1: unknown key \"memory\"; did you mean \"memory.limit\"?"},
    {"[executors]\nx = 1", "app.toml:1: executors: it is a table; write a whole number without quotes, or \"auto\""},
  }));
  CHECK(refusal(document) == sentence);
}

TEST_CASE("what is no TOML is refused with line and column", "[settings]") {
  for (auto document : {"executors =", "\nexecutors = 3 4", "\"open", "a = 1\na = 2", "= 3", "\x01"}) {
    auto sentence = refusal(document);
    INFO(sentence);
    CHECK(sentence.find("app.toml:") == 0);
    CHECK(sentence.find('\n') == std::string::npos);
  }
}

TEST_CASE("a settings file that is not there or no file is refused by name", "[settings]") {
  testing::temporary_directory directory;
  for (auto& path : {directory.path() + "/none.toml", directory.path()}) {
    setting_values values;
    auto done = set_from_file(path, values);
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == error_code::configuration);
    CHECK(done.error().where == path);
  }
}
