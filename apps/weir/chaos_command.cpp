#include "apps/weir/chaos_command.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/weir/experiment.hpp"
#include "apps/weir/interrupt.hpp"
#include "apps/weir/usage.hpp"

namespace {

using namespace weir;
using namespace weir::tool;

struct chaos_flags {
  experiment_settings settings;
  std::string input = "weir";
  std::string json_path;
  bool keep = false;
};

struct quantiles {
  double p50 = 0;
  double p99 = 0;
  double max = 0;
};

quantiles quantiles_of(std::vector<double> values) {
  if (values.empty())
    return {};
  std::sort(values.begin(), values.end());
  auto quantile = [&](double share) {
    return values[static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size()))) - 1];
  };
  return {quantile(0.5), quantile(0.99), values.back()};
}

void print_recovery(const experiment_outcome& outcome, bool actors) {
  auto recovery = quantiles_of(outcome.recovery_ms);
  std::printf("\n  recovery     p50 %.1f ms, p99 %.1f ms, max %.1f ms (%s to first commit, %zu times)\n", recovery.p50,
              recovery.p99, recovery.max, actors ? "kill" : "start", outcome.recovery_ms.size());
  if (!actors)
    return;
  auto restart = quantiles_of(outcome.restart_ms);
  std::printf("  restart      p50 %.1f ms, p99 %.1f ms, max %.1f ms (kill to the successor's entry, %zu times)\n",
              restart.p50, restart.p99, restart.max, outcome.restart_ms.size());
}

void print_actors(const chaos_flags& flags, const experiment_outcome& outcome) {
  std::printf("%s, input %s, seed %llu: %u kills of actors, %u while a batch was open\n\n",
              flags.settings.application.c_str(), flags.input.c_str(),
              static_cast<unsigned long long>(flags.settings.seed), outcome.injected, outcome.effective);
  std::printf("  %-20s %6s\n", "role", "kills");
  for (auto& [role, kills] : outcome.by_actor)
    std::printf("  %-20s %6u\n", role.c_str(), kills);
  std::printf("\n  %-20s %6s\n", "phase", "kills");
  for (int i = 0; i < actors::phase_count; ++i)
    std::printf("  %-20s %6u\n", name_of(static_cast<actors::phase>(i)), outcome.by_phase[static_cast<std::size_t>(i)]);
}

void print_processes(const chaos_flags& flags, const experiment_outcome& outcome) {
  std::printf(
    "%s, input %s, seed %llu: %u kills, %u while a batch was open (%u at named points, %u at random times)\n\n",
    flags.settings.application.c_str(), flags.input.c_str(), static_cast<unsigned long long>(flags.settings.seed),
    outcome.injected, outcome.effective, outcome.named, outcome.effective - outcome.named);
  std::printf("  %-12s %6s   %s\n", "phase", "kills", "at named points");
  for (int i = 0; i < actors::phase_count; ++i) {
    auto where = static_cast<actors::phase>(i);
    std::string points;
    for (auto& point : actors::fault_points)
      if (auto entry = outcome.by_point.find(point.name);
          point.where == where && entry != outcome.by_point.end() && entry->second > 0)
        points += (points.empty() ? "" : ", ") + std::string{point.name} + " " + std::to_string(entry->second);
    std::printf("  %-12s %6u   %s\n", name_of(where), outcome.by_phase[static_cast<std::size_t>(i)], points.c_str());
  }
}

void print_table(const chaos_flags& flags, const experiment_outcome& outcome) {
  if (flags.settings.actor_kills > 0)
    print_actors(flags, outcome);
  else
    print_processes(flags, outcome);
  print_recovery(outcome, flags.settings.actor_kills > 0);
  std::printf("  fed          %s\n", outcome.fed.c_str());
  std::printf("  published    %zu batches; %lld of %lld words (%zu different)\n", outcome.directories,
              static_cast<long long>(outcome.counts.published), static_cast<long long>(outcome.counts.words),
              outcome.counts.distinct);
  std::printf("  lost %lld, counted twice %lld, broken promises %zu\n", static_cast<long long>(outcome.counts.lost),
              static_cast<long long>(outcome.counts.duplicated), outcome.violations.size());
  for (auto& violation : outcome.violations)
    std::printf("    %s\n", violation.c_str());
  std::fflush(stdout);
}

result<void> write_json(const chaos_flags& flags, const experiment_outcome& outcome) {
  using json = nlohmann::ordered_json;
  auto as_json = [](const quantiles& of) {
    auto whole_us = [](double ms) { return std::round(ms * 1000) / 1000; };
    return json{{"p50", whole_us(of.p50)}, {"p99", whole_us(of.p99)}, {"max", whole_us(of.max)}};
  };
  json phases = json::object();
  for (int i = 0; i < actors::phase_count; ++i)
    phases[name_of(static_cast<actors::phase>(i))] = outcome.by_phase[static_cast<std::size_t>(i)];
  json whole = {{"seed", flags.settings.seed},      {"injected", outcome.injected},
                {"effective", outcome.effective},   {"by_phase", phases},
                {"lost", outcome.counts.lost},      {"duplicated", outcome.counts.duplicated},
                {"violations", outcome.violations}, {"recovery_ms", as_json(quantiles_of(outcome.recovery_ms))}};
  if (flags.settings.actor_kills > 0) {
    whole["restart_ms"] = as_json(quantiles_of(outcome.restart_ms));
    whole["by_actor"] = outcome.by_actor;
  }
  std::ofstream file{flags.json_path};
  file << whole.dump(2) << '\n';
  file.close();
  if (!file)
    return fail(error_code::disk, "cannot be written", flags.json_path, "choose another path for --json");
  return {};
}

int run(chaos_flags& flags) {
  if (flags.settings.application != "word-count")
    return complain("chaos", {error_code::configuration, "no such application to experiment on",
                              flags.settings.application, "the one it knows is word-count"});
  auto directory = temporary_directory::make("weir-chaos");
  if (!directory)
    return complain("chaos", directory.error());
  flags.settings.directory = directory->path();
  flags.settings.files = flags.input == "file";
  catch_interrupts();
  auto outcome = experiment::run(flags.settings);
  if (interrupted())
    return interrupted_exit_code;
  auto sound = outcome && outcome->kept_every_promise();
  if (flags.keep || !sound) {
    directory->keep();
    std::cerr << "weir chaos: everything is kept in " << directory->path() << '\n';
  }
  if (!outcome)
    return complain("chaos", outcome.error());
  print_table(flags, *outcome);
  if (!flags.json_path.empty())
    if (auto written = write_json(flags, *outcome); !written)
      return complain("chaos", written.error());
  return sound ? 0 : 1;
}

} // namespace

int chaos_command(int argc, char** argv) {
  CLI::App app{
    "Kills a running application with SIGKILL again and again, half at named points of the program, half at random "
    "times, starts\n"
    "it again on its data directory, and counts at the end. Exits with 0 only if nothing was lost or counted twice.\n"
    "With --actors it kills actors of the application instead, while the application runs on.",
    "weir chaos"};
  chaos_flags flags;
  app.add_option("APP", flags.settings.application, "the application: word-count")->required();
  app.add_option("--kills", flags.settings.kills, "how many kills; a kill that finds no batch open does not count")
    ->check(CLI::Range(1u, 100'000u))
    ->capture_default_str();
  app
    .add_option("--actors", flags.settings.actor_kills,
                "instead kills so many actors and supervisors, one after the other, while the application runs on")
    ->check(CLI::Range(1u, 100'000u))
    ->excludes("--kills");
  app
    .add_option("--input", flags.input,
                "how the text comes in: weir: through `weir send`; file: as files that are moved into a directory")
    ->check(CLI::IsMember({"weir", "file"}))
    ->capture_default_str();
  app.add_option("--seed", flags.settings.seed, "seed of the text and of the points and times of the kills")
    ->capture_default_str();
  app.add_option("--set", flags.settings.set, "a setting of the application, KEY=VALUE; may be repeated");
  app.add_option("--json", flags.json_path, "also writes the outcome to this file, as JSON");
  app.add_flag("--keep", flags.keep,
               "keeps the directory with text, log and output; after a failure it is always kept");
  if (auto code = answer_early("chaos", app, argc, argv))
    return *code;
  return run(flags);
}
