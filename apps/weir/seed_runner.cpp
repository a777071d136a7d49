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

std::string line_of(const outcome& what) {
  json whole = {{"seed", what.seed},
                {"hash", what.hash},
                {"steps", what.steps},
                {"virtual_us", what.virtual_us},
                {"words", what.words},
                {"batches", what.batches},
                {"injected", what.injected},
                {"effective", what.effective},
                {"by_phase", what.by_phase},
                {"amendments", what.amendments},
                {"poison_stops", what.poison_stops},
                {"user_failures", what.user_failures},
                {"gave_up", what.gave_up},
                {"by_kind", what.by_kind},
                {"carried", what.links.carried},
                {"link_bytes", what.links.bytes},
                {"link_faults", what.links.faults},
                {"wall_us", what.wall_us},
                {"marks", what.marks},
                {"lost", what.lost},
                {"duplicated", what.duplicated},
                {"violations", what.violations},
                {"recovery_us", what.recovery_us}};
  return whole.dump(-1, ' ', true, json::error_handler_t::replace) + "\n";
}

outcome outcome_of(const std::string& line) {
  auto whole = json::parse(line);
  outcome what;
  whole["seed"].get_to(what.seed);
  whole["hash"].get_to(what.hash);
  whole["steps"].get_to(what.steps);
  whole["virtual_us"].get_to(what.virtual_us);
  whole["words"].get_to(what.words);
  whole["batches"].get_to(what.batches);
  whole["injected"].get_to(what.injected);
  whole["effective"].get_to(what.effective);
  whole["by_phase"].get_to(what.by_phase);
  whole["amendments"].get_to(what.amendments);
  whole["poison_stops"].get_to(what.poison_stops);
  whole["user_failures"].get_to(what.user_failures);
  whole["gave_up"].get_to(what.gave_up);
  whole["by_kind"].get_to(what.by_kind);
  whole["carried"].get_to(what.links.carried);
  whole["link_bytes"].get_to(what.links.bytes);
  whole["link_faults"].get_to(what.links.faults);
  whole["wall_us"].get_to(what.wall_us);
  whole["marks"].get_to(what.marks);
  whole["lost"].get_to(what.lost);
  whole["duplicated"].get_to(what.duplicated);
  whole["violations"].get_to(what.violations);
  whole["recovery_us"].get_to(what.recovery_us);
  return what;
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

  child start(child what) {
    int ends[2];
    if (pipe(ends) != 0) {
      std::perror("weir sim: cannot make a pipe");
      std::exit(1);
    }
    std::fflush(nullptr);
    what.pid = fork();
    if (what.pid == 0) {
      for (auto seed : what.seeds) {
        alarm(hang_seconds);
        write_all(ends[1], line_of(run_and_compare(seed, runs_twice(seed))));
      }
      _exit(0);
    }
    close(ends[1]);
    what.answers = ends[0];
    what.unread.clear();
    return what;
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

  void take(outcome what) {
    ended_(what);
    outcomes_.push_back(std::move(what));
  }

  seed_range range_;
  const std::function<void(const outcome&)>& ended_;
  std::vector<child> children_;
  std::vector<outcome> outcomes_;
};

} // namespace

outcome run_and_compare(std::uint64_t seed, bool twice) {
  auto begin = std::chrono::steady_clock::now();
  auto what = actors::simulation::run_seed(seed);
  what.wall_us = static_cast<std::uint64_t>(
    std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin).count());
  if (twice && actors::simulation::run_seed(seed).hash != what.hash)
    what.violations.push_back(
      "the seed does not do the same when it is run again: something depends on more than the seed");
  return what;
}

std::vector<outcome> run_seeds(const seed_range& seeds, const std::function<void(const outcome&)>& ended) {
  return runner{seeds, ended}.run();
}

} // namespace weir::tool
