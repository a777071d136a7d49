#include "actors/simulation/pipeline_model.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "actors/simulation/checker.hpp"

namespace weir::actors::simulation {

namespace {

using row = expected_rows::row;
using table = std::vector<row>;

table words_with_numbers(const std::vector<std::string>& lines) {
  table rows;
  for (auto& line : lines)
    for (auto& word : naive_words(line))
      rows.emplace_back(word, number_of_word(word));
  return rows;
}

table kept(const table& rows, std::int64_t choice) {
  table some;
  for (auto& [word, number] : rows)
    if (keeps(word, number, choice))
      some.emplace_back(word, number);
  return some;
}

row changed_row(const row& from, std::int64_t choice) {
  auto [word, number] = changed(from.first, from.second, choice);
  return {std::string{word}, number};
}

table changed_all(const table& rows, std::int64_t choice) {
  table others;
  for (auto& each : rows)
    others.push_back(changed_row(each, choice));
  return others;
}

table repeated(const table& rows, std::int64_t choice) {
  table more;
  for (auto& each : rows) {
    more.push_back(each);
    if (keeps(each.first, each.second, choice))
      more.push_back(changed_row(each, choice));
  }
  return more;
}

template <class Function>
table by_key(const table& rows, Function joins_two) {
  std::map<std::string, std::int64_t> values;
  for (auto& [word, number] : rows)
    if (auto [entry, is_first] = values.try_emplace(word, number); !is_first)
      entry->second = joins_two(entry->second, number);
  return {values.begin(), values.end()};
}

table counted(const table& rows) {
  std::map<row, std::int64_t> times;
  for (auto& each : rows)
    ++times[each];
  table counts;
  for (auto& [each, count] : times)
    counts.emplace_back(each.first, both_of(each.second, count));
  return counts;
}

table joined(const table& rows, const table& others) {
  table both;
  for (auto& [word, number] : rows)
    for (auto& [other_word, other_number] : others)
      if (word == other_word)
        both.emplace_back(word, both_of(number, other_number));
  return both;
}

table joined_by_key(const table& rows, const table& each_key_once) {
  std::map<std::string, std::int64_t> values{each_key_once.begin(), each_key_once.end()};
  table both;
  for (auto& [word, number] : rows)
    if (auto value = values.find(word); value != values.end())
      both.emplace_back(word, both_of(number, value->second));
  return both;
}

table sorted(table rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

table unique(const table& rows) {
  std::set<row> once{rows.begin(), rows.end()};
  return {once.begin(), once.end()};
}

} // namespace

expected_rows model_of(const planned_pipeline& drawn, std::size_t steps, const std::vector<std::string>& lines) {
  auto words = words_with_numbers(lines);
  expected_rows now{words, false};
  for (std::size_t i = 0; i < steps; ++i) {
    auto stays_ordered = false;
    switch (drawn.steps[i]) {
      case pipeline_step::keep_some:
        now.rows = kept(now.rows, drawn.choice);
        stays_ordered = now.ordered;
        break;
      case pipeline_step::change:
        now.rows = changed_all(now.rows, drawn.choice);
        stays_ordered = now.ordered;
        break;
      case pipeline_step::repeat_some:
        now.rows = repeated(now.rows, drawn.choice);
        stays_ordered = now.ordered;
        break;
      case pipeline_step::sum_by_key: now.rows = by_key(now.rows, sum_of); break;
      case pipeline_step::greatest_by_key: now.rows = by_key(now.rows, greater_of); break;
      case pipeline_step::count: now.rows = counted(now.rows); break;
      case pipeline_step::once: now.rows = unique(now.rows); break;
      case pipeline_step::join_stream:
        now.rows = joined_by_key(now.rows, by_key(kept(words, drawn.choice + 1), sum_of));
        break;
      case pipeline_step::join_table: now.rows = joined(now.rows, drawn_table(drawn.choice)); break;
      case pipeline_step::sort:
        now.rows = sorted(std::move(now.rows));
        stays_ordered = true;
        break;
    }
    now.ordered = stays_ordered;
  }
  return now;
}

} // namespace weir::actors::simulation
