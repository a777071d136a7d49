#include "libstream/base/marks.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>

using namespace weir;

namespace {

/// This file lies in tests/unit/base.
std::filesystem::path repository_root() {
  auto here = std::filesystem::path{__FILE__};
  for (int i = 0; i < 4; ++i)
    here = here.parent_path();
  return here;
}

/// The names that the sources reach: `mark("...")`, also one of two by a condition.
std::set<std::string> names_in(const std::string& source) {
  static const std::regex use{"\\bmark\\(([^;]*)\\);"};
  static const std::regex name{"\"([^\"]*)\""};
  std::set<std::string> names;
  for (std::sregex_iterator at{source.begin(), source.end(), use}, end; at != end; ++at) {
    auto given = (*at)[1].str();
    for (std::sregex_iterator each{given.begin(), given.end(), name}; each != end; ++each)
      names.insert((*each)[1]);
  }
  return names;
}

std::set<std::string> names_in_sources() {
  std::set<std::string> names;
  for (auto room : {"libstream", "actors"})
    for (auto& entry : std::filesystem::recursive_directory_iterator{repository_root() / room}) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp")
        continue;
      std::stringstream text;
      text << std::ifstream{entry.path()}.rdbuf();
      names.merge(names_in(text.str()));
    }
  return names;
}

std::uint64_t passes(std::string_view name) {
  auto place = std::find(std::begin(mark_names), std::end(mark_names), name) - std::begin(mark_names);
  return marks_reached().at(static_cast<std::size_t>(place));
}

} // namespace

TEST_CASE("the list of marks is that of the sources", "[marks]") {
  auto used = names_in_sources();
  std::set<std::string> listed{std::begin(mark_names), std::end(mark_names)};
  for (auto& name : used) {
    INFO("a mark that libstream/base/marks.hpp does not list: " << name);
    CHECK(listed.count(name) == 1);
  }
  for (auto& name : listed) {
    INFO("a listed mark that no source reaches: " << name);
    CHECK(used.count(name) == 1);
  }
}

TEST_CASE("marks are listed once each, in alphabetical order", "[marks]") {
  CHECK(std::adjacent_find(std::begin(mark_names), std::end(mark_names), std::greater_equal{}) == std::end(mark_names));
}

TEST_CASE("a mark counts how often its place was reached, and nothing else", "[marks]") {
  auto before = marks_reached();
  mark(mark_names[1]);
  mark(mark_names[1]);
  mark("nobody.knows_it");
  CHECK(passes(mark_names[1]) == before[1] + 2);
  before[1] += 2;
  CHECK(marks_reached() == before);
}
