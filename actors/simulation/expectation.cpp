#include "actors/simulation/expectation.hpp"

#include "actors/simulation/poison.hpp"

namespace weir::actors::simulation {

std::string expectation::text_of(std::string_view line) {
  for (auto end : {'\n', '\r'})
    if (!line.empty() && line.back() == end)
      line.remove_suffix(1);
  return std::string{line};
}

std::string expectation::tell(checker& counts, checker& dead_letters, bool isolated) const {
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
    for (auto& word : naive_words(text))
      if (isolated && is_poisoned_key(word)) {
        keys[word].first += least;
        keys[word].second += most;
      } else {
        counts.expect(word, least, most);
      }
  }
  for (auto& [word, count] : keys) // once a batch that has it
    dead_letters.expect(word, count.first > 0 ? 1 : 0, count.second);
  return {};
}

} // namespace weir::actors::simulation
