#include "actors/runtime/setting_form.hpp"

#include <algorithm>

#include "libstream/base/json_text.hpp"
#include "libstream/base/text.hpp"

namespace weir::actors {

namespace {

constexpr std::size_t decimal_places = 6;

tl::unexpected<error> no_value(std::string_view text, const std::string& hint) {
  return fail(error_code::configuration, "\"" + std::string{text} + "\" is not a valid value", {}, hint);
}

result<setting_value> number(result<std::uint64_t> parsed, std::string_view text, const char* hint) {
  if (!parsed)
    return no_value(text, hint);
  return setting_value{*parsed, {}, {}};
}

std::string any_of(const std::vector<std::string>& words) {
  std::string list;
  for (std::size_t i = 0; i < words.size(); ++i)
    list += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return list;
}

result<setting_value> one_of(std::string_view text, const std::vector<std::string>& words) {
  auto word = std::find(words.begin(), words.end(), text);
  if (word == words.end()) {
    auto nearest = nearest_name(text, words);
    return no_value(text, "give " + any_of(words) + (nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?"));
  }
  return setting_value{static_cast<std::uint64_t>(word - words.begin()), *word, {}};
}

/// The text between quotes at the beginning of `rest`, which is shortened by it.
result<std::string> take_quoted(std::string_view& unread) {
  auto quote = unread.front();
  std::string text;
  std::size_t i = 1;
  for (; i < unread.size() && unread[i] != quote; ++i) {
    if (quote == '"' && unread[i] == '\\' && i + 1 < unread.size())
      ++i;
    text += unread[i];
  }
  if (i == unread.size())
    return fail(error_code::configuration, "a quotation mark is missing at the end");
  unread.remove_prefix(i + 1);
  return text;
}

void skip_blanks(std::string_view& unread) {
  while (!unread.empty() && (unread.front() == ' ' || unread.front() == '\t'))
    unread.remove_prefix(1);
}

} // namespace

result<std::uint64_t> parse_fixed_point(std::string_view text) {
  auto point = std::min(text.find('.'), text.size());
  auto whole = text.substr(0, point);
  auto places = point == text.size() ? std::string_view{"0"} : text.substr(point + 1);
  if (places.empty() || places.size() > decimal_places)
    return fail(error_code::configuration, "'" + std::string{text} + "' must have one to six digits behind its point");
  auto before = parse_count(whole);
  auto behind = parse_count(std::string{places} + std::string(decimal_places - places.size(), '0'));
  if (!before || !behind || *before > UINT64_MAX / millionths - 1)
    return fail(error_code::configuration, "'" + std::string{text} + "' is not a number");
  return *before * millionths + *behind;
}

std::string format_fixed_point(std::uint64_t value) {
  auto text = std::to_string(value / millionths);
  auto fraction = value % millionths;
  if (fraction == 0)
    return text;
  auto places = std::to_string(millionths + fraction).substr(1);
  places.erase(places.find_last_not_of('0') + 1);
  return text + "." + places;
}

result<setting_value> parse_setting(std::string_view text, setting_form form, const std::vector<std::string>& words) {
  switch (form) {
    case setting_form::size: return number(parse_size(text), text, "give a size: 65536, 64KiB, 64MiB, 1GiB");
    case setting_form::count: return number(parse_count(text), text, "give a whole number");
    case setting_form::fixed_point: return number(parse_fixed_point(text), text, "give a number: 0.2, 1, 1.5");
    case setting_form::duration:
      return number(parse_duration(text).map([](auto value) { return static_cast<std::uint64_t>(value.count()); }),
                    text, "give a duration: 250us, 10ms, 2s");
    case setting_form::boolean:
      if (text == "true" || text == "false")
        return setting_value{text == "true", {}, {}};
      return no_value(text, "give true or false");
    case setting_form::choice: return one_of(text, words);
    case setting_form::text: return setting_value{0, std::string{text}, {}};
    case setting_form::list: return parse_list(text).map([](auto texts) { return setting_value{0, {}, texts}; });
  }
  return setting_value{};
}

result<std::vector<std::string>> parse_list(std::string_view text) {
  auto unread = text;
  skip_blanks(unread);
  if (unread.empty() || unread.front() != '[')
    return std::vector<std::string>{std::string{text}};
  unread.remove_prefix(1);
  std::vector<std::string> texts;
  for (;;) {
    skip_blanks(unread);
    if (!unread.empty() && unread.front() == ']')
      break;
    if (unread.empty() || (unread.front() != '"' && unread.front() != '\''))
      return no_value(text, "write several as [\"FIRST\", \"SECOND\"]");
    auto quoted = take_quoted(unread);
    if (!quoted)
      return no_value(text, "write several as [\"FIRST\", \"SECOND\"]");
    texts.push_back(std::move(*quoted));
    skip_blanks(unread);
    if (!unread.empty() && unread.front() == ',')
      unread.remove_prefix(1);
    else if (unread.empty() || unread.front() != ']')
      return no_value(text, "write several as [\"FIRST\", \"SECOND\"]");
  }
  unread.remove_prefix(1);
  skip_blanks(unread);
  if (!unread.empty())
    return no_value(text, "write several as [\"FIRST\", \"SECOND\"]");
  return texts;
}

std::string format_setting(const setting_value& value, setting_form form) {
  switch (form) {
    case setting_form::size: return format_size(value.number);
    case setting_form::duration:
      return format_duration(std::chrono::microseconds{static_cast<std::int64_t>(value.number)});
    case setting_form::boolean: return value.number != 0 ? "true" : "false";
    case setting_form::fixed_point: return format_fixed_point(value.number);
    case setting_form::count: return std::to_string(value.number);
    case setting_form::choice:
    case setting_form::text: return value.text;
    case setting_form::list: return value.list.size() == 1 ? value.list.front() : format_toml(value, form);
  }
  return {};
}

std::string format_toml(const setting_value& value, setting_form form) {
  switch (form) {
    case setting_form::boolean:
    case setting_form::fixed_point:
    case setting_form::count: return format_setting(value, form);
    case setting_form::list: break;
    default: return json_text(format_setting(value, form));
  }
  std::string list = "[";
  for (auto& text : value.list)
    list += (list.size() > 1 ? ", " : "") + json_text(text);
  return list + "]";
}

} // namespace weir::actors
