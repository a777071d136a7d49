#include "actors/runtime/setting_table.hpp"

#include <fstream>
#include <set>

#include <catch2/catch.hpp>

#include "actors/runtime/setting_values.hpp"
#include "actors/runtime/settings_file.hpp"
#include "libstream/base/json_text.hpp"

using namespace weir;
using namespace weir::actors;

namespace {

std::string repository() {
  std::string here = __FILE__;
  return here.substr(0, here.rfind("/tests/"));
}

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file{repository() + "/" + path};
  REQUIRE(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);)
    lines.push_back(line);
  return lines;
}

/// As the documents have it.
std::string default_of(const setting_row& row) {
  return row.nothing.empty() ? format_setting(row.read(default_configuration("word-count")), row.form) : row.nothing;
}

} // namespace

TEST_CASE("no two settings share a key, a variable or a flag", "[settings]") {
  std::set<std::string> keys, variables, flags;
  for (auto& row : setting_table()) {
    INFO(row.key);
    CHECK(keys.insert(row.key).second);
    CHECK(variables.insert(row.variable()).second);
    CHECK((row.flag().empty() || flags.insert(row.flag()).second));
  }
  CHECK(find_setting("memory.limit")->variable() == "WEIR_MEMORY_LIMIT");
  CHECK(find_setting("batch_interval")->variable() == "WEIR_BATCH_INTERVAL");
  CHECK(find_setting("batch_interval")->flag() == "--batch-interval");
}

TEST_CASE("each setting has a meaning, a group, and a default that it accepts", "[settings]") {
  for (auto& row : setting_table()) {
    INFO(row.key);
    CHECK_FALSE(row.meaning.empty());
    CHECK_FALSE(row.group.empty());
    setting_values values;
    auto done = values.set(row.key, default_of(row), {});
    INFO((done ? "" : done.error().message()));
    CHECK(done.has_value());
  }
}

TEST_CASE("what was written is what is read", "[settings]") {
  for (auto& row : setting_table()) {
    if (row.form == setting_form::list || row.form == setting_form::text)
      continue;
    for (auto number : {row.least, row.most}) {
      setting_value value{number, row.form == setting_form::choice ? row.words[number] : "", {}};
      INFO(row.key << " = " << format_setting(value, row.form));
      auto all = default_configuration("x");
      REQUIRE(row.write(all, value).has_value());
      CHECK(format_setting(row.read(all), row.form) == format_setting(value, row.form));
    }
  }
}

TEST_CASE("each setting is documented with its default, and each documented setting is known", "[settings]") {
  std::set<std::string> documented;
  for (auto& line : lines_of("docs/configuration.md"))
    if (line.starts_with("| `"))
      documented.insert(line.substr(0, line.find('|', line.find('|', 2) + 1) + 1));
  std::set<std::string> known;
  for (auto& row : setting_table())
    known.insert("| `" + row.key + "` | `" + default_of(row) + "` |");
  for (auto& row : known) {
    INFO("docs/configuration.md lacks " << row);
    CHECK(documented.count(row) == 1);
  }
  for (auto& row : documented) {
    INFO("docs/configuration.md: " << row);
    CHECK(known.count(row) == 1);
  }
}

TEST_CASE("the documents say which settings are flags", "[settings]") {
  std::set<std::string> flags;
  for (auto& line : lines_of("docs/reference/cli.md"))
    if (line.starts_with("| `--"))
      flags.insert(line.substr(3, line.find('`', 3) - 3));
  std::set<std::string> expected{"--config", "--set"};
  for (auto& row : setting_table())
    if (!row.flag().empty())
      expected.insert(row.flag());
  CHECK(flags == expected);
  for (auto& line : lines_of("docs/configuration.md")) {
    auto row = line.starts_with("| `") ? find_setting(line.substr(3, line.find('`', 3) - 3)) : nullptr;
    INFO(line);
    if (row)
      CHECK((line.find("| * ") != std::string::npos) == !row->flag().empty());
  }
}

TEST_CASE("config/word-count.toml has every setting, commented out, with its default", "[settings]") {
  std::string document;
  std::set<std::string> written;
  for (auto& line : lines_of("config/word-count.toml")) {
    auto is_setting = line.size() > 1 && line[0] == '#' && line[1] >= 'a' && line[1] <= 'z';
    CHECK((is_setting || line.empty() || line.starts_with("# ") || line == "#"));
    document += (is_setting ? line.substr(1) : line) + "\n";
    if (is_setting)
      written.insert(line.substr(1));
  }
  for (auto& row : setting_table()) {
    auto defaults = row.read(default_configuration("word-count"));
    auto toml = row.nothing.empty() ? format_toml(defaults, row.form) : json_text(row.nothing);
    INFO("config/word-count.toml lacks " << row.key << " = " << toml);
    CHECK(written.erase(row.key + " = " + toml) == 1);
  }
  for (auto& line : written)
    FAIL_CHECK("config/word-count.toml: " << line << " is no setting with its default");
  setting_values values;
  auto done = set_from_toml(document, "config/word-count.toml", values);
  INFO((done ? "" : done.error().message()));
  REQUIRE(done.has_value());
  auto all = default_configuration("word-count");
  CHECK(values.apply(all).has_value());
  CHECK(all.options.default_data_dir);
}
