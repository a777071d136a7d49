#include "apps/weir/demo.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <fstream>
#include <poll.h>

#include "apps/weir/interrupt.hpp"

namespace weir::tool {

namespace {

using namespace std::chrono_literals;
using actors::phase;

constexpr auto step_length = 4ms;
constexpr auto refresh_interval = 100ms;
constexpr auto limit = 20s; ///< for anything that should take a moment
constexpr double kill_share = 0.45;
constexpr double flow_share = 0.9;
constexpr double away_s = 1.5; ///< between the death and the new start, so that a viewer notices
constexpr const char* independent_count = "tr -s '[:space:]' '\\n' | sort | uniq -c";

std::int64_t wall_clock_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
    .count();
}

std::string plural(std::uint64_t count, const std::string& noun) {
  return grouped(count) + " " + noun + (count == 1 ? "" : noun == "batch" ? "es" : "s");
}

std::vector<std::string> introduction() {
  return {"A text without end flows into word-count, which logs it, cuts it into batches and counts the words of each.",
          "In the middle it is killed with kill -9, as if the power had gone, and started again.",
          std::string{"At the end all that was published is compared with "} + independent_count +
            " over the same text."};
}

std::vector<std::pair<std::string, std::int64_t>> most_frequent(const word_counts& counts, std::size_t wanted) {
  std::vector<std::pair<std::string, std::int64_t>> words{counts.begin(), counts.end()};
  auto end = words.begin() + static_cast<std::ptrdiff_t>(std::min(wanted, words.size()));
  std::partial_sort(words.begin(), end, words.end(),
                    [](auto& a, auto& b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
  words.erase(end, words.end());
  return words;
}

} // namespace

demo::demo(const demo_settings& settings, temporary_directory directory, shared_page page)
  : settings_{settings},
    directory_{std::move(directory)},
    page_{std::move(page)},
    text_{settings.lines_per_second * 4},
    feed_{directory_.path(), settings.lines_per_second, [this](std::string& into) { text_.append_line(into); }} {}

result<bool> demo::run(const demo_settings& settings) {
  auto directory = temporary_directory::make("weir-demo");
  if (!directory)
    return tl::make_unexpected(directory.error());
  auto page = shared_page::make();
  if (!page)
    return tl::make_unexpected(page.error());
  demo whole{settings, std::move(*directory), std::move(*page)};
  auto equal = whole.perform();
  if (interrupted() || (equal && *equal))
    return equal;
  whole.directory_.keep();
  if (!equal)
    return fail(equal.error().code, equal.error().what + "\neverything is kept in " + whole.directory_.path(),
                equal.error().where);
  return equal;
}

result<bool> demo::perform() {
  view_ = make_demo_view(introduction());
  started_at_ = clock::now();
  status_.total_s = settings_.seconds;
  if (auto done = start(); !done)
    return tl::make_unexpected(done.error());
  if (auto done = until([this] { return ready_; }, limit, "its port to be open"); !done)
    return tl::make_unexpected(done.error());
  if (auto done = feed_.begin(url_); !done)
    return tl::make_unexpected(done.error());
  for (auto part : {&demo::kill_it, &demo::come_back, &demo::drain})
    if (auto done = (this->*part)(); !done)
      return tl::make_unexpected(done.error());
  return compare_counts();
}

// -- the acts --------------------------------------------------------------------------------------------------------------

result<void> demo::start() {
  page_.arm("", 0);
  ready_ = first_commit_ = may_be_dead_ = false;
  application_listener listener;
  listener.ready = [this](const std::string& url) {
    url_ = url;
    ready_ = true;
  };
  listener.committed = [this](const batch_line& batch) { committed(batch); };
  listener.done = [this](const batch_line& batch) { done(batch); };
  auto started =
    application::start({"word-count", "--input", url_, "--output", "text:" + directory_ / "counts", "--data-dir",
                        directory_ / "data", "--batch-interval", std::to_string(settings_.interval.count()) + "ms",
                        "--log-level", "info", "--log-format", "json"},
                       &page_, std::move(listener));
  if (!started)
    return tl::make_unexpected(started.error());
  application_.emplace(std::move(*started));
  status_.process = "word-count, pid " + std::to_string(application_->pid());
  return {};
}

/// Waits for a moment in which a batch is being computed: then there is something to lose.
result<void> demo::kill_it() {
  if (auto done = flow_until(settings_.seconds * kill_share); !done)
    return done;
  auto patience = clock::now() + 2 * settings_.interval;
  auto in_work = [&] {
    return page_.is_open(phase::sealed) || page_.is_open(phase::staged) || clock::now() > patience;
  };
  while (!in_work()) {
    application_->listen();
    if (auto pumped = feed_.pump(); !pumped)
      return problem(pumped.error().message());
    ::poll(nullptr, 0, 0);
  }
  may_be_dead_ = true;
  application_->process().signal(SIGKILL);
  if (!application_->process().wait(clock::now() + limit))
    return problem("it does not die of SIGKILL");
  application_->listen();
  killed_at_ms_ = wall_clock_ms();
  status_.process = "word-count is dead";
  view_->say("kill -9 " + std::to_string(application_->pid()) + ": " + in_flight(), mood::bad);
  auto away = std::min(away_s, settings_.seconds / 12);
  return flow_until(elapsed() + away);
}

std::string demo::in_flight() const {
  std::string open;
  for (int i = 0; i < actors::phase_count; ++i)
    if (auto where = static_cast<phase>(i); where != phase::receiving && page_.is_open(where))
      open += (open.empty() ? "" : " and ") + plural(static_cast<std::uint64_t>(page_.open(where)), "batch") + " " +
              name_of(where);
  return (open.empty() ? std::string{"between two batches"} : open) + ", " + plural(on_their_way(), "record") +
         " sent and not yet counted. The text flows on.";
}

result<void> demo::come_back() {
  if (auto started = start(); !started)
    return started;
  view_->say("started again on the same data directory: pid " + std::to_string(application_->pid()), mood::plain);
  return until([this] { return first_commit_; }, limit, "the first commit after the restart");
}

result<void> demo::drain() {
  if (auto done = flow_until(settings_.seconds * flow_share); !done)
    return done;
  feed_.finish();
  error broken;
  auto all_fed = [&] {
    auto ended = feed_.ended();
    if (!ended)
      broken = ended.error();
    return !ended || *ended;
  };
  if (auto done = until(all_fed, limit, "the rest of the text to be acknowledged"); !done)
    return done;
  if (!broken.what.empty())
    return problem(broken.message());
  view_->say("the text ends: every record is acknowledged. Ctrl-C for word-count, which finishes what it has",
             mood::plain);
  may_be_dead_ = true;
  application_->process().signal(SIGINT);
  if (auto done = until([this] { return died(); }, limit, "its end after Ctrl-C"); !done)
    return done;
  application_->listen();
  if (auto end = *application_->process().ended(); end.code != 0)
    return problem("it should drain and end with 0, but: " + end.text());
  committed_records_ = feed_.lines(); // also what a commit covered whose announcement died with the process
  status_.process = "word-count has ended";
  refresh();
  return {};
}

// -- what is seen of batches -------------------------------------------------------------------------------------------------

void demo::committed(const batch_line& batch) {
  lines_[batch.time_ms] = batch;
  committed_records_ += batch.records;
  if (std::exchange(first_commit_, true) || killed_at_ms_ == 0)
    return;
  auto after = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - application_->started_at()).count();
  view_->say("back: first commit " + std::to_string(after) + " ms after the start" +
               (batch.time_ms <= killed_at_ms_
                  ? ", of the batch that was in work when it died: computed anew, from its log"
                  : ""),
             mood::good);
}

void demo::done(const batch_line& batch) {
  word_counts counts;
  if (!shown_.insert(batch.time_ms).second ||
      !count_published(directory_ / ("counts-" + std::to_string(batch.time_ms)), counts))
    return;
  batch_picture picture;
  picture.time_ms = batch.time_ms;
  picture.interval_ms = settings_.interval.count();
  if (auto line = lines_.find(batch.time_ms); line != lines_.end()) {
    picture.records = line->second.records;
    picture.delay_ms = static_cast<double>(line->second.total_delay_us) / 1000;
    picture.processing_ms = static_cast<double>(line->second.processing_us) / 1000;
    lines_.erase(lines_.begin(), std::next(line));
  }
  picture.records_per_second =
    static_cast<double>(picture.records) * 1000 / static_cast<double>(settings_.interval.count());
  picture.top = most_frequent(counts, 10);
  for (auto& [word, count] : counts)
    status_.words += static_cast<std::uint64_t>(count);
  ++status_.batches;
  view_->show_batch(picture);
}

std::uint64_t demo::on_their_way() const { return feed_.lines() - std::min(feed_.lines(), committed_records_); }

void demo::refresh() {
  refreshed_at_ = clock::now();
  status_.elapsed_s = elapsed();
  status_.line = text_.last_line();
  status_.on_their_way = on_their_way();
  view_->show_status(status_);
}

// -- the end ---------------------------------------------------------------------------------------------------------------

result<void> demo::count_independently(word_counts& into) const {
  command counting;
  auto counted = directory_ / "independent";
  counting.arguments = {"sh", "-c", independent_count};
  counting.environment["LC_ALL"] = "C";
  counting.input = redirection::file(feed_.text_path());
  counting.output = redirection::file(counted);
  auto shell = subprocess::start(counting);
  if (!shell)
    return tl::make_unexpected(shell.error());
  while (!shell->wait(clock::now() + 100ms))
    if (interrupted())
      return fail(error_code::failed, "interrupted");
  if (shell->ended()->code != 0)
    return fail(error_code::failed, "failed with " + shell->ended()->text(), independent_count);
  std::ifstream lines{counted};
  std::int64_t count = 0;
  for (std::string word; lines >> count >> word;)
    into[word] += count;
  return {};
}

result<bool> demo::compare_counts() {
  word_counts expected;
  if (auto counted = count_independently(expected); !counted)
    return tl::make_unexpected(counted.error());
  output_watch watch{directory_ / "counts"};
  auto published = watch.totals();
  if (!published)
    return tl::make_unexpected(published.error());
  auto outcome = compare(expected, *published);
  auto equal = outcome.lost == 0 && outcome.duplicated == 0 && outcome.words > 0;
  auto resent = feed_.figures().resent;
  std::vector<std::pair<std::string, mood>> lines;
  lines.push_back({"word-count published     " + grouped(static_cast<std::uint64_t>(outcome.published)) + " words, " +
                     grouped(published->size()) + " different, in " + plural(status_.batches, "batch"),
                   mood::plain});
  lines.push_back({"tr | sort | uniq counts  " + grouped(static_cast<std::uint64_t>(outcome.words)) + " words, " +
                     grouped(outcome.distinct) + " different",
                   mood::plain});
  if (equal)
    lines.push_back({"Equal, word by word: nothing lost, nothing counted twice, although the process was killed and " +
                       plural(resent, "record") + (resent == 1 ? " was" : " were") + " sent a second time.",
                     mood::good});
  else
    lines.push_back({"NOT EQUAL: " + std::to_string(outcome.lost) + " words lost, " +
                       std::to_string(outcome.duplicated) + " counted twice. Everything is kept in " +
                       directory_.path(),
                     mood::bad});
  view_->close(lines);
  return equal;
}

// -- waiting ---------------------------------------------------------------------------------------------------------------

result<void> demo::step() {
  if (interrupted())
    return fail(error_code::failed, "interrupted");
  pollfd watched{application_->process().errors(), POLLIN, 0};
  auto quiet = died();
  ::poll(quiet ? nullptr : &watched, quiet ? 0 : 1, static_cast<int>(std::chrono::milliseconds{step_length}.count()));
  application_->listen();
  if (auto pumped = feed_.pump(); !pumped)
    return problem(pumped.error().message());
  if (clock::now() - refreshed_at_ >= refresh_interval)
    refresh();
  return {};
}

template <class Condition>
result<void> demo::until(Condition holds, std::chrono::milliseconds at_most, const std::string& awaited) {
  auto deadline = clock::now() + at_most;
  while (!holds()) {
    if (clock::now() >= deadline || (died() && !may_be_dead_))
      return problem(
        (died() ? "it ended with " + application_->process().ended()->text() + " before " : "waited in vain for ") +
        awaited);
    if (auto stepped = step(); !stepped)
      return stepped;
  }
  return {};
}

result<void> demo::flow_until(double at_s) {
  return until([&] { return elapsed() >= at_s; },
               std::chrono::milliseconds(static_cast<int>(settings_.seconds * 1000)) + limit, "the text to flow");
}

tl::unexpected<error> demo::problem(const std::string& failure) const {
  return fail(error_code::failed,
              failure + (application_ ? "\nthe last words of word-count:" + application_->tail() : ""), "word-count");
}

} // namespace weir::tool
