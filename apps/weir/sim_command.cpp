#include "apps/weir/sim_command.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include <unistd.h>

#include "actors/simulation/world.hpp"
#include "apps/weir/seed_runner.hpp"
#include "apps/weir/usage.hpp"
#include "libstream/base/marks.hpp"

namespace {

using namespace weir;
using namespace weir::tool;
using actors::simulation::fault_names;
using actors::simulation::outcome;

struct sim_flags {
  seed_range seeds;
  std::uint64_t one_seed = 0;
  bool trace = false;
  std::string json_path;
};

/// What all seeds came to.
struct totals {
  std::uint64_t steps = 0, words = 0, batches = 0, injected = 0, effective = 0, lost = 0, duplicated = 0, failed = 0;
  std::uint64_t amendments = 0, poison_stops = 0, gave_up = 0;
  std::uint64_t slowest = 0; ///< the seed that took longest
  std::array<std::uint64_t, actors::phase_count> by_phase{};
  std::array<std::uint64_t, fault_names.size()> by_kind{};
  actors::simulation::link_counts links;
  std::array<std::uint64_t, 3> user_failures{};
  std::vector<std::uint64_t> marks = std::vector<std::uint64_t>(std::size(mark_names));
  std::vector<std::string> violations;
  std::vector<std::uint64_t> recovery_us;
  std::vector<std::uint64_t> wall_us;
};

constexpr std::array policy_names = {"stop", "skip", "isolate"};

template <class Counts>
void add(Counts& to, const Counts& counts) {
  for (std::size_t i = 0; i < std::min(to.size(), counts.size()); ++i) // a seed that crashed has none
    to[i] += counts[i];
}

totals sum(const std::vector<outcome>& outcomes) {
  totals total;
  std::uint64_t longest_us = 0;
  for (auto& each : outcomes) {
    total.steps += each.steps;
    total.words += each.words;
    total.batches += each.batches;
    total.injected += each.injected;
    total.effective += each.effective;
    total.lost += each.lost;
    total.duplicated += each.duplicated;
    total.failed += each.good() ? 0 : 1;
    total.amendments += each.amendments;
    total.poison_stops += each.poison_stops;
    total.gave_up += each.gave_up;
    add(total.by_phase, each.by_phase);
    add(total.by_kind, each.by_kind);
    total.links.add(each.links);
    add(total.user_failures, each.user_failures);
    add(total.marks, each.marks);
    if (each.wall_us > longest_us) {
      longest_us = each.wall_us;
      total.slowest = each.seed;
    }
    total.wall_us.push_back(each.wall_us);
    for (auto& violation : each.violations)
      total.violations.push_back("seed " + std::to_string(each.seed) + ": " + violation);
    total.recovery_us.insert(total.recovery_us.end(), each.recovery_us.begin(), each.recovery_us.end());
  }
  std::sort(total.recovery_us.begin(), total.recovery_us.end());
  std::sort(total.wall_us.begin(), total.wall_us.end());
  return total;
}

double quantile_ms(const std::vector<std::uint64_t>& sorted_us, double share) {
  if (sorted_us.empty())
    return 0;
  auto place = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted_us.size())));
  return static_cast<double>(sorted_us[std::max<std::size_t>(place, 1) - 1]) / 1000;
}

/// Figures by their names, as an object.
template <class Names, class Counts>
nlohmann::ordered_json named(const Names& names, const Counts& counts) {
  auto object = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < std::size(counts); ++i)
    object[std::string{names[i]}] = counts[i];
  return object;
}

std::vector<std::string> marks_not_reached(const totals& total) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < total.marks.size(); ++i)
    if (total.marks[i] == 0)
      names.emplace_back(mark_names[i]);
  return names;
}

result<void> write_json(const sim_flags& flags, const totals& total) {
  nlohmann::ordered_json phases = nlohmann::ordered_json::object();
  for (int i = 0; i < actors::phase_count; ++i)
    phases[name_of(static_cast<actors::phase>(i))] = total.by_phase[static_cast<std::size_t>(i)];
  nlohmann::ordered_json whole = {{"seed", flags.seeds.first},
                                  {"seeds", flags.seeds.count},
                                  {"injected", total.injected},
                                  {"effective", total.effective},
                                  {"by_phase", phases},
                                  {"faults", named(fault_names, total.by_kind)},
                                  {"user_failures", named(policy_names, total.user_failures)},
                                  {"amendments", total.amendments},
                                  {"poison_stops", total.poison_stops},
                                  {"gave_up", total.gave_up},
                                  {"marks", named(mark_names, total.marks)},
                                  {"marks_not_reached", marks_not_reached(total)},
                                  {"run_twice", run_twice(flags.seeds)},
                                  {"lost", total.lost},
                                  {"duplicated", total.duplicated},
                                  {"violations", total.violations},
                                  {"seed_ms",
                                   {{"p50", quantile_ms(total.wall_us, 0.5)},
                                    {"p99", quantile_ms(total.wall_us, 0.99)},
                                    {"max", quantile_ms(total.wall_us, 1)},
                                    {"slowest", total.slowest}}},
                                  {"recovery_ms",
                                   {{"p50", quantile_ms(total.recovery_us, 0.5)},
                                    {"p99", quantile_ms(total.recovery_us, 0.99)},
                                    {"max", quantile_ms(total.recovery_us, 1)}}}};
  std::ofstream file{flags.json_path};
  file << whole.dump(2, ' ', true, nlohmann::ordered_json::error_handler_t::replace) << '\n';
  file.close();
  if (!file)
    return fail(error_code::disk, "cannot be written", flags.json_path, "choose another path for --json");
  return {};
}

void print_failure(const outcome& failed) {
  std::printf("seed %llu:\n", static_cast<unsigned long long>(failed.seed));
  for (auto& violation : failed.violations)
    std::printf("  %s\n", violation.c_str());
  if (failed.violations.empty())
    std::printf("  lost %llu, duplicated %llu\n", static_cast<unsigned long long>(failed.lost),
                static_cast<unsigned long long>(failed.duplicated));
  std::printf("  again: ./dev sim --seed %llu --trace\n", static_cast<unsigned long long>(failed.seed));
}

/// "name 1, other 2": what was not counted is not told.
template <class Names, class Counts>
std::string listed(const Names& names, const Counts& counts) {
  std::string text;
  for (std::size_t i = 0; i < std::size(counts); ++i)
    if (counts[i] > 0)
      text += (text.empty() ? "" : ", ") + std::string{names[i]} + " " + std::to_string(counts[i]);
  return text.empty() ? "none" : text;
}

void print_coverage(const sim_flags& flags, const totals& total) {
  auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(
    "a seed takes %.1f ms (median), at most %.1f ms (seed %llu); %llu were run twice and had to do the same\n",
    quantile_ms(total.wall_us, 0.5), quantile_ms(total.wall_us, 1), number(total.slowest),
    number(run_twice(flags.seeds)));
  std::printf("faults: %s\n", listed(fault_names, total.by_kind).c_str());
  std::printf("links: %llu messages, %llu bytes each on average; %s\n", number(total.links.carried),
              number(total.links.carried == 0 ? 0 : total.links.bytes / total.links.carried),
              listed(actors::simulation::link_fault_names, total.links.faults).c_str());
  std::printf("user functions threw, by policy: %s; %llu amendments, %llu stops; gave up on an actor: %llu\n",
              listed(policy_names, total.user_failures).c_str(), number(total.amendments), number(total.poison_stops),
              number(total.gave_up));
  auto missing = marks_not_reached(total);
  std::printf("recovery paths reached: %zu of %zu\n", total.marks.size() - missing.size(), total.marks.size());
  std::size_t column = 0;
  for (std::size_t i = 0; i < total.marks.size(); ++i)
    if (total.marks[i] > 0)
      std::printf("  %-37s %7llu%s", std::string{mark_names[i]}.c_str(), number(total.marks[i]),
                  ++column % 2 == 0 ? "\n" : "");
  if (column % 2 != 0)
    std::printf("\n");
  if (missing.empty())
    return;
  std::string names;
  for (auto& name : missing)
    names += (names.empty() ? "" : ", ") + name;
  std::printf("not reached: %s\n", names.c_str());
}

void print_summary(const sim_flags& flags, const totals& total, double seconds) {
  auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::string phases;
  for (int i = 0; i < actors::phase_count; ++i)
    phases += std::string{i > 0 ? ", " : ""} + name_of(static_cast<actors::phase>(i)) + " " +
              std::to_string(total.by_phase[static_cast<std::size_t>(i)]);
  std::printf(
    "%llu seeds from %llu in %.1f s: %llu batches, %llu words, %llu faults, %llu while a batch was open (%s); "
    "lost %llu, duplicated %llu, failed seeds %llu\n",
    number(flags.seeds.count), number(flags.seeds.first), seconds, number(total.batches), number(total.words),
    number(total.injected), number(total.effective), phases.c_str(), number(total.lost), number(total.duplicated),
    number(total.failed));
  print_coverage(flags, total);
}

std::vector<outcome> run(const sim_flags& flags) {
  if (flags.trace)
    return {actors::simulation::run_seed(flags.one_seed, true)};
  auto live = isatty(STDERR_FILENO) != 0;
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  auto outcomes = run_seeds(flags.seeds, [&](const outcome& each) {
    ++done;
    failed += each.good() ? 0 : 1;
    if (live)
      std::fprintf(stderr, "\r%llu of %llu seeds, %llu failed", static_cast<unsigned long long>(done),
                   static_cast<unsigned long long>(flags.seeds.count), static_cast<unsigned long long>(failed));
  });
  if (live)
    std::fprintf(stderr, "\r\033[K");
  return outcomes;
}

} // namespace

int sim_command(int argc, char** argv) {
  CLI::App app{
    "Runs a whole application in one thread on virtual time. Each seed decides the order of messages and which faults "
    "happen.\nAfter each seed it checks that no acknowledged word is lost or counted twice. At the end it says which "
    "faults\nthere were, and which rare paths of recovery the application took. Exits with 1 if any seed failed.",
    "weir sim"};
  sim_flags flags;
  flags.seeds.jobs = std::max(1u, std::thread::hardware_concurrency());
  auto count = app.add_option("--seeds", flags.seeds.count, "how many seeds to run")
                 ->check(CLI::Range(1ul, 100'000'000ul))
                 ->capture_default_str();
  auto from = app.add_option("--from", flags.seeds.first, "the first seed")->capture_default_str();
  auto seed_option = app.add_option("--seed", flags.one_seed, "run only this seed")->excludes(count)->excludes(from);
  app.add_flag("--trace", flags.trace, "with --seed: print every step")->needs(seed_option);
  app.add_option("--json", flags.json_path, "write the figures to this file, as JSON");
  app.add_option("--jobs", flags.seeds.jobs, "how many processes share the seeds")
    ->check(CLI::Range(1u, 1024u))
    ->capture_default_str();
  app
    .add_option("--check-every", flags.seeds.check_every,
                "run one seed in N twice and compare: both runs must do the same; 0 = none")
    ->capture_default_str();
  if (auto code = answer_early("sim", app, argc, argv))
    return *code;
  if (seed_option->count() > 0)
    flags.seeds = {flags.one_seed, 1, 1, 1};
  auto begin = std::chrono::steady_clock::now();
  auto outcomes = run(flags);
  auto total = sum(outcomes);
  for (auto& each : outcomes)
    if (!each.good())
      print_failure(each);
  print_summary(flags, total, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  if (!flags.json_path.empty())
    if (auto written = write_json(flags, total); !written)
      return complain("sim", written.error());
  return total.failed > 0 ? 1 : 0;
}
