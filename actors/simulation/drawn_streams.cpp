#include "actors/simulation/drawn_streams.hpp"

#include "libstream/api/dstream.hpp"
#include "libstream/operators/split_words.hpp"

namespace weir::actors::simulation {

namespace {

using row = std::pair<std::string_view, std::int64_t>;

drawn_records words_with_numbers(const dstream<std::string_view>& lines) {
  return lines.flat_map(split_words).map([](std::string_view word) { return row{word, number_of_word(word)}; });
}

drawn_records joined_with_stream(const drawn_records& rows, const dstream<std::string_view>& lines,
                                 std::int64_t choice) {
  auto others = words_with_numbers(lines)
                  .filter([choice](const row& each) { return keeps(each.first, each.second, choice + 1); })
                  .reduce_by_key(sum_of);
  return rows.join(others).map_values([](const auto& values) { return both_of(values.first, values.second); });
}

drawn_records joined_with_table(const drawn_records& rows, std::int64_t choice) {
  auto table = dataset<std::pair<std::string, std::int64_t>>::from(drawn_table(choice), 2);
  return rows.join(table).map_values([](const auto& values) { return both_of(values.first, values.second); });
}

drawn_records add_step(pipeline_step step, const drawn_records& rows, const dstream<std::string_view>& lines,
                       std::int64_t choice) {
  switch (step) {
    case pipeline_step::keep_some:
      return rows.filter([choice](const row& each) { return keeps(each.first, each.second, choice); });
    case pipeline_step::change:
      return rows.map([choice](const row& each) { return changed(each.first, each.second, choice); });
    case pipeline_step::repeat_some:
      return rows.flat_map([choice](const row& each) {
        std::vector<row> several{each};
        if (keeps(each.first, each.second, choice))
          several.push_back(changed(each.first, each.second, choice));
        return several;
      });
    case pipeline_step::sum_by_key: return rows.reduce_by_key(sum_of);
    case pipeline_step::greatest_by_key: return rows.reduce_by_key(greater_of);
    case pipeline_step::count:
      return rows.count_by_value().map([](const auto& counted) {
        return row{counted.first.first, both_of(counted.first.second, static_cast<std::int64_t>(counted.second))};
      });
    case pipeline_step::once: return rows.distinct();
    case pipeline_step::join_stream: return joined_with_stream(rows, lines, choice);
    case pipeline_step::join_table: return joined_with_table(rows, choice);
    case pipeline_step::sort: break;
  }
  return rows.sort_by();
}

} // namespace

drawn_records add_drawn_pipeline(const planned_pipeline& drawn, const dstream<std::string_view>& lines) {
  auto rows = words_with_numbers(lines);
  for (std::size_t i = 0; i < drawn.steps.size(); ++i) {
    rows = add_step(drawn.steps[i], rows, lines, drawn.choice);
    if (i + 1 == drawn.shown_halfway)
      rows.named("drawn halfway").save_as_text_files(halfway_prefix);
  }
  rows.named("drawn").save_as_text_files(drawn_prefix);
  return rows;
}

} // namespace weir::actors::simulation
