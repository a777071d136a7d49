#include "actors/sinks/output_mark.hpp"

#include <sstream>

#include "libstream/base/text.hpp"

namespace weir::actors {

namespace {

constexpr const char* first_line = "weir-output 1";
constexpr const char* temporary_suffix = ".tmp";

std::string without_breaks(std::string text) {
  for (auto& each : text)
    if (each == '\n' || each == '\r')
      each = ' ';
  return text;
}

std::string owner_text(const std::string& application, const std::string& place) {
  return "\"" + application + "\" " +
         (place.empty() || place == no_data_directory ? "without a data directory"
                                                      : "with the data directory " + place);
}

} // namespace

std::string mark_path(const plan::output_target& of) {
  auto slash = of.prefix.rfind('/');
  auto name = slash == std::string::npos ? of.prefix : of.prefix.substr(slash + 1);
  if (!of.suffix.empty())
    name += "-." + of.suffix;
  return (slash == std::string::npos ? "" : of.prefix.substr(0, slash + 1)) + "." + name + ".weir";
}

std::string temporary_mark_path(const plan::output_target& of) { return mark_path(of) + temporary_suffix; }

std::string mark_text(const output_mark& mark) {
  std::ostringstream text;
  text << first_line << "\napplication " << without_breaks(mark.application) << "\noutput "
       << without_breaks(mark.output) << "\nowner " << mark.owner << "\ndata-directory " << without_breaks(mark.place)
       << "\nnewest-batch " << mark.newest_batch << "\nnewest-time-ms " << mark.newest_time_ms << "\n";
  return text.str();
}

result<output_mark> parse_mark(const std::string& text, const std::string& path) {
  std::istringstream lines{text};
  std::string line;
  output_mark mark;
  auto is_mark = std::getline(lines, line) && line == first_line;
  auto value_behind = [&](const char* field) {
    auto wanted = std::string{field} + " ";
    if (!std::getline(lines, line) || !line.starts_with(wanted)) {
      is_mark = false;
      return std::string{};
    }
    return line.substr(wanted.size());
  };
  auto number = [&](const char* field) -> std::uint64_t {
    auto parsed = parse_count(value_behind(field));
    is_mark = is_mark && parsed;
    return parsed ? *parsed : 0;
  };
  // One before 1970 is of a version that believed any clock.
  auto time = [&](const char* field) -> std::int64_t {
    auto written = value_behind(field);
    auto is_negative = written.starts_with("-");
    auto parsed = parse_count(is_negative ? written.substr(1) : written);
    is_mark = is_mark && parsed && *parsed <= INT64_MAX;
    return parsed && !is_negative ? static_cast<std::int64_t>(*parsed) : 0;
  };
  mark.application = value_behind("application");
  mark.output = value_behind("output");
  mark.owner = number("owner");
  mark.place = value_behind("data-directory");
  mark.newest_batch = number("newest-batch");
  mark.newest_time_ms = time("newest-time-ms");
  if (!is_mark)
    return fail(error_code::corrupt, "the file that names the owner of this output cannot be read", path,
                "if the directories beside it belong to this application, remove the file");
  return mark;
}

result<std::optional<output_mark>> read_mark(const file_system& files, const std::string& path) {
  auto text = files.read(path);
  if (!text)
    return tl::make_unexpected(text.error());
  if (!*text || (*text)->empty())
    return std::optional<output_mark>{};
  return parse_mark(**text, path).map([](output_mark mark) { return std::optional{std::move(mark)}; });
}

result<void> write_mark(file_system& files, const std::string& path, const output_mark& mark) {
  if (auto written = files.write(path + temporary_suffix, mark_text(mark)); !written)
    return written;
  if (auto synced = files.sync({path + temporary_suffix}); !synced)
    return synced;
  return files.rename(path + temporary_suffix, path);
}

tl::unexpected<error> owned_by_another(const output_mark& mark, const std::string& application,
                                       const std::string& place, const plan::output_target& target) {
  if (mark.application == application && mark.place == place && place != no_data_directory)
    return fail(error_code::configuration,
                "the output text:" + target.prefix + " has results of an earlier data directory that lay at " + place +
                  "; the one that is there now was begun anew",
                mark_path(target),
                "bring the earlier one back, or choose another prefix; or move its results away and remove this file");
  return fail(
    error_code::configuration,
    "the output text:" + target.prefix + " belongs to the application " + owner_text(mark.application, mark.place) +
      ", this is " + owner_text(application, place),
    mark_path(target),
    "choose another prefix; if that application will never run again, move its results away and remove this file");
}

} // namespace weir::actors
