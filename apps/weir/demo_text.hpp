#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace weir::tool {

/// Endless small sentences of English words, a line each. Their subject wanders from the sea to the woods to the town and on, so that
/// the most frequent words change while one watches. The same lines for the same seed.
class demo_text {
public:
  /// The subject changes every `lines_per_subject` lines.
  explicit demo_text(std::uint64_t lines_per_subject, std::uint32_t seed = 1);

  /// Appends the next line, its newline included.
  void append_line(std::string& into);
  const std::string& last_line() const { return last_line_; }

private:
  std::string_view word_for(char slot);
  std::string_view noun();
  /// A position below `size`; the first ones are the most frequent.
  std::size_t skewed(std::size_t size);

  std::mt19937 random_;
  std::uint64_t lines_per_subject_;
  std::uint64_t line_ = 0;
  std::string last_line_;
};

} // namespace weir::tool
