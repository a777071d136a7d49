#include <csignal>
#include <filesystem>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "tests/process/harness.hpp"

namespace {

using namespace weir::process;
namespace fs = std::filesystem;

void copy_data(const std::string& from, const std::string& to) {
  fs::create_directory(to);
  for (auto& entry : fs::directory_iterator{from})
    if (!entry.is_socket()) // of an application that was killed
      fs::copy(entry.path(), to + "/" + entry.path().filename().string(), fs::copy_options::recursive);
}

std::vector<std::string> counting(const weir::tool::temporary_directory& directory, const std::string& data,
                                  const std::vector<std::string>& more = {}) {
  std::vector<std::string> all{
    program("word-count"), "--data-dir", data,          "--output", "text:" + directory / "out/counts",
    "--batch-interval",    "50ms",       "--log-level", "info",     "--input",
    "weir://127.0.0.1:0"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

} // namespace

TEST_CASE("two applications on copies of one data directory never share an output", "[owner]") {
  auto directory = fresh_directory();
  auto text = directory / "text";
  generate(text, 5'000);
  auto data = directory / "data", copy = directory / "copy";
  REQUIRE(run(counting(directory, data, {"--stop-after", "100ms"})).code == 0);
  copy_data(data, copy);
  auto refused = [&](const std::vector<std::string>& more, const std::string& why) {
    auto more_arguments = more;
    more_arguments.insert(more_arguments.end(), {"--stop-after", "100ms"});
    auto end = run(counting(directory, copy, more_arguments));
    INFO(end.errors);
    CHECK(end.code == 78);
    CHECK(end.errors.find("text:" + directory / "out/counts") != std::string::npos);
    CHECK(end.errors.find(why) != std::string::npos);
  };
  {
    running first{counting(directory, data)};
    REQUIRE(run(send(text, first.await_ready())).code == 0);
    refused({}, "another application that is running");
    refused({"--after-restore"}, "another application that is running");
    first.process().signal(SIGKILL);
    first.await_end();
  }
  refused({}, "--after-restore");
  REQUIRE(run(counting(directory, data, {"--stop-after", "100ms"})).code == 0); // a killed one holds nothing
  check_counts(directory, {text});
}

TEST_CASE("applications without a data directory never share an output", "[owner]") {
  auto directory = fresh_directory();
  auto prefix = "text:" + directory / "out/counts";
  std::vector<std::string> arguments{program("word-count"),  "--data-dir", "none",        "--output", prefix,
                                     "--batch-interval",     "50ms",       "--log-level", "info",     "--input",
                                     "generate://?rate=1000"};
  running first{arguments};
  first.await_words("batch_done");
  auto second_arguments = arguments;
  second_arguments.insert(second_arguments.end(), {"--stop-after", "100ms"});
  auto second = run(second_arguments);
  INFO(second.errors);
  CHECK(second.code == 78);
  CHECK(second.errors.find(prefix) != std::string::npos);
  CHECK(second.errors.find("another application that is running") != std::string::npos);
}

TEST_CASE("a data directory that was moved goes on with its outputs", "[owner]") {
  auto directory = fresh_directory();
  REQUIRE(run(counting(directory, directory / "data", {"--stop-after", "100ms"})).code == 0);
  fs::rename(directory / "data", directory / "moved");
  auto end = run(counting(directory, directory / "moved", {"--stop-after", "100ms"}));
  INFO(end.errors);
  CHECK(end.code == 0);
}

TEST_CASE("a pipe in the place of the owner's file ends a start with 74 that names it", "[owner]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "out");
  REQUIRE(::mkfifo((directory / "out/.counts.weir").c_str(), 0600) == 0);
  auto end = run(counting(directory, directory / "data", {"--stop-after", "100ms"}));
  INFO(end.errors);
  CHECK(end.code == 74);
  CHECK(end.errors.find("out/.counts.weir") != std::string::npos);
}
