#include "actors/simulation/poison.hpp"

#include <stdexcept>
#include <string>

#include "actors/simulation/checker.hpp"
#include "libstream/api/dstream.hpp"
#include "libstream/operators/split_words.hpp"

namespace weir::actors::simulation {

bool is_poisoned_line(std::string_view line) {
  for (auto& word : naive_words(line))
    if (word.starts_with("!m"))
      return true;
  return false;
}

bool is_poisoned_key(std::string_view word) { return word.starts_with("!k"); }

void poison::look_at_line(std::string_view line) {
  if (line.find('!') == std::string_view::npos)
    return;
  for (auto& word : naive_words(line)) {
    if (word.starts_with("!m") && !mended_) {
      ++thrown_;
      throw std::runtime_error{"a poisoned line:\twith " + word};
    }
    if (word.starts_with("!f") && failures_[word] < flaky_failures_) {
      ++failures_[word];
      ++thrown_;
      throw std::runtime_error{"not this time"};
    }
  }
}

void poison::look_at_key(std::string_view key) {
  if (!is_poisoned_key(key) || mended_)
    return;
  ++thrown_;
  throw std::runtime_error{"a poisoned key"};
}

dstream<std::string_view> poisoned_lines(stream_context& context, std::shared_ptr<poison> with) {
  return context.text_input().filter([with](std::string_view line) {
    with->look_at_line(line);
    return true;
  });
}

word_counts poisoned_word_count(dstream<std::string_view> lines, std::shared_ptr<poison> with) {
  return lines.flat_map(split_words)
    .count_by_value()
    .filter([with](const auto& counted) {
      with->look_at_key(counted.first);
      return true;
    })
    .named("counts");
}

} // namespace weir::actors::simulation
