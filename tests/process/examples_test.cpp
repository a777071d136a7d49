#include <algorithm>
#include <csignal>
#include <filesystem>

#include <catch2/catch.hpp>

#include "tests/process/examples.hpp"

namespace {

using namespace weir::process;
namespace fs = std::filesystem;

/// What stands in front of the words.
std::string totals_of(const std::string& sums) { return sums.substr(0, sums.find("words")); }

} // namespace

TEST_CASE("example 01: receivers of text and of numbered orders, and orders are stored once over restarts",
          "[examples]") {
  auto directory = fresh_directory();
  auto end = run(in(directory / "", "01-custom-receiver", "--stop-when-idle=300ms --data-dir data"));
  INFO(end.errors);
  REQUIRE(end.code == 0);
  auto expected = expected_of("01-custom-receiver");
  CHECK(sums_below(directory / "out") == expected);
  REQUIRE(run(in(directory / "", "01-custom-receiver", "--stop-when-idle=300ms --data-dir data")).code == 0);
  CHECK(totals_of(sums_below(directory / "out")) == totals_of(expected));
}

TEST_CASE("numbered records of a receiver are in the output once, however often the program is killed", "[examples]") {
  auto directory = fresh_directory();
  auto arguments = in(directory / "", "01-custom-receiver", "--data-dir data --batch-interval 5ms --log-level info");
  const std::string moments[] = {"batch_committed", "queue is empty", "batch_done"};
  for (auto& moment : moments) {
    running application{arguments};
    application.await_words(moment);
    application.process().signal(SIGKILL);
    CHECK(application.await_end().code == 128 + SIGKILL);
  }
  arguments.back() += " --stop-when-idle=300ms";
  auto end = run(arguments);
  INFO(end.errors);
  REQUIRE(end.code == 0);
  CHECK(totals_of(sums_below(directory / "out")) == totals_of(expected_of("01-custom-receiver")));
}

TEST_CASE("example 02: a program's own actors feed a stream and receive its results", "[examples]") {
  auto directory = fresh_directory();
  auto end = run(in(directory / "", "02-own-actor-system", "--data-dir none"));
  INFO(end.errors);
  CHECK(end.code == 0);
  std::replace(end.output.begin(), end.output.end(), '\t', ' ');
  CHECK(end.output == expected_of("02-own-actor-system"));
}

TEST_CASE("example 03: what cannot be read stops the program, or is put aside while the rest is added up",
          "[examples]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "payments");
  write_file(directory / "payments/monday.txt", "ann,250\nbob,100\nann;50\nann,50\n");
  auto arguments = "--input file:payments --output text:out/sums --data-dir data --stop-when-idle=300ms";
  CHECK(run(in(directory / "", "03-poison-records", arguments)).code == 1);
  auto end = run(in(directory / "", "03-poison-records", arguments + std::string{" --set on_error=isolate"}));
  INFO(end.errors);
  REQUIRE(end.code == 0);
  CHECK(sums_below(directory / "out") == expected_of("03-poison-records"));
  auto letters = fs::directory_iterator { directory / "data/dead-letters" } -> path();
  CHECK(read_file(letters / "part-00000") == "ann;50\tparse\tnot of the form user,amount\n");
}
