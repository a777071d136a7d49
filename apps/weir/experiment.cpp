#include "apps/weir/experiment.hpp"

#include <algorithm>
#include <csignal>
#include <iostream>
#include <poll.h>
#include <unistd.h>

#include "actors/sources/text_generator.hpp"
#include "apps/weir/interrupt.hpp"

namespace weir::tool {

namespace {

using namespace std::chrono_literals;
using actors::phase;

constexpr auto step_length = 2ms;
constexpr auto start_limit = 20s;                   ///< start → ready, start → first commit
constexpr auto point_limit = 20s;                   ///< start → the armed point kills
constexpr auto drain_limit = 60s;                   ///< end of the text → end of the application
constexpr std::uint32_t kills_in_vain_allowed = 20; ///< for each that is wanted

line_source generated_lines(std::uint64_t seed) {
  actors::generator_options options;
  options.seed = seed;
  auto generator = std::make_shared<actors::text_generator>(options);
  return [generator, number = std::uint64_t{0}](std::string& into) mutable {
    auto from = into.size();
    into.resize(from + generator->line_bytes() + actors::text_generator::slack_bytes);
    generator->write_line(number++, into.data() + from);
    into.resize(from + generator->line_bytes());
  };
}

} // namespace

experiment::experiment(const experiment_settings& settings, shared_page page)
  : settings_{settings}, page_{std::move(page)}, random_{settings.seed}, watch_{settings.directory + "/out/counts"} {
  auto lines = generated_lines(settings.seed);
  if (settings.files)
    feed_ = std::make_unique<file_feed>(settings.directory, settings.lines_per_second, std::move(lines), settings.seed);
  else
    feed_ = std::make_unique<sender_feed>(settings.directory, settings.lines_per_second, std::move(lines));
  url_ = settings.files ? "file://" + settings.directory + "/input" : "weir://127.0.0.1:0";
}

result<experiment_outcome> experiment::run(const experiment_settings& settings) {
  auto page = shared_page::make();
  if (!page)
    return tl::make_unexpected(page.error());
  experiment whole{settings, std::move(*page)};
  if (auto done = whole.perform(); !done)
    return tl::make_unexpected(done.error());
  return whole.outcome_;
}

result<void> experiment::perform() {
  if (settings_.actor_kills > 0)
    return perform_on_actors();
  while (outcome_.effective < settings_.kills) {
    if (outcome_.injected >= settings_.kills * kills_in_vain_allowed)
      return problem("only " + std::to_string(outcome_.effective) + " of " + std::to_string(outcome_.injected) +
                     " kills found a batch open");
    if (auto done = kill_once(); !done)
      return done;
  }
  if (auto done = drain(); !done)
    return done;
  return verify();
}

// -- one kill --------------------------------------------------------------------------------------------------------------

result<void> experiment::kill_once() {
  auto how = next_kill();
  if (auto started = start(how); !started)
    return started;
  if (auto done = await_death(how); !done)
    return done;
  application_->listen();
  auto end = *application_->process().ended();
  if (end.signal != SIGKILL)
    return problem("it ended by itself: " + end.text());
  record_kill(how);
  return watch_.look(); // while nothing is published: so the order in which directories appear can be trusted
}

/// Half at named points, half at random times; but every phase gets its kill before there are too few left for that.
experiment::plan experiment::next_kill() {
  plan next;
  if (outcome_.injected > 0) { // the first run shows where the input is
    auto untouched = static_cast<std::uint32_t>(std::count(outcome_.by_phase.begin(), outcome_.by_phase.end(), 0u));
    if (outcome_.named * 2 < outcome_.effective + 1 || settings_.kills - outcome_.effective <= untouched)
      next.point = next_point();
    next.after_commit = random_() % 4 != 0;
  }
  next.delay = std::chrono::microseconds{random_() % (next.after_commit ? 400'000 : 150'000)};
  return next;
}

bool experiment::makes_sense(const actors::named_fault_point& point) const {
  // Files are not cut into blocks, nor copied to the log.
  const std::string_view name = point.name;
  return !settings_.files ||
         (name != "receiver.block_cut" && name != "writer.before_append" && name != "writer.after_append");
}

/// A point of a phase that has not been hit, else the one that killed least.
actors::named_fault_point experiment::next_point() {
  std::vector<actors::named_fault_point> points;
  for (auto& point : actors::fault_points)
    if (makes_sense(point))
      points.push_back(point);
  std::shuffle(points.begin(), points.end(), random_);
  auto rank = [this](auto& point) {
    return std::pair{outcome_.by_phase[static_cast<std::size_t>(point.where)] > 0, outcome_.by_point[point.name]};
  };
  return *std::min_element(points.begin(), points.end(), [&](auto& a, auto& b) { return rank(a) < rank(b); });
}

std::vector<std::string> experiment::arguments(bool last) const {
  std::vector<std::string> arguments{settings_.application,
                                     "--input",
                                     url_,
                                     "--output",
                                     "text:" + settings_.directory + "/out/counts",
                                     "--data-dir",
                                     settings_.directory + "/data",
                                     "--batch-interval",
                                     settings_.batch_interval,
                                     "--executors",
                                     "2",
                                     "--log-level",
                                     "info",
                                     "--log-format",
                                     "json"};
  if (settings_.actor_kills >
      0) { // the experiment is the reason why actors end so often, nothing that should stop the application
    arguments.push_back("--set");
    arguments.push_back("supervisor.max_restarts=" + std::to_string(20 + settings_.actor_kills));
  }
  if (settings_.files) { // they are moved in whole
    arguments.push_back("--set");
    arguments.push_back("file.settle=0ms");
  }
  for (auto& setting : settings_.set) {
    arguments.push_back("--set");
    arguments.push_back(setting);
  }
  if (last)
    arguments.push_back(settings_.actor_kills > 0 ? "--stop-when-idle=3s" : "--stop-when-idle=1s");
  return arguments;
}

result<void> experiment::start(const plan& how) {
  page_.arm(how.point ? how.point->name : "", how.point ? static_cast<std::int64_t>(random_() % 12) : 0);
  ready_ = false;
  commits_in_run_ = 0;
  application_listener listener;
  listener.ready = [this](const std::string& url) {
    if (!std::exchange(ready_, true) && !settings_.files)
      url_ = url;
  };
  listener.committed = [this](const batch_line& batch) { committed(batch); };
  auto started = application::start(arguments(last_run_), &page_, std::move(listener));
  if (!started)
    return tl::make_unexpected(started.error());
  application_.emplace(std::move(*started));
  if (outcome_.injected > 0)
    return {};
  if (!settings_.files)
    if (auto bound = until([this] { return ready_; }, start_limit, "its input to be ready"); !bound)
      return bound;
  return feed_->begin(url_);
}

void experiment::committed(const batch_line& batch) {
  ++outcome_.batches;
  last_commit_at_ = clock::now();
  if (commits_in_run_++ == 0 && outcome_.injected > 0)
    outcome_.recovery_ms.push_back(
      std::chrono::duration<double, std::milli>(clock::now() - application_->started_at()).count());
  if (batch.time_ms <= last_time_ms_)
    watch_.violated("batch time " + std::to_string(batch.time_ms) + " was committed after " +
                    std::to_string(last_time_ms_));
  last_time_ms_ = batch.time_ms;
}

result<void> experiment::await_death(const plan& how) {
  if (how.point)
    return until([this] { return died(); }, point_limit,
                 "the fault point " + std::string{how.point->name} + " to be passed");
  if (how.after_commit)
    if (auto done = until([this] { return commits_in_run_ > 0 || died(); }, start_limit, "the first commit"); !done)
      return done;
  auto when = (how.after_commit ? clock::now() : application_->started_at()) + how.delay;
  if (auto done = until([&] { return clock::now() >= when || died(); }, start_limit, "the time of the kill"); !done)
    return done;
  application_->process().signal(SIGKILL);
  return until([this] { return died(); }, start_limit, "its death by SIGKILL");
}

void experiment::record_kill(const plan& how) {
  ++outcome_.injected;
  std::optional<phase> where;
  if (how.point) {
    where = how.point->where;
  } else {
    for (int i = 0; i < actors::phase_count; ++i)
      if (page_.is_open(static_cast<phase>(i)))
        where = static_cast<phase>(i); // the furthest: where the oldest batch stands
  }
  if (!where)
    return;
  ++outcome_.effective;
  ++outcome_.by_phase[static_cast<std::size_t>(*where)];
  if (how.point) {
    ++outcome_.named;
    ++outcome_.by_point[how.point->name];
  }
  show_progress();
}

// -- the end ---------------------------------------------------------------------------------------------------------------

result<void> experiment::drain() {
  last_run_ = true;
  feed_->finish();
  if (auto started = start({}); !started)
    return started;
  return await_drained();
}

result<void> experiment::await_drained() {
  auto fed = false;
  error broken;
  auto all_fed = [&] {
    auto ended = feed_->ended();
    if (!ended)
      broken = ended.error();
    fed = ended && *ended;
    return fed || !ended || died();
  };
  if (auto done = until(all_fed, drain_limit, "the rest of the text to be taken"); !done)
    return done;
  if (!fed)
    return broken.what.empty() ? problem("it ended before it had taken all text") : problem(broken.message());
  if (auto done = until([this] { return died(); }, drain_limit, "its end with --stop-when-idle"); !done)
    return done;
  application_->listen();
  if (auto end = *application_->process().ended(); end.code != 0)
    return problem("the last run should drain and end with 0, but: " + end.text());
  return {};
}

result<void> experiment::verify() {
  if (auto finished = watch_.finish(); !finished)
    return finished;
  word_counts expected;
  if (auto counted = feed_->count(expected); !counted)
    return counted;
  auto published = watch_.totals();
  if (!published)
    return tl::make_unexpected(published.error());
  outcome_.counts = compare(expected, *published);
  outcome_.violations = watch_.violations();
  outcome_.directories = watch_.directories();
  outcome_.fed = feed_->summary();
  return {};
}

/// On a terminal a line that is overwritten, elsewhere a line now and then.
void experiment::show_progress() const {
  auto live = ::isatty(STDERR_FILENO) == 1;
  auto wanted = settings_.actor_kills > 0 ? settings_.actor_kills : settings_.kills;
  auto done = settings_.actor_kills > 0 ? outcome_.injected : outcome_.effective;
  if (!live && done % 10 != 0)
    return;
  std::cerr << (live ? "\r" : "") << "weir chaos: " << done << " of " << wanted << " kills, " << outcome_.batches
            << " batches committed" << (live && done < wanted ? "\033[K" : "\n") << std::flush;
}

// -- waiting ---------------------------------------------------------------------------------------------------------------

result<void> experiment::step() {
  if (interrupted())
    return fail(error_code::failed, "interrupted");
  pollfd watched{application_->process().errors(), POLLIN, 0};
  auto quiet = died();
  ::poll(quiet ? nullptr : &watched, quiet ? 0 : 1, static_cast<int>(std::chrono::milliseconds{step_length}.count()));
  application_->listen();
  if (auto pumped = feed_->pump(); !pumped)
    return problem(pumped.error().message());
  return {};
}

tl::unexpected<error> experiment::problem(const std::string& failure) const {
  auto who = settings_.application + (application_ ? " (pid " + std::to_string(application_->pid()) + ")" : "");
  return fail(
    error_code::failed,
    failure + (application_ ? "\nthe last words of " + settings_.application + ":" + application_->tail() : ""), who);
}

} // namespace weir::tool
