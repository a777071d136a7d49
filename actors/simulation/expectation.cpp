#include "actors/simulation/expectation.hpp"

#include <algorithm>

#include "actors/simulation/poison.hpp"

namespace weir::actors::simulation {

std::string expectation::text_of(std::string_view line) {
  for (auto end : {'\n', '\r'})
    if (!line.empty() && line.back() == end)
      line.remove_suffix(1);
  return std::string{line};
}

std::string expectation::judge_lines(const std::map<std::string, std::uint64_t>& came, bool isolated,
                                     bool complete) const {
  for (auto& [text, how] : lines_) {
    auto entry = came.find(text);
    auto times = entry == came.end() ? 0 : entry->second;
    auto all = how.promised + how.possible;
    auto may_lack = !complete || (isolated && is_poisoned_line(text));
    auto least = may_lack ? 0 : how.promised - std::min(how.promised, how.skipped);
    if (times < least || times > all - std::min(all, how.skipped))
      return "a line came " + std::to_string(times) + " times, and was sent " + std::to_string(how.promised) +
             " times, or " + std::to_string(how.possible) + " times more: " + text;
  }
  for (auto& [text, times] : came)
    if (lines_.count(text) == 0)
      return "a line came that nobody sent: " + text;
  return {};
}

std::string expectation::tell(checker& counts, checker& sums, checker& dead_letters, bool isolated) const {
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> keys; // least and most occurrences of poisoned ones
  for (auto& [text, how] : lines_) {
    auto all = how.promised + how.possible;
    if (how.skipped > all)
      return "a batch was skipped with a line that nobody sent: " + text;
    auto least = how.promised - std::min(how.promised, how.skipped);
    auto most = all - how.skipped;
    if (isolated && is_poisoned_line(text)) {
      dead_letters.expect(text, least, most);
      continue;
    }
    for (auto& word : naive_words(text)) {
      sums.expect(word, least, most);
      if (isolated && is_poisoned_key(word)) {
        keys[word].first += least;
        keys[word].second += most;
      } else {
        counts.expect(word, least, most);
      }
    }
  }
  for (auto& [word, count] : keys) // once a batch that has it
    dead_letters.expect(word, count.first > 0 ? 1 : 0, count.second);
  return {};
}

} // namespace weir::actors::simulation
