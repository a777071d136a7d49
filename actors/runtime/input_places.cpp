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

std::string url_name(const input_url& input) {
  switch (input.what()) {
    case input_url::kind::file:
      return "file:" + std::filesystem::weakly_canonical(std::filesystem::absolute(input.directory())).string();
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
    by_counted_place();
    by_being_the_only_one();
    places_.inputs.resize(known_.size());
    if (auto given_up = give_up(forget); !given_up)
      return tl::make_unexpected(given_up.error());
    for (std::size_t at = 0; at < given_.size(); ++at)
      place(at);
    return std::move(places_);
  }

private:
  result<void> check_names() const {
    for (std::size_t at = 0; at < names_.size(); ++at)
      if (std::find(names_.begin(), names_.begin() + static_cast<std::ptrdiff_t>(at), names_[at]) !=
          names_.begin() + static_cast<std::ptrdiff_t>(at))
        return given_[at].given_name().empty()
                 ? fail(error_code::configuration, "the input is given twice", given_[at].text(), "give it once")
                 : fail(error_code::configuration, "two inputs have the name \"" + names_[at] + "\"", given_[at].text(),
                        "give each a name of its own");
    return {};
  }

  void match(std::size_t given, std::size_t known) {
    place_of_[given] = known;
    taken_[known] = true;
  }

  void by_name() {
    for (std::size_t at = 0; at < given_.size(); ++at)
      for (std::size_t known = 0; known < known_.size(); ++known)
        if (known_[known].name == names_[at])
          match(at, known);
  }

  std::vector<std::size_t> missing_ports() const {
    std::vector<std::size_t> found;
    for (std::size_t known = 0; known < known_.size(); ++known)
      if (!taken_[known] && !known_[known].forgotten && is_port(known_[known]))
        found.push_back(known);
    return found;
  }

  std::vector<std::size_t> fresh_ports() const {
    std::vector<std::size_t> found;
    for (std::size_t at = 0; at < given_.size(); ++at)
      if (!place_of_[at] && given_[at].what() == input_url::kind::weir)
        found.push_back(at);
    return found;
  }

  void by_counted_place() {
    auto missing = missing_ports();
    if (!std::all_of(missing.begin(), missing.end(), [&](auto at) { return counted_place(known_[at].name); }))
      return;
    std::sort(missing.begin(), missing.end(),
              [&](auto a, auto b) { return *counted_place(known_[a].name) < *counted_place(known_[b].name); });
    auto fresh = fresh_ports();
    for (std::size_t at = 0; at < std::min(missing.size(), fresh.size()); ++at)
      match(fresh[at], missing[at]);
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

  bool means(const std::string& wanted, const std::string& name) const {
    if (wanted == name)
      return true;
    auto url = parse_input_url(wanted);
    if (!url || (url->what() == input_url::kind::generate && !parse_generator_options(url->query())))
      return false;
    return input_names({*url}).front() == name;
  }

  result<void> give_up(const std::vector<std::string>& forget) {
    std::vector<bool> used(forget.size());
    for (std::size_t known = 0; known < known_.size(); ++known) {
      auto& record = known_[known];
      auto wanted = false;
      for (std::size_t at = 0; at < forget.size(); ++at)
        if (means(forget[at], record.name))
          wanted = used[at] = true;
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
      places_.notes.push_back(
        "the input " + log::printable(record.name) +
        " is given up: what its source still has is not read. What came from it stays counted, and "
        "when it is given again it goes on where it was");
    }
    for (std::size_t at = 0; at < forget.size(); ++at)
      if (!used[at])
        return unknown(forget[at]);
    return {};
  }

  tl::unexpected<error> missing(const log::input_record& record) const {
    auto moved = is_port(record) && !fresh_ports().empty();
    return fail(error_code::configuration,
                "the data directory has an input that was not given: " + log::printable(record.name), "--input",
                moved ? "which of several inputs has moved cannot be told: give each its old URL, or write "
                        "weir://HOST:PORT?name=" +
                          log::printable(record.name) + " for the one that goes on with it"
                      : "give it again, give it up with --forget-input '" + log::printable(record.name) +
                          "', or use another --data-dir");
  }

  tl::unexpected<error> unknown(const std::string& wanted) const {
    std::vector<std::string> names;
    for (auto& record : known_)
      names.push_back(record.name);
    auto nearest = nearest_name(wanted, names);
    std::string all;
    for (auto& name : names)
      all += (all.empty() ? "it has " : ", ") + log::printable(name);
    return fail(error_code::configuration, "the data directory has no input \"" + log::printable(wanted) + "\"",
                "--forget-input",
                !nearest.empty() ? "did you mean \"" + log::printable(nearest) + "\"?"
                : all.empty()    ? "leave it out"
                                 : all);
  }

  void place(std::size_t at) {
    if (!place_of_[at]) {
      log::input_record record{input_id{static_cast<std::uint32_t>(places_.inputs.size())}, names_[at]};
      places_.inputs.push_back(given_[at]);
      places_.written.push_back(record);
      return;
    }
    auto& record = known_[*place_of_[at]];
    places_.inputs[record.input.value] = given_[at];
    if (record.name == names_[at] && !record.forgotten)
      return;
    if (record.name != names_[at])
      places_.renamed.push_back(record);
    places_.written.push_back({record.input, names_[at]});
  }

  const std::vector<input_url>& given_;
  const std::vector<log::input_record>& known_;
  std::vector<std::string> names_;
  std::vector<std::optional<std::size_t>> place_of_; ///< of each given input, in `known_`
  std::vector<bool> taken_;
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
