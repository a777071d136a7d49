#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include <catch2/catch.hpp>

#include "tests/process/harness.hpp"
#include "tests/skip.hpp"

namespace {

using namespace weir::process;
namespace fs = std::filesystem;

/// Where Debian's `faketime` package puts its library.
std::optional<std::string> faketime_library() {
  for (auto path : {"/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
                    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1"})
    if (fs::exists(path))
      return path;
  weir::testing::skip("a clock that jumps needs libfaketime (apt install faketime)");
  return std::nullopt;
}

/// The wall clock of a program, so many seconds away from ours; the steady clock is left alone.
class wall_clock {
public:
  explicit wall_clock(std::string file) : file_{std::move(file)} { jump_to(0); }
  void jump_to(int seconds) {
    auto text = (seconds < 0 ? "" : "+") + std::to_string(seconds) + "\n";
    write_file(file_ + ".new", text); // in one step, as the program reads it all the time
    fs::rename(file_ + ".new", file_);
  }
  std::vector<std::string> run_under(const std::string& library, const std::vector<std::string>& arguments) const {
    std::vector<std::string> all{"env",
                                 "LD_PRELOAD=" + library,
                                 "FAKETIME_TIMESTAMP_FILE=" + file_,
                                 "FAKETIME_NO_CACHE=1",
                                 "FAKETIME_DONT_FAKE_MONOTONIC=1",
                                 "NO_FAKE_STAT=1"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }

private:
  std::string file_;
};

/// The values of `field=` in lines with `event`.
std::vector<std::int64_t> values(const std::string& in, const std::string& event, const std::string& field) {
  std::vector<std::int64_t> found;
  for (auto at = in.find(event); at != std::string::npos; at = in.find(event, at + 1)) {
    auto from = in.find(field + "=", at);
    if (from != std::string::npos && from < in.find('\n', at))
      found.push_back(std::stoll(in.substr(from + field.size() + 1)));
  }
  return found;
}

} // namespace

TEST_CASE(
  "when the clock jumps batch times never go back, batches neither stop nor storm, and every word is counted once",
  "[clock]") {
  auto library = faketime_library();
  if (!library)
    return;
  auto directory = fresh_directory();
  auto text = directory / "text";
  generate(text, 60'000);
  wall_clock clock{directory / "clock"};
  running application{
    clock.run_under(*library, word_count(directory, {"--input", "weir://127.0.0.1:0", "--stop-when-idle=500ms"}))};
  auto paced = send(text, application.await_ready());
  paced.insert(paced.end(), {"--rate", "10000"}); // six seconds
  auto began = weir::tool::clock::now();
  running sender{paced};
  auto committed = [&] { return values(application.errors(), "batch_committed", "batch_time_ms").size(); };
  // An hour forward, a day back, back to now, a second at a time.
  std::size_t jumps = 0;
  for (auto seconds : {3'600, -86'400, 0, -1, 1, 0}) {
    auto before = committed();
    application.await("batches go on after a jump of the clock",
                      [&] { return committed() >= before + 3 || sender.process().ended(); });
    jumps += sender.process().ended() ? 0 : 1;
    clock.jump_to(seconds);
  }
  CHECK(sender.await_end().code == 0);
  auto end = application.await_end();
  auto took = std::chrono::duration_cast<std::chrono::milliseconds>(weir::tool::clock::now() - began);
  INFO(end.errors);
  REQUIRE(end.code == 0);
  CHECK(jumps >= 3);
  auto times = values(end.errors, "batch_committed", "batch_time_ms");
  REQUIRE(times.size() > 5);
  for (std::size_t at = 1; at < times.size(); ++at)
    CHECK(times[at] > times[at - 1]);
  CHECK(times.size() <= static_cast<std::size_t>(took.count()) / 50 + 5); // the interval is 50 ms
  check_counts(directory, {text});
}

TEST_CASE("started again with the clock set back a day, an application goes on behind its last batch", "[clock]") {
  auto library = faketime_library();
  if (!library)
    return;
  auto directory = fresh_directory();
  fs::create_directory(directory / "in");
  std::vector<std::string> texts{directory / "in/a", directory / "in/b"};
  auto arguments = word_count(directory, {"--input", "file://" + directory / "in", "--stop-when-idle=300ms"});
  generate(texts[0], 5'000, 1);
  auto first = run(arguments);
  REQUIRE(first.code == 0);
  generate(texts[1], 5'000, 2);
  wall_clock clock{directory / "clock"};
  clock.jump_to(-86'400);
  auto second = run(clock.run_under(*library, arguments));
  INFO(second.errors);
  REQUIRE(second.code == 0);
  auto before = values(first.errors, "batch_committed", "batch_time_ms");
  auto after = values(second.errors, "batch_committed", "batch_time_ms");
  REQUIRE_FALSE(before.empty());
  REQUIRE_FALSE(after.empty());
  CHECK(after.front() > before.back());
  check_counts(directory, texts);
}
