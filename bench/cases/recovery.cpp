#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <thread>

#include "bench/case.hpp"
#include "bench/engine/process.hpp"
#include "bench/inputs/text_inputs.hpp"
#include "bench/yardsticks/word_count.hpp"

/// kill -9 of the real program under load, and how soon the next one commits again.
namespace weir::bench {

namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr double target_ms = 300;
constexpr std::uint64_t sent_per_s = 1'000'000;

double since_ms(steady_clock::time_point began) {
  return std::chrono::duration<double, std::milli>(steady_clock::now() - began).count();
}

/// The program on its port; says each commit.
std::vector<std::string> command(const setting& with, const std::string& url) {
  return {with.programs / "word-count", "--input",          url,    "--output",    "print:0", "--data-dir",
          with.scratch / "recovery",    "--batch-interval", "10ms", "--log-level", "info",    "--stop-when-idle=300ms"};
}

std::uint64_t records_said(const std::string& said) {
  std::uint64_t records = 0;
  for (std::size_t at = 0; (at = said.find(" batch_committed ", at)) != std::string::npos; ++at)
    if (auto field = said.find(" records=", at); field != std::string::npos)
      records += std::stoull(said.substr(field + 9));
  return records;
}

void measure(const setting& with, measurement& made) {
  fs::remove_all(with.scratch / "recovery");
  auto lines = with.scratch / "recovery.txt";
  auto text = make_lines100(with.quick ? 50'000'000 : 400'000'000);
  std::ofstream{lines, std::ios::binary} << text;
  std::uint64_t count = text.size() / 100;

  process first{command(with, "weir://127.0.0.1:0")};
  auto bound = first.await_line("ready input=");
  process sender{{with.programs / "weir", "send", lines, "--to", bound, "--producer", "bench", "--rate",
                  std::to_string(sent_per_s)}};
  std::this_thread::sleep_for(std::chrono::milliseconds{with.quick ? 200 : 2'000}); // under load
  first.signal(SIGKILL);
  first.wait();

  auto restarted = steady_clock::now();
  process second{command(with, bound)};
  second.await_text(" batch_committed ");
  auto to_commit = since_ms(restarted);
  if (sender.wait().exit_code != 0)
    throw std::runtime_error{"weir send failed: " + sender.said()};
  auto ended = second.wait();
  if (ended.exit_code != 0)
    throw std::runtime_error{"the restarted program ended with " + std::to_string(ended.exit_code) + ": " +
                             second.said()};
  fs::remove_all(with.scratch / "recovery");
  fs::remove(lines);

  // Each record in one batch: those that both runs said, less the batches whose commit the first could not say any more.
  auto said = records_said(first.said()) + records_said(second.said());
  if (said > count)
    made.trouble = "sent " + std::to_string(count) + " records, committed " + std::to_string(said);
  made.records = count;
  made.bytes = text.size();
  made.more["records_said"] = said;
  made.more["first_commit_ms"] = to_commit;
  char words[120];
  std::snprintf(words, sizeof words, "first commit <= 300 ms after the restart: %.0f ms", to_commit);
  made.target = words;
  made.met = to_commit <= target_ms;
}

} // namespace

std::vector<benchmark> recovery_benchmarks() {
  return {{"recovery", [](const setting& with, const auto& report) {
             measurement made;
             made.name = "recovery";
             made.log = true;
             try {
               measure(with, made);
             } catch (const std::exception& problem) {
               made.trouble = problem.what();
             }
             report(std::move(made));
           }}};
}

} // namespace weir::bench
