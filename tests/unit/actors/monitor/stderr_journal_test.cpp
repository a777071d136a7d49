#include "actors/monitor/stderr_journal.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;

TEST_CASE("log levels and formats are read by their names only", "[journal]") {
  CHECK(parse_log_level("error") == log_level::error);
  CHECK(parse_log_level("warning") == log_level::warning);
  CHECK(parse_log_level("info") == log_level::info);
  CHECK(parse_log_level("debug") == log_level::debug);
  CHECK(parse_log_format("text") == log_format::text);
  CHECK(parse_log_format("json") == log_format::json);
}

TEST_CASE("an unknown level or format is a wrong value, and the answer names the right ones", "[journal]") {
  auto text = GENERATE(as<std::string>{}, "", "INFO", "info ", "warn", "verbose");
  auto level = parse_log_level(text);
  REQUIRE_FALSE(level.has_value());
  CHECK(level.error().code == error_code::configuration);
  CHECK(level.error().message() ==
        "--log-level: unknown log level \"" + text + "\"; use error, warning, info or debug");
  auto format = parse_log_format(text);
  REQUIRE_FALSE(format.has_value());
  CHECK(format.error().code == error_code::configuration);
  CHECK(format.error().message() == "--log-format: unknown log format \"" + text + "\"; use text or json");
}
