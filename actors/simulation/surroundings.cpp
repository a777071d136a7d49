#include "actors/simulation/surroundings.hpp"

#include <algorithm>

#include "libstream/log/block_log.hpp"
#include "libstream/log/positions.hpp"
#include "libstream/log/recovery.hpp"

namespace weir::actors::simulation {

namespace {

using std::chrono::microseconds;

constexpr std::int64_t wall_clock_base_ms = 1'700'000'000'000;

} // namespace

surroundings::surroundings(trial& of) : trial_{of} {
  auto broken = [&of](const std::string& sentence) { of.violated(sentence); };
  auto& planned = of.plan;
  network_ = std::make_shared<simulated_network>(
    of.time, simulated_network::latency{planned.link.shortest, planned.link.longest}, broken);
  for (auto& producer : planned.producers)
    producers_.push_back(std::make_unique<simulated_producer>(of.time, *network_, producer, broken));
  for (std::uint32_t i = 0; i < planned.settings.inputs.size(); ++i)
    for (auto& feed : planned.feeds)
      if (feed.url == planned.settings.inputs[i].text())
        feeds_.emplace(input_id{i}, fed_input{simulated_source{feed}});
  files_to_appear_ = planned.files.size();
  for (auto& file : planned.files)
    of.time.after(file.appears, [this, &file] { show_more(file, 0); });
  for (std::uint32_t i = 0; i < planned.clock_jumps; ++i)
    of.time.after(of.time.random().between(microseconds{0}, microseconds{2'000'000}), [this] { jump_clock(); });
}

std::int64_t surroundings::wall_clock_us() const {
  return (wall_clock_base_ms + clock_offset_ms_) * 1000 + trial_.time.elapsed().count();
}

void surroundings::jump_clock() {
  auto jump = static_cast<std::int64_t>(trial_.time.random().below(6'000)) - 3'000;
  clock_offset_ms_ += jump;
  trial_.time.note("the wall clock jumps by " + std::to_string(jump) + " ms");
}

/// The next part of a log, whole lines of it, or of a file that is written slowly; all of one that is not.
void surroundings::show_more(const planned_file& file, std::size_t step) {
  auto is_log = !file.grows.empty();
  auto& pauses = is_log ? file.grows : file.writes;
  auto is_last = step == pauses.size();
  auto shown = file.bytes;
  if (!is_last && is_log)
    shown.resize(shown.rfind('\n', shown.size() * (step + 1) / (pauses.size() + 1)) + 1); // none: nothing
  else if (!is_last)
    shown.resize(shown.size() * step / pauses.size());
  inputs_.add(file.directory, file.name, std::move(shown), wall_clock_us() * 1000, is_log);
  if (is_last)
    --files_to_appear_;
  else
    trial_.time.after(pauses[step], [this, &file, step] { show_more(file, step + 1); });
}

bool surroundings::has_logs(const std::string& directory) const {
  return std::any_of(trial_.plan.files.begin(), trial_.plan.files.end(),
                     [&](auto& file) { return file.directory == directory && !file.grows.empty(); });
}

// -- what a process finds --------------------------------------------------------------------------------------------------

std::vector<std::shared_ptr<plan::replayable_source>> surroundings::replayable() const {
  std::vector<std::shared_ptr<plan::replayable_source>> sources;
  for (auto& input : trial_.plan.settings.inputs)
    sources.push_back(input.what() == input_url::kind::file ? inputs_.source(input.directory()) : nullptr);
  return sources;
}

std::shared_ptr<plan::replayable_source> surroundings::directory(input_id input) const {
  return inputs_.source(trial_.plan.settings.inputs[input.value].directory());
}

std::unique_ptr<directory_watch> surroundings::watch(input_id input) {
  auto& directory = trial_.plan.settings.inputs[input.value].directory();
  if (has_logs(directory))
    return nullptr;
  return inputs_.watch(directory, trial_.time.random(), trial_.plan.clock_jumps == 0);
}

std::unique_ptr<feed> surroundings::open(input_id input, std::shared_ptr<feed_listener> listener) {
  auto& fed = feeds_.at(input);
  return open_simulated_feed(trial_.time, fed.source, trial_.plan.settings.max_receiver_bytes, std::move(listener),
                             fed.held);
}

// -- what the world asks ---------------------------------------------------------------------------------------------------

bool surroundings::everything_was_sent() const {
  return files_to_appear_ == 0 &&
         std::all_of(producers_.begin(), producers_.end(), [](auto& producer) { return producer->finished(); });
}

std::uint64_t surroundings::largest_piece_bytes() const {
  std::uint64_t largest = 4 * 1024; // lines of a generator or a server that come at once have less
  for (auto& producer : trial_.plan.producers)
    for (auto& pack : producer.packs) {
      std::uint64_t bytes = frame_overhead_bytes;
      for (auto& line : pack.lines)
        bytes += line.size();
      largest = std::max(largest, bytes);
    }
  for (auto& [input, fed] : feeds_)
    for (auto& line : fed.source.plan().lines)
      largest = std::max<std::uint64_t>(largest, fed_overhead_bytes + 20 * line.size());
  return largest;
}

std::uint64_t surroundings::held_bytes() const {
  auto bytes = network_->held_bytes();
  for (auto& [input, fed] : feeds_)
    bytes += *fed.held;
  return bytes;
}

bool surroundings::feeds_are_done(const log::store& log) const {
  for (auto& [input, fed] : feeds_) {
    if (!fed.source.generator()) {
      if (!fed.source.all_sent() || *fed.held > 0)
        return false;
      continue;
    }
    auto known = log::read_producers(log, input);
    auto entry = known ? known->find(generator_producer) : decltype(known->end()){};
    if (!known || entry == known->end() || entry->second.last < fed.source.generator()->count)
      return false;
  }
  return true;
}

bool surroundings::files_are_sealed(const log::store& log) const {
  auto& inputs = trial_.plan.settings.inputs;
  for (std::uint32_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].what() != input_url::kind::file)
      continue;
    auto known = log::read_partitions(log, input_id{i});
    for (auto& file : trial_.plan.files) {
      if (file.directory != inputs[i].directory() || file.bytes.empty())
        continue;
      auto entry = known ? known->find(file.name) : decltype(known->end()){};
      if (!known || entry == known->end() || entry->second.sealed_to < file.bytes.size())
        return false;
    }
  }
  return true;
}

void surroundings::tell(expectation& expected, bool certain) {
  auto& words = trial_.ended.words;
  for (auto& producer : producers_) {
    std::uint64_t number = 0;
    for (auto& pack : producer->plan().packs) {
      number += pack.void_records;
      for (auto& line : pack.lines) {
        if (++number <= producer->acknowledged())
          expected.promised(line);
        else if (number <= producer->added())
          expected.possible(line);
        words += number <= producer->acknowledged() ? naive_words(line).size() : 0;
      }
    }
  }
  auto promise_all = [&](std::string_view text) {
    naive_lines(text, [&](std::string_view line) { expected.promised(line); });
    words += naive_words(text).size();
  };
  for (auto& file : trial_.plan.files)
    promise_all(file.bytes);
  for (auto& [input, fed] : feeds_) {
    if (fed.source.generator())
      promise_all(fed.source.generated());
    for (std::size_t line = 0; line < fed.source.sent(); ++line)
      if (certain)
        expected.promised(fed.source.plan().lines[line]);
      else
        expected.possible(fed.source.plan().lines[line]); // the sender cannot know what was not logged yet
  }
}

std::string surroundings::describe() const {
  std::string text;
  for (auto& producer : producers_)
    if (!producer->finished())
      text += "; " + producer->describe();
  return text;
}

} // namespace weir::actors::simulation
