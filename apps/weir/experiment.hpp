#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "apps/weir/application.hpp"
#include "apps/weir/feed.hpp"
#include "apps/weir/verifier.hpp"

/// A fault-injection experiment on a real application: it is killed and started again while text flows in, then counted.
namespace weir::tool {

struct experiment_settings {
  std::string application = "word-count";
  std::uint32_t kills = 30;
  std::uint32_t actor_kills = 0; ///< instead: of actors, of an application that lives on
  bool files = false;            ///< input `file:` instead of `weir://`
  std::uint64_t seed = 1;
  std::uint64_t lines_per_second = 10'000;
  std::string batch_interval = "50ms";
  std::vector<std::string> set; ///< KEY=VALUE, handed on to the application
  std::string directory;        ///< exists, empty
};

struct experiment_outcome {
  std::uint32_t injected = 0;                                ///< kills, also those that hit nothing
  std::uint32_t effective = 0;                               ///< kills while a batch was open
  std::uint32_t named = 0;                                   ///< of the effective ones, at named points
  std::array<std::uint32_t, actors::phase_count> by_phase{}; ///< effective kills
  std::map<std::string, std::uint32_t> by_point;             ///< named kills
  std::map<std::string, std::uint32_t> by_actor;             ///< kills of actors, by their role
  /// After each kill that let it come so far: start → first commit; after an actor's: order → first commit.
  std::vector<double> recovery_ms;
  std::vector<double> restart_ms; ///< of killed actors: order → the successor is there
  std::uint64_t batches = 0;      ///< commits that were announced
  std::size_t directories = 0;
  comparison counts;
  std::vector<std::string> violations;
  std::string fed; ///< a sentence about the input

  bool kept_every_promise() const { return counts.lost == 0 && counts.duplicated == 0 && violations.empty(); }
};

/// Runs on one thread. A kill is either at a named fault point (armed before the start, after a random number of passes) or after a
/// random time; it counts under the phase in which its point lies, or in which the oldest open batch stood.
class experiment {
public:
  static result<experiment_outcome> run(const experiment_settings& settings);

private:
  struct plan {
    std::optional<actors::named_fault_point> point; ///< none = a random time
    bool after_commit = true;                       ///< random: count from the first commit, not from the start
    std::chrono::microseconds delay{0};
  };

  experiment(const experiment_settings& settings, shared_page page);
  result<void> perform();
  result<void> perform_on_actors();
  std::string next_victim(const std::string& tree);
  result<void> kill_an_actor();
  /// Asks the application on its control socket.
  result<std::string> ask(const std::string& request);
  result<void> kill_once();
  plan next_kill();
  actors::named_fault_point next_point();
  bool makes_sense(const actors::named_fault_point& point) const;
  result<void> start(const plan& how);
  result<void> await_death(const plan& how);
  void record_kill(const plan& how);
  result<void> drain();
  result<void> await_drained();
  void show_progress() const;
  result<void> verify();
  void committed(const batch_line& batch);

  std::vector<std::string> arguments(bool last) const;
  /// Lets everything go on for a few milliseconds.
  result<void> step();
  /// Goes on until `holds`; after `limit` an error that says what did not come, with the application's last words.
  template <class Condition>
  result<void> until(Condition holds, std::chrono::milliseconds limit, const std::string& awaited);
  /// The same; an error at once if the application ends meanwhile.
  template <class Condition>
  result<void> until_alive(Condition holds, std::chrono::milliseconds limit, const std::string& awaited);
  tl::unexpected<error> problem(const std::string& failure) const;
  bool died() { return application_->process().ended().has_value(); }

  experiment_settings settings_;
  shared_page page_;
  std::mt19937_64 random_;
  std::unique_ptr<feed> feed_;
  output_watch watch_;
  std::string url_;
  std::optional<application> application_;
  bool ready_ = false;
  bool last_run_ = false;
  std::uint64_t commits_in_run_ = 0;
  clock::time_point last_commit_at_{};
  std::int64_t last_time_ms_ = INT64_MIN;
  experiment_outcome outcome_;
};

template <class Condition>
result<void> experiment::until(Condition holds, std::chrono::milliseconds limit, const std::string& awaited) {
  auto deadline = clock::now() + limit;
  while (!holds()) {
    if (clock::now() >= deadline)
      return problem("waited " + std::to_string(limit.count()) + " ms in vain for " + awaited);
    if (auto stepped = step(); !stepped)
      return stepped;
  }
  return {};
}

template <class Condition>
result<void> experiment::until_alive(Condition holds, std::chrono::milliseconds limit, const std::string& awaited) {
  if (auto done = until([&] { return died() || holds(); }, limit, awaited); !done)
    return done;
  if (died()) {
    application_->listen();
    return problem("it ended by itself: " + application_->process().ended()->text());
  }
  return {};
}

} // namespace weir::tool
