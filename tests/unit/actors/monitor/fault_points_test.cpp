#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "actors/monitor/chaos_page.hpp"

#include <catch2/catch.hpp>

using namespace weir::actors;

namespace {

/// This file lies in tests/unit/actors/monitor.
std::filesystem::path repository_root() {
  auto here = std::filesystem::path{__FILE__};
  for (int i = 0; i < 5; ++i)
    here = here.parent_path();
  return here;
}

/// The names at which the actors' sources can be killed: `fault_point("...")`, and those that a write group carries to its commit.
std::multiset<std::string> names_in_sources() {
  static const std::regex use{"(?:fault_point\\(|\\.before = |\\.after = )\"([^\"]*)\""};
  std::multiset<std::string> names;
  for (auto& entry : std::filesystem::recursive_directory_iterator{repository_root() / "actors"}) {
    if (entry.path().extension() != ".cpp")
      continue;
    std::stringstream text;
    text << std::ifstream{entry.path()}.rdbuf();
    auto source = text.str();
    for (std::sregex_iterator at{source.begin(), source.end(), use}, end; at != end; ++at)
      names.insert((*at)[1]);
  }
  return names;
}

} // namespace

TEST_CASE("the list of fault points is that of the sources", "[chaos]") {
  auto used = names_in_sources();
  std::set<std::string> listed;
  for (auto& point : fault_points) {
    CHECK(listed.insert(point.name).second);
    CHECK(std::string{point.name}.size() < sizeof chaos_page::armed);
  }
  REQUIRE(used.size() >= listed.size());
  for (auto& name : used) {
    INFO("a fault point that actors/monitor/chaos_page.hpp does not list: " << name);
    CHECK(listed.count(name) == 1);
  }
  for (auto& name : listed) {
    INFO("a listed fault point, of which the sources should have exactly one: " << name);
    CHECK(used.count(name) == 1);
  }
}

TEST_CASE("every phase of a batch has a fault point", "[chaos]") {
  std::set<phase> reached;
  for (auto& point : fault_points)
    reached.insert(point.where);
  CHECK(reached.size() == phase_count);
}

TEST_CASE("an open batch is counted only on an attached page, and no unarmed point kills", "[chaos]") {
  report_phase(phase::sealed, 3); // nobody looks
  chaos_page page;
  for (auto& open : page.open)
    open = 0;
  use_chaos_page(&page);
  report_phase(phase::sealed, 2);
  for (auto& point : fault_points)
    fault_point(point.name);
  use_chaos_page(nullptr);
  CHECK(page.open[static_cast<int>(phase::sealed)] == 2);
  CHECK(page.hit == 0);
}
