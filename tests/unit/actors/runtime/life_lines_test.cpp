#include "actors/runtime/life_lines.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;

namespace {

std::string value_of(const event& line, const std::string& name) {
  for (auto& [key, value] : line.more)
    if (key == name)
      return value;
  return "(no such field)";
}

} // namespace

TEST_CASE("the line that ends a life says why it ended and what it did", "[life]") {
  observation seen;
  seen.received_records = 12;
  seen.counts.processed_records = 10;
  seen.counts.completed = 3;
  auto drained = ended_line(std::nullopt, true, seen, 4'567);
  CHECK(std::string{drained.name} == "ended");
  CHECK(drained.level == log_level::notice);
  CHECK_THAT(drained.message, Catch::Contains("has drained"));
  CHECK(value_of(drained, "records_received") == "12");
  CHECK(value_of(drained, "records_processed") == "10");
  CHECK(value_of(drained, "batches_completed") == "3");
  CHECK(value_of(drained, "uptime_ms") == "4567");
  CHECK_THAT(ended_line(std::nullopt, false, seen, 0).message, Catch::Contains("stopped at once"));
  auto failed = ended_line(error{error_code::disk, "cannot write", "out/x", "make room"}, true, seen, 0);
  CHECK_THAT(failed.message, Catch::Contains("cannot write") && Catch::Contains("out/x"));
}

TEST_CASE("the line that ends a life says what was left out instead of that all is published", "[life]") {
  observation seen;
  CHECK_THAT(ended_line(std::nullopt, true, seen, 0).message,
             Catch::EndsWith("all records that it took are published"));
  seen.left_out = {2, 1, 3};
  auto said = ended_line(std::nullopt, true, seen, 0).message;
  CHECK_THAT(said,
             Catch::Contains("left out 2 batches (skipped), 1 record or key (isolated), 3 batches of a single output"));
  CHECK_THAT(said, Catch::EndsWith("all other records that it took are published"));
}
