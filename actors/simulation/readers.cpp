#include "actors/simulation/readers.hpp"

#include "actors/simulation/simulated_program.hpp"

namespace weir::actors::simulation {

readers::readers(const scenario& planned, const simulated_files& files)
  : planned_{planned},
    files_{files},
    counts_{planned.output_prefixes},
    sums_{planned.upgrades.swap_outputs ? std::vector<std::string>{sums_prefix} : std::vector<std::string>{}},
    dead_letters_{{dead_letter_prefix}, checker::format::dead_letters},
    drawn_{planned.pipeline.any() ? std::vector<std::string>{drawn_prefix, halfway_prefix}
                                  : std::vector<std::string>{}} {}

void readers::look() {
  if (files_.version() == looked_at_)
    return;
  looked_at_ = files_.version();
  for (auto& prefix : planned_.output_prefixes)
    look_at(counts_, prefix);
  if (planned_.upgrades.swap_outputs)
    look_at(sums_, sums_prefix);
  look_at(dead_letters_, dead_letter_prefix);
  if (planned_.pipeline.any())
    for (auto prefix : {drawn_prefix, halfway_prefix})
      look_at(drawn_, prefix);
}

void readers::look_at(checker& judge, const std::string& prefix) {
  auto parent = prefix.substr(0, prefix.rfind('/'));
  std::map<std::string, checker::directory> seen;
  for (auto& [name, files] : files_.directories_in(parent))
    seen.emplace(parent + "/" + name, files);
  judge.look(prefix, seen);
}

bool readers::has_complaint() const {
  return !counts_.violations().empty() || !sums_.violations().empty() || !dead_letters_.violations().empty() ||
         !drawn_.violations().empty();
}

checker::verdict readers::conclude() {
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
