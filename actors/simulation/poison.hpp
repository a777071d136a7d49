#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>

#include "libstream/api/dstream.hpp"

namespace weir::actors::simulation {

using word_counts = dstream<std::pair<std::string_view, std::uint64_t>>;

/// On what the user functions of a simulated application fail. Words give it away:
///   "!m..." in a line: always, in a map stage        "!k...": always, behind the shuffle, where it is a key
///   "!f..." in a line: the first few times
class poison {
public:
  explicit poison(std::uint32_t flaky_failures) : flaky_failures_{flaky_failures} {}

  /// Throw. As user functions do, on task threads (which the simulation has none of).
  void look_at_line(std::string_view line);
  void look_at_key(std::string_view key);
  /// How often one of them threw.
  std::uint64_t thrown() const { return thrown_; }

  /// The next release of the application fails no more.
  void mend() { mended_ = true; }
  bool is_mended() const { return mended_; }

private:
  std::uint32_t flaky_failures_;
  std::map<std::string, std::uint32_t, std::less<>> failures_;
  bool mended_ = false;
  std::uint64_t thrown_ = 0;
};

/// Whether a word of the line gives away that a map stage always fails on it.
bool is_poisoned_line(std::string_view line);
bool is_poisoned_key(std::string_view word);

/// The lines, each of which a function looks at.
dstream<std::string_view> poisoned_lines(stream_context& context, std::shared_ptr<poison> with);
/// Word count with a function that looks at each word behind the shuffle.
word_counts poisoned_word_count(dstream<std::string_view> lines, std::shared_ptr<poison> with);

} // namespace weir::actors::simulation
