#include "tests/docs/snippets.hpp"

#include <algorithm>
#include <fstream>

#include <catch2/catch.hpp>

namespace weir::docs {

namespace {

/// The lines between the markers.
std::vector<std::string> region(const char* file, const std::string& name) {
  std::ifstream source{file};
  std::vector<std::string> lines;
  auto inside = false;
  for (std::string line; std::getline(source, line);) {
    if (inside && line == "// [end]")
      return lines;
    if (inside)
      lines.push_back(line);
    inside = inside || line == "// [" + name + "]";
  }
  FAIL("no snippet [" << name << "] in " << file);
  return {};
}

/// Outputs separate key and value by a tab.
std::string spaced(std::string text) {
  std::replace(text.begin(), text.end(), '\t', ' ');
  return text;
}

/// "a | b", sorted.
std::vector<std::string> listed(std::string text) {
  std::vector<std::string> parts;
  if (text.empty())
    return parts;
  for (std::size_t bar = 0; (bar = text.find(" | ")) != std::string::npos; text.erase(0, bar + 3))
    parts.push_back(text.substr(0, bar));
  parts.push_back(text);
  return parts;
}

} // namespace

void results::take(std::string text) { lines_.push_back(spaced(std::move(text))); }

void check_results(const char* file, const std::string& name, const std::function<void(results&)>& snippet) {
  std::vector<std::string> expected;
  auto shows = false; // within such a statement
  for (auto& line : region(file, name)) {
    shows = shows || line.find("shows(") < line.find("//");
    if (auto comment = line.find("// "); shows && comment != std::string::npos) {
      expected.push_back(line.substr(comment + 3));
      shows = false;
    }
  }
  REQUIRE_FALSE(expected.empty());
  results shown;
  snippet(shown);
  CHECK(shown.lines() == expected);
}

void check_batches(const char* file, const std::string& name, const application& snippet) {
  testing::test_driver driver{snippet, {2, 3, 1000}};
  auto compared = 0;
  for (auto& line : region(file, name)) {
    auto slashes = line.find("// ");
    auto colon = line.find(':', slashes == std::string::npos ? line.size() : slashes);
    if (colon == std::string::npos)
      continue;
    auto subject = line.substr(slashes + 3, colon - slashes - 3);
    auto records = listed(colon + 2 < line.size() ? line.substr(colon + 2) : "");
    if (subject == "in") {
      driver.push(records).step();
      continue;
    }
    std::vector<std::string> shown;
    auto output = driver.output(subject);
    for (auto& each : output.lines())
      shown.push_back(spaced(each.text));
    std::sort(records.begin(), records.end());
    std::sort(shown.begin(), shown.end());
    INFO(line);
    CHECK(shown == records);
    ++compared;
  }
  REQUIRE(compared > 0);
}

} // namespace weir::docs
