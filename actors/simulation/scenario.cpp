#include "actors/simulation/scenario.hpp"

namespace weir::actors::simulation {

namespace {

using std::chrono::microseconds;

/// Words with everything that the text format must carry, and one in most lines that no other line has.
class line_writer {
public:
  explicit line_writer(chance& random)
    : random_{random}, vocabulary_{random.magnitude(1, 200)}, words_{random.magnitude(1, 20)} {}

  std::string line(const std::string& unique) {
    std::string text;
    if (random_.percent(5))
      text += ' ';
    if (random_.percent(60))
      text += unique + separator();
    for (auto words = random_.below(words_ + 1); words > 0; --words)
      text += word() + separator();
    if (random_.percent(5))
      text += '\r';
    return text + '\n';
  }

private:
  std::string word() {
    static const char* const odd[] = {"\\", "a\\tb", "\xc3\xa4", "\x01", "\xff\xfe", "n\\", "'", "0"};
    if (random_.percent(3))
      return odd[random_.below(std::size(odd))];
    return "w" + std::to_string(random_.below(random_.below(vocabulary_) + 1));
  }
  std::string separator() {
    static const char* const separators[] = {" ", "\t", "  ", "\v", " \f"};
    return random_.percent(80) ? " " : separators[random_.below(std::size(separators))];
  }

  chance& random_;
  std::uint64_t vocabulary_;
  std::uint64_t words_;
};

std::string weir_address(std::size_t index) { return "127.0.0.1:" + std::to_string(7000 + index); }

void draw_inputs(chance& random, scenario& into, std::size_t& weir_inputs, std::vector<std::string>& directories) {
  weir_inputs = random.percent(85) ? 1 + random.below(2) * random.below(2) : 0;
  auto directory_count = weir_inputs == 0 ? random.between(1, 2) : random.percent(50) ? 0 : random.between(1, 2);
  for (std::size_t i = 0; i < weir_inputs; ++i)
    into.settings.inputs.push_back(*parse_input_url("weir://" + weir_address(i)));
  for (std::size_t i = 0; i < directory_count; ++i) {
    directories.push_back("/in" + std::to_string(i));
    into.settings.inputs.push_back(*parse_input_url("file://" + directories.back()));
  }
}

planned_producer draw_producer(chance& random, const std::string& name, std::size_t weir_inputs) {
  planned_producer made;
  made.name = name;
  made.address = weir_address(random.below(weir_inputs));
  made.begins = random.between(microseconds{0}, microseconds{200'000});
  made.pace = microseconds{random.magnitude(50, 30'000)};
  line_writer writer{random};
  auto lines_in_pack = random.magnitude(1, 20);
  std::uint64_t number = 0;
  for (auto packs = random.magnitude(1, 150); packs > 0; --packs) {
    planned_pack pack;
    if (random.percent(2)) {
      pack.void_records = random.between(1, 3);
      number += pack.void_records;
    } else {
      for (auto lines = random.between(1, lines_in_pack); lines > 0; --lines)
        pack.lines.push_back(writer.line(name + "-" + std::to_string(++number)));
      if (random.percent(1)) // large enough to become a block of its own
        pack.lines.back().insert(0, std::string(70'000, 'x') + " ");
    }
    made.packs.push_back(std::move(pack));
  }
  if (random.percent(8))
    made.abandons_after = random.below(made.packs.size() + 1);
  return made;
}

planned_file draw_file(chance& random, const std::string& directory, std::size_t number) {
  planned_file made;
  made.directory = directory;
  made.name = "part-" + std::to_string(random.below(1000)) + "-" + std::to_string(number);
  made.appears = random.between(microseconds{0}, microseconds{random.magnitude(1, 2'000'000)});
  line_writer writer{random};
  auto lines = random.magnitude(1, 200) - 1;
  for (std::uint64_t line = 0; line < lines; ++line)
    made.bytes += writer.line(directory.substr(1) + "-" + std::to_string(number) + "-" + std::to_string(line));
  if (!made.bytes.empty() && random.percent(30))
    made.bytes.pop_back();
  return made;
}

void draw_settings(chance& random, scenario& into) {
  auto& settings = into.settings;
  into.most_executors = static_cast<std::uint32_t>(random.between(1, 4));
  into.partitions = static_cast<std::uint32_t>(random.between(1, 7));
  into.hash_seed = random.next();
  settings.batch_interval = std::chrono::milliseconds{random.magnitude(1, 200)};
  settings.block_interval = microseconds{random.magnitude(500, 50'000)};
  settings.max_batch_bytes = random.percent(50) ? random.magnitude(64, 65'536) : limits::max_batch_bytes;
  settings.max_receiver_bytes = random.percent(50) ? random.magnitude(256, 65'536) : limits::max_receiver_bytes;
  settings.max_batches_in_flight = static_cast<std::uint32_t>(random.between(1, 5));
  settings.max_unpublished_batches = static_cast<std::uint32_t>(random.magnitude(1, 16));
  into.output_prefixes.push_back("/out/counts");
  if (random.percent(20))
    into.output_prefixes.push_back("/out/deep/er/copy");
}

void draw_delays(chance& random, scenario& into) {
  auto range = [&](std::uint64_t low, std::uint64_t high) {
    auto longest = random.magnitude(low, high);
    return time_range{microseconds{low}, microseconds{longest}};
  };
  into.log_job = range(50, 10'000);
  into.task_job = range(5, 20'000);
  into.sink_job = range(50, 20'000);
  into.listing_job = range(50, 5'000);
  into.link = range(20, 10'000);
  into.downtime = range(1'000, 1'000'000);
  into.slow_jobs_percent = static_cast<std::uint32_t>(random.percent(50) ? 0 : random.between(1, 5));
  into.late_messages_permille = static_cast<std::uint32_t>(random.percent(50) ? 0 : random.between(1, 30));
  into.freezes_permille = static_cast<std::uint32_t>(random.percent(40) ? 0 : random.between(1, 10));
  into.clock_jumps = static_cast<std::uint32_t>(random.percent(70) ? 0 : random.between(1, 3));
}

void draw_faults(chance& random, scenario& into) {
  auto& faults = into.faults;
  auto weight = [&] { return static_cast<std::uint32_t>(random.percent(30) ? 0 : random.between(1, 4)); };
  faults.count = static_cast<std::uint32_t>(random.percent(5) ? 0 : random.between(1, 16));
  faults.steps_between = static_cast<std::uint32_t>(random.magnitude(20, 600));
  faults.end_process = weight();
  faults.end_power = weight();
  faults.end_while_publishing = weight();
  faults.kill_actor = weight();
  faults.kill_and_freeze = weight() * 2;
  faults.reset_connection = weight();
  faults.drain = weight() > 2 ? 1 : 0;
  if (faults.end_process + faults.end_power + faults.end_while_publishing + faults.kill_actor + faults.kill_and_freeze +
        faults.reset_connection ==
      0)
    faults.end_power = 1;
}

/// From a stream of choices of its own, so that the seeds of before stay what they were where it draws nothing.
void draw_feeds(chance random, scenario& into) {
  if (random.percent(20)) {
    planned_feed made;
    made.url = "generate://?count=" + std::to_string(random.magnitude(1, 500)) +
               "&seed=" + std::to_string(random.below(1000)) + "&bytes=" + std::to_string(random.between(16, 80)) +
               "&vocabulary=" + std::to_string(random.magnitude(1, 300));
    if (random.percent(40))
      made.url += "&rate=" + std::to_string(random.magnitude(200, 10'000));
    made.pace = microseconds{random.magnitude(50, 20'000)};
    into.feeds.push_back(std::move(made));
  }
  if (random.percent(20)) {
    planned_feed made;
    made.url = "tcp://127.0.0.1:7100";
    made.pace = microseconds{random.magnitude(50, 20'000)};
    line_writer writer{random};
    for (auto lines = random.magnitude(1, 500); lines > 0; --lines)
      made.lines.push_back(writer.line("tcp-" + std::to_string(lines)));
    into.feeds.push_back(std::move(made));
  }
  for (auto& feed : into.feeds)
    into.settings.inputs.push_back(*parse_input_url(feed.url));
}

/// Tiny batches are wanted, but a run should not take more than some hundred of them.
void keep_batches_few(scenario& of) {
  std::uint64_t bytes = 0;
  for (auto& producer : of.producers)
    for (auto& pack : producer.packs)
      for (auto& line : pack.lines)
        bytes += line.size();
  for (auto& file : of.files)
    bytes += file.bytes.size();
  for (auto& feed : of.feeds)
    bytes += feed.lines.empty() ? 500 * 80 : 100 * feed.lines.size();
  of.settings.max_batch_bytes = std::max(of.settings.max_batch_bytes, bytes / 100);
}

/// Hardly anything fits: most runs are spilled, sinks read from the log, receivers hold back. The same promises.
void draw_budgets(chance& random, scenario& into) {
  if (random.percent(40))
    return;
  auto& settings = into.settings;
  settings.exchange_bytes = random.magnitude(1, 65'536);
  settings.staging_bytes = random.magnitude(1, 4'096);
  settings.max_unpublished_bytes = random.magnitude(1, 65'536);
  settings.max_unpublished_input_bytes = random.magnitude(1, 65'536);
  settings.max_batches_in_flight = static_cast<std::uint32_t>(random.between(1, 3));
  if (random.percent(50))
    settings.max_receiver_bytes = random.magnitude(256, 8'192);
  if (random.percent(30))
    into.faults.scratch_percent = static_cast<std::uint32_t>(random.between(1, 20));
}

/// Words that user functions fail on, in some of the lines.
void draw_poison(chance& random, scenario& into) {
  if (random.percent(65))
    return;
  auto& settings = into.settings;
  into.poison.any = true;
  into.poison.stops = static_cast<std::uint32_t>(random.between(1, 3));
  settings.max_task_failures = static_cast<std::uint32_t>(random.between(1, 4));
  into.poison.flaky_failures = static_cast<std::uint32_t>(random.below(settings.max_task_failures));
  settings.on_error = static_cast<error_policy>(random.below(3));
  auto in_a_hundred = random.magnitude(1, 30); // far from half of a task's lines, which would stop the application
  auto keys = random.percent(60);
  std::uint64_t number = 0;
  auto flaky = random.percent(60) ? std::uint64_t{1} : 0;
  auto spoil = [&](std::string& line) {
    if (!random.percent(in_a_hundred))
      return;
    auto tag = std::to_string(++number);
    if (flaky > 0 && random.percent(30) && flaky-- > 0)
      line.insert(0, "!f" + tag + " ");
    else if (keys && random.percent(40))
      line.insert(0, "!k" + std::to_string(random.below(4)) + " ");
    else
      line.insert(0, "!m" + tag + " ");
  };
  for (auto& producer : into.producers)
    for (auto& pack : producer.packs)
      for (auto& line : pack.lines)
        spoil(line);
  for (auto& file : into.files)
    spoil(file.bytes); // its first line
}

/// One line fails as often as a task is tried, and passes when the poison is looked for. No other poison: that might wear it out.
void draw_worn_out_poison(chance random, scenario& into) {
  if (into.poison.any || into.producers.empty() || random.percent(90))
    return;
  auto& pack = into.producers.front().packs.front();
  if (pack.lines.empty())
    return;
  pack.lines.front().insert(0, "!f1 ");
  into.poison.any = true;
  into.settings.max_task_failures = static_cast<std::uint32_t>(random.between(1, 4));
  into.poison.flaky_failures = into.settings.max_task_failures;
  into.settings.on_error = static_cast<error_policy>(random.below(3));
}

/// A function takes the counts, too, and does not always work.
void draw_function(chance random, scenario& into) {
  if (random.percent(70))
    return;
  into.function = {true, static_cast<std::uint32_t>(random.percent(20) ? 0 : random.magnitude(1, 100)),
                   random.magnitude(1, 40)};
  if (random.percent(60))
    into.settings.output_retry_limit = std::chrono::milliseconds{random.magnitude(1, 3'000)};
  if (into.poison.any)
    return; // it has drawn these
  into.settings.max_task_failures = static_cast<std::uint32_t>(random.between(1, 4));
  into.settings.on_error = static_cast<error_policy>(random.below(3));
}

/// Some files are logs that grow, as those of a program's own source do.
void draw_growth(chance random, scenario& into) {
  if (random.percent(60))
    return;
  for (auto& file : into.files)
    if (random.percent(50))
      for (auto steps = random.between(1, 6); steps > 0; --steps)
        file.grows.push_back(random.between(microseconds{0}, microseconds{random.magnitude(1, 1'000'000)}));
}

/// Some files are written where they are seen, with pauses shorter than the time in which a file settles.
void draw_writing(chance random, scenario& into) {
  into.settings.file_settle = random.percent(20) ? microseconds{0} : microseconds{random.magnitude(1'000, 1'000'000)};
  auto longest = static_cast<std::uint64_t>(into.settings.file_settle.count()) * 9 / 10;
  if (longest == 0 || random.percent(40))
    return;
  auto has_logs = [&](auto& directory) {
    return std::any_of(into.files.begin(), into.files.end(),
                       [&](auto& file) { return file.directory == directory && !file.grows.empty(); });
  };
  for (auto& file : into.files)
    if (!has_logs(file.directory) && random.percent(50))
      for (auto steps = random.between(1, 6); steps > 0; --steps)
        file.writes.push_back(microseconds{random.below(longest)});
}

/// Some producers are killed and started again at once, as by a shell's loop.
void draw_deaths(chance random, scenario& into) {
  if (random.percent(60))
    return;
  for (auto& producer : into.producers)
    if (random.percent(60))
      for (auto lives = random.between(1, 3); lives > 0; --lives)
        producer.dies_after.push_back(1 + random.below(producer.packs.size()));
}

/// The protocol lets a producer send what the server has.
void draw_repeats(chance random, scenario& into) {
  if (random.percent(50))
    return;
  for (auto& producer : into.producers)
    producer.repeats_percent = static_cast<std::uint32_t>(random.below(20));
}

void draw_disk_faults(chance& random, scenario& into) {
  into.full_disk = {microseconds{1'000}, microseconds{random.magnitude(10'000, 3'000'000)}};
  into.settings.disk_full_retry = std::chrono::milliseconds{random.magnitude(1, 1'000)};
  if (random.percent(35))
    into.faults.disk_full = static_cast<std::uint32_t>(random.between(1, 4));
  if (random.percent(25))
    into.faults.disk_fails = static_cast<std::uint32_t>(random.between(1, 2));
}

/// Inputs are paced: records wait with their producers, and the same promises hold. Slow, but never so slow that a run does not end.
void draw_rates(chance& random, scenario& into) {
  if (random.percent(70))
    return;
  auto& settings = into.settings;
  settings.backpressure_enabled = random.percent(70);
  settings.backpressure_max_rate = random.percent(50) ? 0 : random.magnitude(300, 2'000);
  settings.backpressure_initial_rate = random.percent(50) ? 0 : random.magnitude(300, 100'000);
  settings.backpressure_min_rate = random.magnitude(300, 3'000);
  settings.backpressure_proportional = static_cast<double>(random.below(20)) / 10;
  settings.backpressure_integral = static_cast<double>(random.below(10)) / 10;
  settings.backpressure_derived = static_cast<double>(random.below(10)) / 10;
}

/// Some starts find another program than the one before, or another batch interval.
void draw_upgrades(chance random, scenario& into) {
  auto isolates = into.poison.any && into.settings.on_error == error_policy::isolate;
  into.upgrades.swap_outputs = random.percent(isolates ? 70 : 10);
  if (isolates && into.upgrades.swap_outputs) { // many a start finds a batch that leaves something out
    auto& faults = into.faults;
    faults.count = std::max(faults.count, 10u);
    faults.steps_between = std::min(faults.steps_between, 80u);
    faults.end_process += 4;
    for (auto& producer : into.producers)
      for (auto& pack : producer.packs)
        for (auto& line : pack.lines)
          if (random.percent(10))
            line.insert(0, "!k" + std::to_string(random.below(20)) + " ");
  }
  if (random.percent(70))
    return;
  for (auto intervals = random.between(2, 4); intervals > 0; --intervals)
    into.upgrades.intervals.push_back(std::chrono::milliseconds{random.magnitude(1, 200)});
}

/// Then each interval has a batch, so it is not too short.
void draw_lines_output(chance random, scenario& into) {
  constexpr std::chrono::milliseconds shortest{20};
  if (random.percent(90))
    return;
  into.lines_output = true;
  into.settings.batch_interval = std::max<microseconds>(into.settings.batch_interval, shortest);
  for (auto& interval : into.upgrades.intervals)
    interval = std::max(interval, shortest);
}

/// What is lost is asked again only after the retry interval, so that is shorter than people have it.
void draw_links(chance random, scenario& into) {
  if (into.faults.count == 0 || random.percent(25))
    return;
  auto& links = into.links;
  links.hostile = true;
  links.shortest = microseconds{5};
  links.longest = microseconds{random.magnitude(10, 10'000)};
  links.latest = microseconds{random.magnitude(1'000, 3'000'000)};
  links.breaks_permille = static_cast<std::uint32_t>(random.percent(15) ? 0 : random.magnitude(2, 300));
  links.lost_percent = static_cast<std::uint32_t>(random.percent(20) ? 0 : random.between(1, 100));
  links.repeated_percent = static_cast<std::uint32_t>(random.percent(20) ? 0 : random.between(1, 60));
  into.settings.retry_interval = std::chrono::milliseconds{random.magnitude(50, 2'000)};
}

/// An application that gives up on an actor stops, and goes on when it is started again.
void draw_restarts(chance& random, scenario& into) {
  if (random.percent(85))
    return;
  into.restarts = static_cast<std::uint32_t>(random.below(3));
  into.faults.kill_actor = std::max(into.faults.kill_actor, 4u);
  into.faults.steps_between = std::min(into.faults.steps_between, 100u);
  if (random.percent(50))
    into.faults.victim = static_cast<role>(random.below(7));
}

} // namespace

scenario draw_scenario(std::uint64_t seed) {
  chance random{seed * 0x2545f4914f6cdd1dull + 1};
  scenario made;
  made.seed = seed;
  std::size_t weir_inputs = 0;
  std::vector<std::string> directories;
  draw_inputs(random, made, weir_inputs, directories);
  draw_settings(random, made);
  draw_delays(random, made);
  draw_faults(random, made);
  if (weir_inputs > 0)
    for (auto producers = random.between(1, 4); producers > 0; --producers)
      made.producers.push_back(draw_producer(random, "p" + std::to_string(producers), weir_inputs));
  for (auto& directory : directories)
    for (auto files = random.between(1, 4); files > 0; --files)
      made.files.push_back(draw_file(random, directory, files));
  draw_feeds(chance{seed ^ 0x9e3779b97f4a7c15ull}, made);
  keep_batches_few(made);
  // Last, in the order in which they were added, so that the seeds of before stay what they were where these draw nothing.
  draw_budgets(random, made);
  draw_disk_faults(random, made);
  draw_poison(random, made);
  draw_worn_out_poison(chance{seed ^ 0xd1b54a32d192ed03ull}, made);
  draw_rates(random, made);
  draw_restarts(random, made);
  draw_function(chance{seed ^ 0xe7037ed1a0b428dbull}, made);
  draw_growth(chance{seed ^ 0x8cb92ba72f3d8dd7ull}, made);
  draw_writing(chance{seed ^ 0x3c79ac492ba7b653ull}, made);
  draw_repeats(chance{seed ^ 0x589965cc75374cc3ull}, made);
  draw_deaths(chance{seed ^ 0xa24baed4963ee407ull}, made);
  draw_upgrades(chance{seed ^ 0x9fb21c651e98df25ull}, made);
  draw_lines_output(chance{seed ^ 0xd6e8feb86659fd93ull}, made);
  draw_links(chance{seed ^ 0x2127599bf4325c37ull}, made);
  made.pipeline = draw_pipeline(chance{seed ^ 0xc2b2ae3d27d4eb4full});
  return made;
}

} // namespace weir::actors::simulation
