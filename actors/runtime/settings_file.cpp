#include "actors/runtime/settings_file.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>

#include <toml++/toml.h>

#include "actors/runtime/setting_values.hpp"
#include "libstream/base/json_text.hpp"

namespace weir::actors {

namespace {

constexpr std::size_t most_file_bytes = 1024 * 1024;

/// A number as it was written, as near as it matters: the shortest text that means the same.
std::string text_of(double number) {
  char text[400];
  auto written = std::to_chars(text, text + sizeof text, number, std::chars_format::fixed);
  return {text, written.ptr};
}

const char* name_of(toml::node_type type) {
  switch (type) {
    case toml::node_type::string: return "a text";
    case toml::node_type::integer: return "a whole number";
    case toml::node_type::floating_point: return "a number";
    case toml::node_type::boolean: return "true or false";
    case toml::node_type::array: return "an array";
    case toml::node_type::table: return "a table";
    default: return "a date or time";
  }
}

const char* wanted_by(setting_form form) {
  switch (form) {
    case setting_form::size: return "write a size in quotes: \"64MiB\", or a number of bytes";
    case setting_form::count: return "write a whole number without quotes";
    case setting_form::duration: return "write a duration in quotes: \"100ms\"";
    case setting_form::boolean: return "write true or false without quotes";
    case setting_form::choice: return "write one of its words in quotes";
    case setting_form::text: return "write a text in quotes";
    case setting_form::fixed_point: return "write a number without quotes: 0.2";
    case setting_form::list: return "write an array of texts: [\"FIRST\", \"SECOND\"]";
  }
  return "";
}

/// Walks the tables of a document; settings are its leaves, named by the path to them.
class reader {
public:
  reader(std::string name, setting_values& values) : name_{std::move(name)}, values_{values} {}

  result<void> table(const toml::table& from, const std::string& path) {
    for (auto&& [key, node] : from) {
      auto full = path.empty() ? std::string{key.str()} : path + "." + std::string{key.str()};
      auto origin = place(key.source());
      if (auto done = member(full, node, origin); !done)
        return done;
    }
    return {};
  }

private:
  setting_origin place(const toml::source_region& where) const {
    return {setting_origin::layer::file, name_ + ":" + std::to_string(where.begin.line)};
  }

  result<void> member(const std::string& key, const toml::node& node, const setting_origin& origin) {
    auto row = find_setting(key);
    if (!row) {
      if (auto inner = node.as_table(); inner && is_group(key))
        return table(*inner, key);
      return values_.set(key, {}, origin); // says what is wrong with the key
    }
    return value(*row, node, origin);
  }

  static bool is_group(const std::string& key) {
    for (auto& row : setting_table())
      if (row.key.starts_with(key + "."))
        return true;
    return false;
  }

  result<void> value(const setting_row& row, const toml::node& node, const setting_origin& origin) {
    auto text = node.as_string();
    if (text && !row.nothing.empty() && text->get() == row.nothing)
      return values_.set(row.key, text->get(), origin);
    switch (row.form) {
      case setting_form::list: return list(row, node, origin);
      case setting_form::boolean:
        if (auto flag = node.as_boolean())
          return values_.set(row.key, flag->get() ? "true" : "false", origin);
        break;
      case setting_form::fixed_point:
        if (auto number = node.as_floating_point())
          return values_.set(row.key, text_of(number->get()), origin);
        [[fallthrough]];
      case setting_form::count:
        if (auto number = node.as_integer())
          return values_.set(row.key, std::to_string(number->get()), origin);
        break;
      case setting_form::size:
        if (auto number = node.as_integer())
          return values_.set(row.key, std::to_string(number->get()), origin);
        [[fallthrough]];
      default:
        if (text)
          return values_.set(row.key, text->get(), origin);
    }
    return wrong_type(row, node, origin);
  }

  result<void> list(const setting_row& row, const toml::node& node, const setting_origin& origin) {
    if (auto text = node.as_string())
      return values_.set_list(row.key, {text->get()}, origin);
    auto array = node.as_array();
    if (!array)
      return wrong_type(row, node, origin);
    std::vector<std::string> texts;
    for (auto& each : *array) {
      auto text = each.as_string();
      if (!text)
        return wrong_type(row, each, place(each.source()));
      texts.push_back(text->get());
    }
    return values_.set_list(row.key, std::move(texts), origin);
  }

  static result<void> wrong_type(const setting_row& row, const toml::node& node, const setting_origin& origin) {
    auto hint = std::string{wanted_by(row.form)};
    if (!row.nothing.empty())
      hint += ", or " + json_text(row.nothing);
    return fail(error_code::configuration, std::string{"it is "} + name_of(node.type()), origin.where(row.key), hint);
  }

  std::string name_;
  setting_values& values_;
};

} // namespace

result<void> set_from_toml(const std::string& document, const std::string& name, setting_values& values) {
  try {
    auto parsed = toml::parse(document, name);
    return reader{name, values}.table(parsed, {});
  } catch (const toml::parse_error& wrong) {
    auto& where = wrong.source().begin;
    return fail(error_code::configuration, std::string{wrong.description()},
                name + ":" + std::to_string(where.line) + ":" + std::to_string(where.column),
                "settings are TOML: KEY = VALUE, texts in quotes");
  }
}

result<void> set_from_file(const std::string& path, setting_values& values, const std::string& given_by) {
  std::ifstream file{path, std::ios::binary};
  std::string document;
  if (file) {
    document.resize(most_file_bytes + 1);
    file.read(document.data(), static_cast<std::streamsize>(document.size()));
    if (!file.bad() && (file.eof() || file.gcount() > 0))
      document.resize(static_cast<std::size_t>(file.gcount()));
    else
      file.setstate(std::ios::badbit);
  }
  if (!file.is_open() || file.bad())
    return fail(error_code::configuration, std::string{"cannot read the settings: "} + std::strerror(errno), path,
                "give " + given_by + " a TOML file");
  if (document.size() > most_file_bytes)
    return fail(error_code::configuration, "more than 1 MiB of settings", path, "give " + given_by + " a TOML file");
  return set_from_toml(document, path, values);
}

} // namespace weir::actors
