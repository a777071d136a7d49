#include "actors/simulation/batch_contents.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "actors/simulation/checker.hpp"
#include "actors/simulation/expectation.hpp"
#include "actors/simulation/poison.hpp"

namespace weir::actors::simulation {

namespace {

using row = expected_rows::row;

std::string described(const std::vector<row>& rows) {
  constexpr std::size_t most_shown = 6;
  auto text = std::to_string(rows.size()) + " rows:";
  for (std::size_t i = 0; i < std::min(rows.size(), most_shown); ++i)
    text += " (" + rows[i].first + ", " + std::to_string(rows[i].second) + ")";
  return rows.size() > most_shown ? text + "..." : text;
}

} // namespace

std::optional<std::vector<row>> rows_of_text(const std::string& text) {
  std::vector<row> rows;
  auto readable = text.empty() || text.back() == '\n';
  naive_lines(text, [&](std::string_view line) {
    auto tab = line.find('\t');
    auto word = unescaped(line.substr(0, tab));
    std::int64_t number = 0;
    auto digits = tab == std::string_view::npos ? std::string_view{} : line.substr(tab + 1);
    auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    readable = readable && word && problem == std::errc{} && end == digits.data() + digits.size();
    if (readable)
      rows.emplace_back(*word, number);
  });
  return readable ? std::optional{rows} : std::nullopt;
}

std::map<std::string, std::uint64_t> batch_contents::totals() const {
  std::map<std::string, std::uint64_t> times;
  for (auto& [id, batch] : batches_)
    if (batch.counts())
      for (auto& line : batch.lines)
        ++times[line];
  return times;
}

expected_rows batch_contents::expected(const content& batch, const planned_pipeline& drawn, std::size_t steps,
                                       bool isolated) const {
  if (!batch.counts())
    return {};
  auto lines = batch.lines;
  if (isolated)
    std::erase_if(lines, [](auto& line) { return is_poisoned_line(line); });
  return model_of(drawn, steps, lines);
}

std::string batch_contents::judge(const planned_pipeline& drawn, std::size_t steps, bool isolated,
                                  const published_parts& shown) const {
  rows_of_batches all;
  for (auto& [time, parts] : shown)
    for (auto& [part, text] : parts) {
      auto rows = rows_of_text(text);
      if (!rows)
        return "an output of a drawn pipeline cannot be read: part " + std::to_string(part) + " of batch time " +
               std::to_string(time);
      all[time].insert(all[time].end(), rows->begin(), rows->end());
    }
  return compare(drawn, steps, isolated, all);
}

std::string batch_contents::judge_calls(const planned_pipeline& drawn, bool isolated,
                                        const rows_of_batches& calls) const {
  return compare(drawn, drawn.steps.size(), isolated, calls);
}

std::string batch_contents::compare(const planned_pipeline& drawn, std::size_t steps, bool isolated,
                                    const rows_of_batches& shown) const {
  auto not_expected = shown;
  for (auto& [id, batch] : batches_) {
    auto must_be = expected(batch, drawn, steps, isolated);
    std::vector<row> rows;
    if (auto entry = not_expected.extract(batch.time_ms))
      rows = std::move(entry.mapped());
    if (!must_be.ordered) {
      std::sort(must_be.rows.begin(), must_be.rows.end());
      std::sort(rows.begin(), rows.end());
    }
    if (rows != must_be.rows)
      return "behind step " + std::to_string(steps) + " of a drawn pipeline, batch " + std::to_string(id.value) +
             ", batch time " + std::to_string(batch.time_ms) + ", has " + described(rows) + "; it should have " +
             described(must_be.rows);
  }
  for (auto& [time, rows] : not_expected)
    if (!rows.empty())
      return "an output of a drawn pipeline shows a batch time that no batch has: " + std::to_string(time);
  return {};
}

} // namespace weir::actors::simulation
