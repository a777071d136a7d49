// Directories of binary records, on the real runtime.
#include "actors/runtime/binary_records.hpp"

#include <filesystem>

#include <catch2/catch.hpp>

#include "actors/monitor/composite_journal.hpp"
#include "actors/runtime/actor_runtime.hpp"
#include "tests/unit/actors/sources/temporary_directory.hpp"

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

struct fixture {
  testing::temporary_directory directory;
  std::string printed;
  runtime_options options;

  fixture() {
    std::filesystem::create_directory(directory.path() + "/in");
    options.application = "tested";
    options.data_dir = directory.path() + "/data";
    options.journal = std::make_shared<composite_journal>(std::vector<std::shared_ptr<journal>>{});
    options.settings.batch_interval = options.settings.block_interval = 10ms;
    options.settings.executors = 1;
    options.settings.max_batch_bytes = 16; // so that files are cut within records
    options.settings.file_settle = 20ms;
    options.settings.stop_when_idle = 100ms;
    options.print = [this](std::string_view text) {
      printed += text;
      return result<void>{};
    };
  }

  result<void> run() {
    stream_context ctx;
    binary_records_stream(ctx, directory.path() + "/in", 5).named("records").print(1000);
    REQUIRE(ctx.start(std::make_shared<actor_runtime>(options)));
    return ctx.await_termination();
  }
};

} // namespace

TEST_CASE("a directory of binary records is a stream: each record once, whatever bytes it has, also over restarts",
          "[binary_records]") {
  fixture app;
  std::string text;
  for (char digit = '0'; digit <= '9'; ++digit)
    text += std::string{"<"} + digit + "\n" + digit + ">";
  app.directory.write("in/a", text);
  app.directory.write("in/b.gz", "(gz))");
  REQUIRE(app.run());
  app.directory.write("in/c", "[new]");
  REQUIRE(app.run());
  for (char digit = '0'; digit <= '9'; ++digit) {
    auto record = std::string{"<"} + digit + "\n" + digit + ">\n";
    auto place = app.printed.find(record);
    REQUIRE(place != std::string::npos);
    CHECK(app.printed.find(record, place + 1) == std::string::npos);
  }
  CHECK(app.printed.find("(gz))\n") != std::string::npos);
  CHECK(app.printed.find("[new]\n") != std::string::npos);
}

TEST_CASE("a file whose size is no multiple of a record's ends the application with 65 and is named",
          "[binary_records]") {
  fixture app;
  auto path = app.directory.write("in/odd", "12345678");
  auto ended = app.run();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().exit_code() == 65);
  CHECK_THAT(ended.error().message(), Catch::Contains("file " + path) && Catch::Contains("multiple of a record's 5"));
}

TEST_CASE("a directory of records that is not there, and records of no bytes, are refused when the plan is built",
          "[binary_records]") {
  testing::temporary_directory directory;
  stream_context ctx;
  CHECK_THROWS_AS(binary_records_stream(ctx, directory.path() + "/missing", 5), plan::plan_error);
  CHECK_THROWS_AS(binary_records_stream(ctx, directory.path(), 0), plan::plan_error);
}
