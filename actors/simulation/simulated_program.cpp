#include "actors/simulation/simulated_program.hpp"

#include "actors/simulation/drawn_streams.hpp"
#include "actors/simulation/world.hpp"
#include "libstream/api/dstream.hpp"
#include "libstream/operators/split_words.hpp"
#include "libstream/plan/extra_output.hpp"

namespace weir::actors::simulation {

word_counts word_count(stream_context& context) {
  return context.text_input().flat_map(split_words).count_by_value().named("counts");
}

simulated_program::simulated_program(trial& of)
  : trial_{of},
    poison_{std::make_shared<actors::simulation::poison>(of.plan.poison.flaky_failures)},
    table_{of.time, of.plan.function, [&of](const std::string& sentence) { of.violated(sentence); }},
    lines_{[&of](const std::string& sentence) { of.violated(sentence); }} {}

std::shared_ptr<const plan::physical_plan> simulated_program::build(std::uint64_t life) {
  auto& planned = trial_.plan;
  output_targets targets;
  for (auto& prefix : planned.output_prefixes)
    targets.push_back({plan::output_target::kind::text, prefix, 0});
  stream_context context{targets};
  auto lines = planned.poison.any ? poisoned_lines(context, poison_) : context.text_input();
  auto sums_first = planned.upgrades.swap_outputs && life % 2 == 1;
  if (sums_first) {
    add_drawn(lines);
    add_sums(lines);
  }
  auto counts = planned.poison.any ? poisoned_word_count(lines, poison_) : word_count(context);
  counts.write_to(context.output());
  if (planned.upgrades.swap_outputs && !sums_first)
    add_sums(lines);
  if (!sums_first)
    add_drawn(lines);
  if (planned.lines_output)
    context.text_input().named("lines").foreach_batch(
      [this](const dataset<std::string>& records, const batch_key& key) { lines_.write(key, records.collect()); });
  if (planned.function.any)
    counts.foreach_partition(
      [this](const partition_key& key, std::span<const simulated_table::row> rows) { table_.write(key, rows); });
  return *plan::with_output(*context.plan(), "dead-letters",
                            {{plan::output_target::kind::text, dead_letter_prefix, 0}});
}

/// As the counts, but by a shuffle of its own, and by functions that fail on no key.
void simulated_program::add_sums(dstream<std::string_view> lines) {
  lines.flat_map(split_words)
    .map([](std::string_view word) {
      return std::pair{word, std::uint64_t{1}};
    })
    .reduce_by_key(std::plus<>{})
    .named("sums")
    .save_as_text_files(sums_prefix);
}

/// A function takes its results only where there is a batch in every interval anyway, as it would want one.
void simulated_program::add_drawn(dstream<std::string_view> lines) {
  if (!trial_.plan.pipeline.any())
    return;
  auto results = add_drawn_pipeline(trial_.plan.pipeline, lines);
  if (trial_.plan.lines_output)
    results.foreach_batch(
      [this](const dataset<expected_rows::row>& records, const batch_key& key) { called(key, records.collect()); });
}

void simulated_program::called(const batch_key& key, std::vector<expected_rows::row> rows) {
  auto time = std::chrono::duration_cast<std::chrono::milliseconds>(key.time.time_since_epoch()).count();
  if (auto [entry, is_new] = drawn_calls_.emplace(time, rows); !is_new && entry->second != rows)
    trial_.violated("a function is called with other rows of " + key.text() + " than before");
}

void simulated_program::life_ended() {
  table_.life_ended();
  lines_.life_ended();
}

} // namespace weir::actors::simulation
