#include "apps/weir/seed_runner.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <deque>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actors/simulation/world.hpp"

namespace weir::tool {

namespace {

using actors::simulation::outcome;
using json = nlohmann::json;

/// A seed takes milliseconds; one that takes this long will never end.
constexpr unsigned hang_seconds = 120;

std::string line_of(const outcome& seed_outcome) {
  json whole = {{"seed", seed_outcome.seed},
                {"hash", seed_outcome.hash},
                {"steps", seed_outcome.steps},
                {"virtual_us", seed_outcome.virtual_us},
                {"words", seed_outcome.words},
                {"batches", seed_outcome.batches},
                {"injected", seed_outcome.injected},
                {"effective", seed_outcome.effective},
                {"by_phase", seed_outcome.by_phase},
                {"amendments", seed_outcome.amendments},
                {"poison_stops", seed_outcome.poison_stops},
                {"user_failures", seed_outcome.user_failures},
                {"gave_up", seed_outcome.gave_up},
                {"by_kind", seed_outcome.by_kind},
                {"carried", seed_outcome.links.carried},
                {"link_bytes", seed_outcome.links.bytes},
                {"link_faults", seed_outcome.links.faults},
                {"wall_us", seed_outcome.wall_us},
                {"marks", seed_outcome.marks},
                {"lost", seed_outcome.lost},
                {"duplicated", seed_outcome.duplicated},
                {"violations", seed_outcome.violations},
                {"recovery_us", seed_outcome.recovery_us}};
  return whole.dump(-1, ' ', true, json::error_handler_t::replace) + "\n";
}

outcome outcome_of(const std::string& line) {
  auto whole = json::parse(line);
  outcome seed_outcome;
  whole["seed"].get_to(seed_outcome.seed);
  whole["hash"].get_to(seed_outcome.hash);
  whole["steps"].get_to(seed_outcome.steps);
  whole["virtual_us"].get_to(seed_outcome.virtual_us);
  whole["words"].get_to(seed_outcome.words);
  whole["batches"].get_to(seed_outcome.batches);
  whole["injected"].get_to(seed_outcome.injected);
  whole["effective"].get_to(seed_outcome.effective);
  whole["by_phase"].get_to(seed_outcome.by_phase);
  whole["amendments"].get_to(seed_outcome.amendments);
  whole["poison_stops"].get_to(seed_outcome.poison_stops);
  whole["user_failures"].get_to(seed_outcome.user_failures);
  whole["gave_up"].get_to(seed_outcome.gave_up);
  whole["by_kind"].get_to(seed_outcome.by_kind);
  whole["carried"].get_to(seed_outcome.links.carried);
  whole["link_bytes"].get_to(seed_outcome.links.bytes);
  whole["link_faults"].get_to(seed_outcome.links.faults);
  whole["wall_us"].get_to(seed_outcome.wall_us);
  whole["marks"].get_to(seed_outcome.marks);
  whole["lost"].get_to(seed_outcome.lost);
  whole["duplicated"].get_to(seed_outcome.duplicated);
  whole["violations"].get_to(seed_outcome.violations);
  whole["recovery_us"].get_to(seed_outcome.recovery_us);
  return seed_outcome;
}

void write_all(int to, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    auto written = write(to, text.data() + done, text.size() - done);
    if (written < 0)
      _exit(1);
    done += static_cast<std::size_t>(written);
  }
}

/// A child and the seeds that it still has to run.
struct child {
  pid_t pid = 0;
  int answers = -1;
  std::deque<std::uint64_t> seeds;
  std::string unread;
};

class runner {
public:
  runner(const seed_range& seeds, const std::function<void(const outcome&)>& ended) : range_{seeds}, ended_{ended} {}

  std::vector<outcome> run() {
    for (unsigned job = 0; job < range_.jobs; ++job) {
      child next;
      for (auto seed = job; seed < range_.count; seed += range_.jobs)
        next.seeds.push_back(range_.first + seed);
      if (!next.seeds.empty())
        children_.push_back(start(std::move(next)));
    }
    while (!children_.empty())
      listen();
    std::sort(outcomes_.begin(), outcomes_.end(), [](auto& a, auto& b) { return a.seed < b.seed; });
    return std::move(outcomes_);
  }

private:
  bool runs_twice(std::uint64_t seed) const {
    return range_.check_every > 0 && (seed - range_.first) % range_.check_every == 0;
  }

  child start(child started) {
    int ends[2];
    if (pipe(ends) != 0) {
      std::perror("weir sim: cannot make a pipe");
      std::exit(1);
    }
    std::fflush(nullptr);
    started.pid = fork();
    if (started.pid == 0) {
      for (auto seed : started.seeds) {
        alarm(hang_seconds);
        write_all(ends[1], line_of(run_and_compare(seed, runs_twice(seed))));
      }
      _exit(0);
    }
    close(ends[1]);
    started.answers = ends[0];
    started.unread.clear();
    return started;
  }

  void listen() {
    std::vector<pollfd> waits;
    for (auto& each : children_)
      waits.push_back({each.answers, POLLIN, 0});
    poll(waits.data(), waits.size(), -1);
    for (std::size_t i = waits.size(); i-- > 0;)
      if (waits[i].revents != 0 && !hear(children_[i]))
        children_.erase(children_.begin() + static_cast<std::ptrdiff_t>(i));
  }

  /// False once the child has nothing left to do.
  bool hear(child& who) {
    char bytes[4096];
    auto got = read(who.answers, bytes, sizeof bytes);
    if (got <= 0)
      return replace(who);
    who.unread.append(bytes, static_cast<std::size_t>(got));
    for (auto end = who.unread.find('\n'); end != std::string::npos; end = who.unread.find('\n')) {
      take(outcome_of(who.unread.substr(0, end)));
      who.unread.erase(0, end + 1);
      who.seeds.pop_front();
    }
    return true;
  }

  bool replace(child& who) {
    close(who.answers);
    int status = 0;
    waitpid(who.pid, &status, 0);
    if (who.seeds.empty())
      return false;
    outcome crashed;
    crashed.seed = who.seeds.front();
    auto by_signal = WIFSIGNALED(status);
    crashed.violations.push_back(by_signal && WTERMSIG(status) == SIGALRM ? "the simulation hangs"
                                 : by_signal
                                   ? std::string{"the simulation died of a "} + strsignal(WTERMSIG(status))
                                   : "the simulation ended with exit code " + std::to_string(WEXITSTATUS(status)));
    take(std::move(crashed));
    who.seeds.pop_front();
    if (who.seeds.empty())
      return false;
    who = start(std::move(who));
    return true;
  }

  void take(outcome seed_outcome) {
    ended_(seed_outcome);
    outcomes_.push_back(std::move(seed_outcome));
  }

  seed_range range_;
  const std::function<void(const outcome&)>& ended_;
  std::vector<child> children_;
  std::vector<outcome> outcomes_;
};

} // namespace

outcome run_and_compare(std::uint64_t seed, bool twice) {
  auto begin = std::chrono::steady_clock::now();
  auto seed_outcome = actors::simulation::run_seed(seed);
  seed_outcome.wall_us = static_cast<std::uint64_t>(
    std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin).count());
  if (twice && actors::simulation::run_seed(seed).hash != seed_outcome.hash)
    seed_outcome.violations.push_back(
      "the seed does not do the same when it is run again: something depends on more than the seed");
  return seed_outcome;
}

std::vector<outcome> run_seeds(const seed_range& seeds, const std::function<void(const outcome&)>& ended) {
  return runner{seeds, ended}.run();
}

} // namespace weir::tool
