#include "actors/simulation/readers.hpp"

#include "actors/simulation/simulated_program.hpp"

namespace weir::actors::simulation {

readers::readers(const scenario& planned, simulated_files& files)
  : planned_{planned},
    files_{files},
    counts_{planned.output_prefixes},
    sums_{planned.upgrades.swap_outputs ? std::vector<std::string>{sums_prefix} : std::vector<std::string>{}},
    dead_letters_{{dead_letter_prefix}, checker::format::dead_letters},
    drawn_{planned.pipeline.any() ? std::vector<std::string>{drawn_prefix, halfway_prefix}
                                  : std::vector<std::string>{}} {}

void readers::look() {
  auto changes = files_.take_changes();
  if (changes.none())
    return;
  if (changes.anything || looks_until_all_ < changes.directories.size())
    return look_at_all();
  looks_until_all_ -= changes.directories.size();
  look_at(changes.directories);
}

/// Calls `visit(checker, prefix)` for each output.
template <class Visit>
void readers::visit_outputs(Visit visit) {
  for (auto& prefix : planned_.output_prefixes)
    visit(counts_, prefix);
  if (planned_.upgrades.swap_outputs)
    visit(sums_, std::string{sums_prefix});
  visit(dead_letters_, std::string{dead_letter_prefix});
  if (planned_.pipeline.any())
    for (auto prefix : {drawn_prefix, halfway_prefix})
      visit(drawn_, std::string{prefix});
}

void readers::look_at_all() {
  looks_until_all_ = 0;
  visit_outputs([this](checker& judge, const std::string& prefix) {
    auto parent = prefix.substr(0, prefix.rfind('/'));
    std::map<std::string, checker::directory> seen;
    for (auto& [name, files] : files_.directories_in(parent))
      seen.emplace(parent + "/" + name, files);
    looks_until_all_ += seen.size();
    judge.look(prefix, seen);
  });
}

void readers::look_at(const std::set<std::string>& changed) {
  visit_outputs([&](checker& judge, const std::string& prefix) {
    std::map<std::string, std::optional<checker::directory>> seen;
    for (auto& path : changed)
      if (belongs_to(path, prefix))
        seen.emplace(path, files_.files_in(path));
    if (!seen.empty())
      judge.look_at_changes(prefix, seen);
  });
}

bool readers::has_complaint() const {
  return !counts_.violations().empty() || !sums_.violations().empty() || !dead_letters_.violations().empty() ||
         !drawn_.violations().empty();
}

checker::verdict readers::conclude() {
  look_at_all();
  checker::verdict sum;
  for (auto judge : {&counts_, &sums_, &dead_letters_}) {
    auto more = judge->conclude();
    sum.lost += more.lost;
    sum.duplicated += more.duplicated;
    if (sum.example.empty())
      sum.example = more.example;
  }
  return sum;
}

std::vector<std::string> readers::violations() const {
  std::vector<std::string> all;
  for (auto judge : {&counts_, &sums_, &dead_letters_, &drawn_})
    all.insert(all.end(), judge->violations().begin(), judge->violations().end());
  return all;
}

simulated_table::published_parts readers::published(const std::string& prefix) const {
  auto slash = prefix.rfind('/');
  auto name = prefix.substr(slash + 1) + "-";
  simulated_table::published_parts parts;
  for (auto& [directory, files] : files_.directories_in(prefix.substr(0, slash)))
    if (directory.starts_with(name))
      for (auto& [file, bytes] : files)
        if (file.starts_with("part-"))
          parts[std::stoll(directory.substr(name.size()))][static_cast<std::uint32_t>(std::stoul(file.substr(5)))] =
            *bytes;
  return parts;
}

} // namespace weir::actors::simulation
