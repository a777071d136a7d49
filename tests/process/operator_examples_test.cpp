#include <algorithm>
#include <csignal>
#include <filesystem>

#include <catch2/catch.hpp>

#include "tests/process/examples.hpp"
#include "tests/process/line_server.hpp"

namespace {

using namespace weir::process;
namespace fs = std::filesystem;

const std::string to_rest = " --data-dir data --stop-when-idle=300ms";

/// Runs to the end, which must be a good one.
finished well(const std::string& directory, const std::string& example, const std::string& arguments) {
  auto end = run(in(directory, example, arguments));
  INFO(end.errors);
  REQUIRE(end.code == 0);
  return end;
}

std::string spaced(std::string text) {
  std::replace(text.begin(), text.end(), '\t', ' ');
  return text;
}

} // namespace

TEST_CASE("example 04: words of a server are counted", "[examples]") {
  auto directory = fresh_directory();
  weir::testing::line_server server;
  running application{
    in(directory / "", "04-network-word-count", "--input " + server.url() + " --output text:out/counts" + to_rest)};
  server.accept();
  REQUIRE(server.say("to be or\nnot to be\n"));
  CHECK(application.await_end().code == 0);
  CHECK(sums_below(directory / "out") == expected_of("04-network-word-count"));
}

TEST_CASE("example 05: each batch has the records that the program makes for it", "[examples]") {
  auto directory = fresh_directory();
  well(directory / "", "05-generated-queue",
       "--stop-after 500ms --batch-interval 100ms --data-dir none "
       "--output text:out/digits");
  auto batches = 0;
  for (auto& batch : fs::directory_iterator{directory / "out"}) {
    auto name = batch.path().filename().string();
    if (name.front() == '.')
      continue;
    auto alone = directory / ("only-" + name);
    fs::create_directories(alone);
    fs::copy(batch.path(), alone + "/" + name, fs::copy_options::recursive);
    CHECK(sums_below(alone) == expected_of("05-generated-queue"));
    ++batches;
  }
  CHECK(batches >= 1);
}

TEST_CASE("example 06: a text is looked for in several inputs", "[examples]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "one");
  fs::create_directory(directory / "two");
  write_file(directory / "one/a.txt", "over the hill\nfar away\n");
  write_file(directory / "two/b.txt", "the end\n");
  well(directory / "", "06-raw-grep", "--input file:one --input file:two" + to_rest);
  CHECK(sums_below(directory / "out") == expected_of("06-raw-grep"));
}

TEST_CASE("example 07: a count goes on where it was killed, and leaves out what is excluded", "[examples]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "texts");
  write_file(directory / "texts/one.txt", "the end of a song\nthe song of songs\n");
  std::string arguments = "--input file:texts --output text:out/counts --data-dir data";
  {
    running application{in(directory / "", "07-recoverable-word-count", arguments + " --log-level info")};
    application.await_words("batch_committed");
    application.process().signal(SIGKILL);
    CHECK(application.await_end().code == 128 + SIGKILL);
  }
  well(directory / "", "07-recoverable-word-count", arguments + " --stop-when-idle=300ms");
  CHECK(sums_below(directory / "out") == expected_of("07-recoverable-word-count"));
}

TEST_CASE("example 07: the accumulator tells how many words were left out", "[examples]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "texts");
  write_file(directory / "texts/one.txt", "the end of a song\nthe song of songs\n");
  auto end = well(directory / "", "07-recoverable-word-count", "--input file:texts --output text:out/counts" + to_rest);
  CHECK(end.output.find("left out: 5\n") != std::string::npos);
}

TEST_CASE("example 08: page views are joined with a table of users", "[examples]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "views");
  write_file(directory / "views/one.txt", "http://foo.com/ 200 94709 1\nhttp://foo.com/x 404 94709 2\n"
                                          "http://foo.com/ 200 94117 1\nhttp://foo.com/y 200 94117 9\n");
  well(directory / "", "08-page-views", "--input file:views" + to_rest);
  CHECK(sums_below(directory / "out") == expected_of("08-page-views"));
}

TEST_CASE("example 09: a query of each batch groups, filters and sorts", "[examples]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "texts");
  write_file(directory / "texts/one.txt", "b a b c\na c b\nd\n");
  auto end = well(directory / "", "09-group-and-having", "--input file:texts" + to_rest);
  CHECK(spaced(end.output).find(expected_of("09-group-and-having")) != std::string::npos);
}

TEST_CASE("example 11: a job counts the words of files and saves them sorted", "[examples]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "texts");
  write_file(directory / "texts/one.txt", "to be or\n");
  write_file(directory / "texts/two.txt", "not to be to\n");
  CHECK(spaced(well(directory / "", "11-batch-job", "texts out").output) == expected_of("11-batch-job"));
  std::string all;
  for (auto part = 0; fs::exists(directory / ("out/part-0000" + std::to_string(part))); ++part)
    all += read_file(directory / ("out/part-0000" + std::to_string(part)));
  CHECK(all == "be\t2\nnot\t1\nor\t1\nto\t3\n");
  CHECK(fs::exists(directory / "out/_SUCCESS"));
  auto again = run(in(directory / "", "11-batch-job", "texts out"));
  CHECK(again.code == 1);
  CHECK(again.errors.find("out") != std::string::npos);
}

TEST_CASE("example 12: records of a program's own type come back from files", "[examples]") {
  auto directory = fresh_directory();
  well(directory / "", "12-object-files", "save readings");
  auto loaded = well(directory / "", "12-object-files", "load readings");
  CHECK(spaced(loaded.output) == expected_of("12-object-files"));
}

TEST_CASE("example 13: batches are in the program's own store once, also when it is killed", "[examples]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "texts");
  write_file(directory / "texts/one.txt", "to be or\nnot to be\n");
  std::string arguments = "--input file:texts --data-dir data";
  {
    running application{in(directory / "", "13-foreach-batch", arguments + " --log-level info")};
    application.await_words("batch_committed");
    application.process().signal(SIGKILL);
    CHECK(application.await_end().code == 128 + SIGKILL);
  }
  for (auto start = 0; start < 2; ++start) {
    well(directory / "", "13-foreach-batch", arguments + " --stop-when-idle=300ms");
    auto totals = read_file(directory / "totals");
    CHECK(totals.substr(totals.find('\n') + 1) == expected_of("13-foreach-batch"));
  }
}

TEST_CASE("example 14: the batches of a stream can be asked again", "[examples]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "texts");
  write_file(directory / "texts/one.txt", "to be or\nnot to be to\n");
  auto end = well(directory / "", "14-look-back", "--input file:texts --output text:out/counts" + to_rest);
  CHECK(end.output == expected_of("14-look-back"));
}
