#include "actors/runtime/settings_report.hpp"

#include <algorithm>

#include "libstream/base/json_text.hpp"

namespace weir::actors {

namespace {

struct shown {
  const setting_row* row;
  std::string value;
  std::string toml;
  const char* layer;
  std::string place;
  std::string origin; ///< layer and place as a person would say it
};

shown show(const setting_row& row, const configuration& whole, const setting_values& values) {
  using layer = setting_origin::layer;
  auto origin = values.origin(row.key);
  auto value = row.read(whole);
  shown line{&row,        format_setting(value, row.form), format_toml(value, row.form), "default", origin.place,
             origin.place};
  auto decided = values.decided(row.key);
  auto has_none = row.follows.empty() || (row.form == setting_form::text && value.text.empty());
  if (!decided && has_none && !row.nothing.empty()) {
    line.value = row.nothing;
    line.toml = json_text(row.nothing);
  }
  switch (origin.from) {
    case layer::none:
      line.layer = row.follows.empty() ? "default" : "derived";
      line.origin = row.follows.empty() ? "default" : "derived from " + row.follows;
      return line;
    case layer::file: line.layer = "file"; break;
    case layer::environment:
      line.layer = "environment";
      line.origin = "environment " + line.place;
      break;
    case layer::set: line.layer = "set"; break;
    case layer::flag: line.layer = "flag"; break;
  }
  if (decided && row.form == setting_form::duration && decided->number != value.number)
    line.origin += ", where it was " + format_setting(*decided, row.form);
  if (!decided && !row.follows.empty())
    line.origin += ", derived from " + row.follows;
  return line;
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

} // namespace

std::string settings_as_text(const configuration& whole, const setting_values& values) {
  std::vector<shown> rows;
  std::size_t key_width = 0;
  std::size_t value_width = 0;
  for (auto& row : setting_table()) {
    auto& each = rows.emplace_back(show(row, whole, values));
    key_width = std::max(key_width, row.key.size());
    value_width = std::max(value_width, std::min<std::size_t>(each.value.size(), 40));
  }
  std::string text;
  std::string group;
  for (auto& each : rows) {
    if (each.row->group != group)
      text += (text.empty() ? "# " : "\n# ") + each.row->group + "\n";
    group = each.row->group;
    text += padded(each.row->key, key_width) + "  " + padded(each.value, value_width) + "  " + each.origin + "\n";
  }
  return text;
}

std::string settings_as_json(const configuration& whole, const setting_values& values) {
  auto text = "{\"application\":" + json_text(whole.options.application) + ",\"settings\":[";
  auto first = true;
  for (auto& row : setting_table()) {
    auto each = show(row, whole, values);
    text += std::string{first ? "\n" : ",\n"} + "  {\"key\":" + json_text(row.key) + ",\"value\":" + each.toml +
            ",\"origin\":\"" + each.layer + "\",\"place\":" + json_text(each.place) + "}";
    first = false;
  }
  return text + "\n]}\n";
}

} // namespace weir::actors
