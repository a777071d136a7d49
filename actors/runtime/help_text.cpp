#include "actors/runtime/help_text.hpp"

#include "actors/runtime/setting_table.hpp"

namespace weir::actors {

namespace {

constexpr std::size_t flag_width = 28;
constexpr std::size_t line_width = 100;

/// One flag: its name in a column, what it means beside it, in as many lines as that takes.
std::string entry(const std::string& flag, const std::string& meaning) {
  auto text = "  " + flag;
  text += text.size() < flag_width ? std::string(flag_width - text.size(), ' ') : "\n" + std::string(flag_width, ' ');
  std::size_t column = flag_width;
  std::size_t position = 0;
  while (position < meaning.size()) {
    auto end = std::min(meaning.find(' ', position), meaning.size());
    auto word = meaning.substr(position, end - position);
    if (column > flag_width && column + 1 + word.size() > line_width) {
      text += "\n" + std::string(flag_width, ' ');
      column = flag_width;
    }
    if (column > flag_width) {
      text += ' ';
      ++column;
    }
    text += word;
    column += word.size();
    position = end + 1;
  }
  return text + "\n";
}

std::string default_of(const setting_row& row, const configuration& defaults) {
  if (row.form == setting_form::list) {
    auto value = format_setting(row.read(defaults), row.form);
    return value == "[]" ? "default: none" : "default: " + value;
  }
  if (!row.follows.empty())
    return "default: follows from " + row.follows;
  if (!row.nothing.empty())
    return "default: " + row.nothing;
  return "default: " + format_setting(row.read(defaults), row.form);
}

std::string entry_of(const setting_row& row, const configuration& defaults) {
  auto bare = !row.if_bare.empty();
  auto name = row.flag() + (bare ? "[=" + row.shown + "]" : " " + row.shown);
  auto meaning = row.meaning;
  if (row.form == setting_form::choice)
    meaning += ": " + row.range();
  meaning += " (" + default_of(row, defaults);
  if (bare)
    meaning += "; " + row.if_bare + " without a value";
  return entry(name, meaning + ")");
}

std::string other_flags(const std::string& application) {
  return "\nSettings\n" +
         entry("--config FILE.toml",
               "reads settings from a file; every flag can stand in it as a setting: batch_interval = \"50ms\"") +
         entry("--set KEY=VALUE", "changes any setting, also those that have no flag; may be repeated") +
         entry("--help, --version", "prints this text, or the version of Weir, and ends") +
         "\n  Where a setting is given more than once, the later of these wins:\n"
         "  default, --config, environment (WEIR_BATCH_INTERVAL=50ms), --set, flag.\n" +
         "  `" + application + " config [FLAG]...` shows all settings, their values, and where these come from.\n";
}

std::string examples(const std::string& application) {
  return "\nExamples\n  " + application + " --input file:texts --output text:out/counts --stop-when-idle\n  " +
         application + " --input weir://127.0.0.1:7000 --output print:5 --batch-interval 10ms\n  " + application +
         " config --config weir.toml --json\n";
}

} // namespace

std::string application_help(const std::string& application) {
  auto text =
    "usage: " + application + " [FLAG]...\n       " + application +
    " config [FLAG]... [--json]\n\nReads records, computes them in small batches, and publishes each batch.\n";
  auto defaults = default_configuration(application);
  std::string group;
  for (auto& row : setting_table()) {
    if (row.shown.empty())
      continue;
    if (row.group != group)
      text += "\n" + row.group + "\n";
    group = row.group;
    text += entry_of(row, defaults);
  }
  return text + other_flags(application) + examples(application);
}

std::string config_help(const std::string& application) {
  return "usage: " + application +
         " config [FLAG]... [--json]\n\nPrints all settings with their values and where these come from, and ends. It "
         "refuses what a run with the\nsame flags would refuse.\n\n" +
         entry("--json", "prints one JSON object") +
         entry("FLAG", "every flag of a run; `" + application + " --help` shows them") + "\nExamples\n  " +
         application + " config --config weir.toml\n  " + application + " config --set memory.limit=512MiB --json\n";
}

} // namespace weir::actors
