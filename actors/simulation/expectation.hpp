#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "actors/simulation/checker.hpp"

namespace weir::actors::simulation {

/// Which lines must be counted, which may be, and what the policy for failing functions makes of them.
class expectation {
public:
  /// A record that is acknowledged, or in an input file: it must be counted, once.
  void promised(std::string_view line) { ++lines_[text_of(line)].promised; }
  /// A record that was sent and not acknowledged: it may be counted, once.
  void possible(std::string_view line) { ++lines_[text_of(line)].possible; }
  /// A record of a batch that was skipped: it is not counted.
  void skipped(std::string_view line) { ++lines_[text_of(line)].skipped; }

  /// Tells who looks at the counts and, if poisoned lines and keys are `isolated`, who looks at the dead letters. `sums` are of the same lines,
  /// by an operator that fails on no key. Answers a violation that shows already, or nothing.
  std::string tell(checker& counts, checker& sums, checker& dead_letters, bool isolated) const;
  /// What is wrong with lines that came so often each; empty: nothing. `complete`: all that is promised must have come.
  std::string judge_lines(const std::map<std::string, std::uint64_t>& came, bool isolated, bool complete) const;

  /// A record without its line end.
  static std::string text_of(std::string_view line);

private:
  struct occurrences {
    std::uint64_t promised = 0, possible = 0, skipped = 0;
  };

  std::map<std::string, occurrences> lines_;
};

/// Calls `visit(line)` for each line of a text, without its newline.
template <class Visit>
void naive_lines(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

} // namespace weir::actors::simulation
