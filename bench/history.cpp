#include "bench/history.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <stdexcept>

namespace weir::bench {

namespace {

constexpr double tolerated_loss = 0.15;

std::string key_of(const measurement& of) {
  return of.name + "|" + std::to_string(of.executors) + "|" + (of.log ? "log" : "none");
}

nlohmann::json read_entries(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file))
    return nlohmann::json::array();
  std::ifstream from{file};
  auto entries = nlohmann::json::parse(from, nullptr, false);
  if (!entries.is_array())
    throw std::runtime_error{file.string() + ": not a list of entries; restore it from the repository"};
  return entries;
}

std::string today() {
  auto now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

/// The ratio that the best of the runs would have had: a case is slower only when even that is.
double best_ratio(const measurement& of) {
  return *std::max_element(of.runs.begin(), of.runs.end()) / median(of.yardstick);
}

} // namespace

void record_history(const std::filesystem::path& file, const std::string& commit,
                    const std::vector<measurement>& found) {
  auto entries = read_entries(file);
  auto ratios = nlohmann::json::object();
  for (auto& each : found)
    if (auto ratio = each.ratio(); ratio && each.correct())
      ratios[key_of(each)] = std::round(*ratio * 1000) / 1000;
  entries.push_back({{"commit", commit}, {"date", today()}, {"cases", ratios}});
  std::ofstream into{file};
  into << "[\n";
  for (std::size_t i = 0; i < entries.size(); ++i) // an entry a line: a diff shows what was added
    into << entries[i].dump() << (i + 1 < entries.size() ? ",\n" : "\n");
  into << "]\n";
  if (!into.flush())
    throw std::runtime_error{file.string() + ": cannot be written"};
}

std::vector<std::string> slower_than_history(const std::filesystem::path& file, const std::vector<measurement>& found) {
  auto entries = read_entries(file);
  std::vector<std::string> sentences;
  for (auto& each : found) {
    auto ratio = each.ratio();
    auto last = std::find_if(entries.rbegin(), entries.rend(),
                             [&](auto& entry) { return entry.at("cases").contains(key_of(each)); });
    if (!ratio || last == entries.rend())
      continue;
    auto before = last->at("cases").at(key_of(each)).template get<double>();
    if (*ratio < before * (1 - tolerated_loss) && best_ratio(each) < before) {
      char text[256];
      std::snprintf(text, sizeof text, "%s became slower: ratio %.2f, was %.2f at %.10s of %s", key_of(each).c_str(),
                    *ratio, before, last->at("commit").template get<std::string>().c_str(),
                    last->at("date").template get<std::string>().c_str());
      sentences.emplace_back(text);
    }
  }
  return sentences;
}

} // namespace weir::bench
