#include "actors/runtime/input_places.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "actors/sources/feeds.hpp"
#include "actors/sources/text_generator.hpp"
#include "libstream/base/text.hpp"
#include "libstream/log/keys.hpp"

namespace weir::actors {

namespace {

constexpr std::string_view counted_prefix = "weir-"; ///< data directories that knew ports by their place

namespace fs = std::filesystem;

constexpr std::string_view file_prefix = "file:";

/// The directory itself: what the path leads to now, through all links.
std::string followed(const std::string& directory) {
  std::error_code unknown;
  auto there = fs::weakly_canonical(fs::absolute(directory, unknown), unknown);
  if (unknown)
    return directory;
  return (there.has_filename() ? there : there.parent_path()).string();
}

/// As it was given, but absolute and without "." and ".."; links keep their names. A ".." behind a link leads elsewhere than its text
/// says, so it stays.
std::string absolute_directory(const std::string& directory) {
  std::error_code unknown;
  auto given = fs::absolute(directory, unknown);
  if (unknown)
    return directory;
  auto shorter = given.lexically_normal();
  if (!shorter.has_filename() && shorter.has_relative_path())
    shorter = shorter.parent_path();
  return followed(shorter.string()) == followed(given.string()) ? shorter.string() : given.string();
}

/// The directory itself of the name of a `file:` input; nothing of other names.
std::optional<std::string> directory_behind(const std::string& name) {
  return name.starts_with(file_prefix) ? std::optional{followed(name.substr(file_prefix.size()))} : std::nullopt;
}

std::string url_name(const input_url& input) {
  switch (input.what()) {
    case input_url::kind::file: return std::string{file_prefix} + absolute_directory(input.directory());
    case input_url::kind::generate: // checked before
      return generator_name(parse_generator_options(input.query()).value());
    default: return input.text();
  }
}

bool has_port_zero(const input_url& input) {
  return input.what() == input_url::kind::weir && input.address().ends_with(":0");
}

std::optional<std::uint64_t> counted_place(const std::string& name) {
  auto place = parse_count(name.starts_with(counted_prefix) ? name.substr(counted_prefix.size()) : "");
  return place ? std::optional{*place} : std::nullopt;
}

/// What to do so that an input of the data directory is given again.
std::string how_to_give(const std::string& name) {
  auto shown = log::printable(name);
  if (name.starts_with("stream:"))
    return "let the program read it again under the same name";
  constexpr std::string_view generator = "generate:";
  if (name.starts_with(generator) && !name.starts_with("generate://"))
    return "give it again with --input 'generate://?" + shown.substr(generator.size()) + "'";
  auto url = parse_input_url(name);
  if (url && url->given_name().empty())
    return "give it again with --input '" + shown + "'";
  if (auto number = name.rfind('#'); number != std::string::npos) // the second of several that any free port may serve
    if (auto port = parse_input_url(name.substr(0, number)); port && has_port_zero(*port))
      return "give it again with --input '" + log::printable(port->text()) + "?name=" + shown + "'";
  return "give it again with its name: --input 'weir://ADDR:PORT?name=" + shown +
         "', or 'tcp://HOST:PORT?name=" + shown + "'";
}

bool is_port(const log::input_record& known) { return counted_place(known.name) || known.name.starts_with("weir://"); }

/// Matches the inputs of one start, step by step; whatever is matched is left alone by the later steps.
class matching {
public:
  matching(const std::vector<input_url>& given, const std::vector<log::input_record>& known)
    : given_{given}, known_{known}, names_{input_names(given)}, place_of_(given.size()), taken_(known.size()) {}

  result<input_places> run(const std::vector<std::string>& forget) {
    if (auto unique = check_names(); !unique)
      return tl::make_unexpected(unique.error());
    by_name();
    by_directory();
    by_counted_place();
    by_being_the_only_one();
    places_.inputs.resize(known_.size());
    if (auto given_up = give_up(forget); !given_up)
      return tl::make_unexpected(given_up.error());
    for (std::size_t index = 0; index < given_.size(); ++index)
      place(index);
    return std::move(places_);
  }

private:
  result<void> check_names() const {
    for (std::size_t index = 0; index < names_.size(); ++index)
      if (std::find(names_.begin(), names_.begin() + static_cast<std::ptrdiff_t>(index), names_[index]) !=
          names_.begin() + static_cast<std::ptrdiff_t>(index))
        return given_[index].given_name().empty()
                 ? fail(error_code::configuration, "the input is given twice", given_[index].text(), "give it once")
                 : fail(error_code::configuration, "two inputs have the name \"" + names_[index] + "\"",
                        given_[index].text(), "give each a name of its own");
    return check_directories();
  }

  /// Two paths that lead to one directory would count its files twice.
  result<void> check_directories() const {
    std::map<std::string, std::string> paths;
    for (auto& name : names_)
      if (auto directory = directory_behind(name))
        if (auto [first, is_new] = paths.emplace(*directory, name); !is_new)
          return fail(error_code::configuration,
                      "the input is given twice, the other time as " + log::printable(first->second),
                      log::printable(name), "both paths lead to the same directory: give it once");
    return {};
  }

  void match(std::size_t given, std::size_t known) {
    place_of_[given] = known;
    taken_[known] = true;
  }

  void by_name() {
    for (std::size_t index = 0; index < given_.size(); ++index)
      for (std::size_t known = 0; known < known_.size(); ++known)
        if (known_[known].name == names_[index])
          match(index, known);
  }

  /// Another path that leads to the directory of an input. Names used to have no links in them.
  void by_directory() {
    for (std::size_t index = 0; index < given_.size(); ++index)
      for (std::size_t known = 0; known < known_.size() && !place_of_[index]; ++known)
        if (auto directory = directory_behind(names_[index]);
            !taken_[known] && directory && directory == directory_behind(known_[known].name)) {
          match(index, known);
          places_.notes.push_back("the input " + log::printable(known_[known].name) + " is now " +
                                  log::printable(names_[index]) +
                                  ", as both paths lead to the same directory; it goes on where it was");
        }
  }

  std::vector<std::size_t> missing_ports() const {
    std::vector<std::size_t> missing_places;
    for (std::size_t known = 0; known < known_.size(); ++known)
      if (!taken_[known] && !known_[known].forgotten && is_port(known_[known]))
        missing_places.push_back(known);
    return missing_places;
  }

  std::vector<std::size_t> fresh_ports() const {
    std::vector<std::size_t> new_inputs;
    for (std::size_t index = 0; index < given_.size(); ++index)
      if (!place_of_[index] && given_[index].what() == input_url::kind::weir)
        new_inputs.push_back(index);
    return new_inputs;
  }

  void by_counted_place() {
    auto missing = missing_ports();
    if (!std::all_of(missing.begin(), missing.end(), [&](auto place) { return counted_place(known_[place].name); }))
      return;
    std::sort(missing.begin(), missing.end(),
              [&](auto a, auto b) { return *counted_place(known_[a].name) < *counted_place(known_[b].name); });
    auto fresh = fresh_ports();
    for (std::size_t index = 0; index < std::min(missing.size(), fresh.size()); ++index)
      match(fresh[index], missing[index]);
  }

  void by_being_the_only_one() {
    auto missing = missing_ports();
    auto fresh = fresh_ports();
    if (missing.size() != 1 || fresh.size() != 1)
      return;
    match(fresh.front(), missing.front());
    places_.notes.push_back("the input " + log::printable(known_[missing.front()].name) + " is now " +
                            log::printable(names_[fresh.front()]) + "; its producers go on where they were");
  }

  /// The inputs of the data directory that somebody means by this name or URL.
  std::vector<bool> meant_by(const std::string& wanted) const {
    std::vector<bool> meant(known_.size());
    auto mark = [&](auto is_meant) {
      for (std::size_t known = 0; known < known_.size(); ++known)
        meant[known] = is_meant(known_[known].name);
      return std::find(meant.begin(), meant.end(), true) != meant.end();
    };
    if (mark([&](auto& name) { return name == wanted; }))
      return meant;
    auto url = parse_input_url(wanted);
    if (!url || (url->what() == input_url::kind::generate && !parse_generator_options(url->query())))
      return meant;
    auto name_of_url = input_names({*url}).front();
    if (!mark([&](auto& name) { return name == name_of_url; }))
      if (auto directory = directory_behind(name_of_url))
        mark([&](auto& name) { return directory == directory_behind(name); });
    return meant;
  }

  result<void> give_up(const std::vector<std::string>& forget) {
    std::vector<std::vector<bool>> meant;
    for (auto& each : forget)
      meant.push_back(meant_by(each));
    for (std::size_t known = 0; known < known_.size(); ++known) {
      auto& record = known_[known];
      auto wanted = std::any_of(meant.begin(), meant.end(), [known](auto& each) { return each[known]; });
      if (taken_[known] && wanted)
        return fail(error_code::configuration,
                    "the input " + log::printable(record.name) + " is both given and given up", "--forget-input",
                    "leave out either --input or --forget-input");
      if (taken_[known])
        continue;
      if (!wanted && !record.forgotten)
        return missing(record);
      places_.inputs[record.input.value] = input_url::given_up(record.name);
      if (record.forgotten)
        continue;
      places_.written.push_back(record);
      places_.written.back().forgotten = true;
      gives_up_ = true;
      places_.notes.push_back(
        "the input " + log::printable(record.name) +
        " is given up: what its source still has is not read. What came from it stays counted, and "
        "when it is given again it goes on where it was");
    }
    for (std::size_t index = 0; index < forget.size(); ++index)
      if (std::find(meant[index].begin(), meant[index].end(), true) == meant[index].end())
        return unknown(forget[index]);
    return {};
  }

  tl::unexpected<error> missing(const log::input_record& record) const {
    auto moved = is_port(record) && !fresh_ports().empty();
    return fail(error_code::configuration,
                "the data directory has an input that was not given: " + log::printable(record.name), "--input",
                moved ? "which of several inputs has moved cannot be told: give each its old URL, or write "
                        "weir://HOST:PORT?name=" +
                          log::printable(record.name) + " for the one that goes on with it"
                      : how_to_give(record.name) + ", give it up with --forget-input '" + log::printable(record.name) +
                          "', or use another --data-dir");
  }

  tl::unexpected<error> unknown(const std::string& wanted) const {
    std::vector<std::string> names;
    for (auto& record : known_)
      names.push_back(record.name);
    auto nearest = nearest_name(wanted, names);
    std::string known;
    for (auto& name : names)
      known += (known.empty() ? "it has " : ", ") + log::printable(name);
    return fail(error_code::configuration, "the data directory has no input \"" + log::printable(wanted) + "\"",
                "--forget-input",
                !nearest.empty() ? "did you mean \"" + log::printable(nearest) + "\"?"
                : known.empty()  ? "leave it out"
                                 : known);
  }

  void place(std::size_t index) {
    if (!place_of_[index]) {
      log::input_record record{input_id{static_cast<std::uint32_t>(places_.inputs.size())}, names_[index]};
      places_.inputs.push_back(given_[index]);
      places_.written.push_back(record);
      if (gives_up_ && given_[index].what() == input_url::kind::file)
        places_.notes.push_back("the input " + log::printable(names_[index]) +
                                " is new to the data directory: all of its files are read from the beginning, also "
                                "those that were counted when an input that is given up had them");
      return;
    }
    auto& record = known_[*place_of_[index]];
    places_.inputs[record.input.value] = given_[index];
    if (record.name == names_[index] && !record.forgotten)
      return;
    if (record.name != names_[index])
      places_.renamed.push_back(record);
    places_.written.push_back({record.input, names_[index]});
  }

  const std::vector<input_url>& given_;
  const std::vector<log::input_record>& known_;
  std::vector<std::string> names_;
  std::vector<std::optional<std::size_t>> place_of_; ///< of each given input, in `known_`
  std::vector<bool> taken_;
  bool gives_up_ = false;
  input_places places_;
};

} // namespace

std::vector<std::string> input_names(const std::vector<input_url>& inputs) {
  std::vector<std::string> names;
  std::map<std::string, int> alike;
  for (auto& input : inputs) {
    auto name = input.given_name().empty() ? url_name(input) : input.given_name();
    if (input.given_name().empty() && has_port_zero(input))
      if (auto number = ++alike[name]; number > 1)
        name += "#" + std::to_string(number);
    names.push_back(std::move(name));
  }
  return names;
}

result<input_places> place_inputs(const std::vector<input_url>& given, const std::vector<log::input_record>& known,
                                  const std::vector<std::string>& forget) {
  return matching{given, known}.run(forget);
}

void put_inputs(log::transaction& changes, const input_places& places) {
  for (auto& record : places.renamed)
    log::erase_input(changes, record.name);
  for (auto& record : places.written)
    log::put_input(changes, record);
}

} // namespace weir::actors
