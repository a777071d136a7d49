#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libstream/base/error.hpp"

namespace weir::actors {

/// What stands behind `generate://?`.
struct generator_options {
  std::uint64_t count = UINT64_MAX; ///< lines; UINT64_MAX = without end
  std::uint64_t rate = 0;           ///< lines a second; 0 = as fast as possible
  std::uint64_t seed = 1;
  std::uint32_t bytes = 100;          ///< of a line, its newline included
  std::uint32_t vocabulary = 100'000; ///< different words

  bool operator==(const generator_options&) const = default;
};

/// Parses "count=5&seed=7"; "" means all defaults. An unknown key or a wrong value is error 78 that names it and the nearest key.
result<generator_options> parse_generator_options(std::string_view query);

/// Lines of words whose frequencies follow Zipf's law (the word of rank r is drawn with weight 1/r), about 15 words in 100 bytes.
/// Line n is a function of (seed, bytes, vocabulary, n) alone, computed in whole numbers: the same bytes in every build, on
/// every machine, for ever, from any starting point. What a last word does not fill is spaces before the newline.
/// Cost: one table look-up a word; > 300 MB/s. Immutable after construction, so any threads may share one.
class text_generator {
public:
  explicit text_generator(const generator_options& options);

  std::size_t line_bytes() const { return options_.bytes; }
  /// Writes line `number` (from 0) to `into`, which has room for line_bytes() + slack_bytes.
  void write_line(std::uint64_t number, char* into) const;
  /// Bytes behind a line that write_line may overwrite.
  static constexpr std::size_t slack_bytes = 16;

  /// The word of a rank, from 0 (the most frequent).
  std::string_view word(std::uint32_t rank) const { return {words_[rank].text, words_[rank].length - 1u}; }

private:
  /// A word with a space behind it, wide enough for one 16-byte copy.
  struct entry {
    char text[15];
    std::uint8_t length; ///< with the space
  };
  /// Walker's alias method: a slot keeps its own rank below `threshold` of 2^32, and yields the other one above it.
  struct slot {
    std::uint32_t threshold;
    std::uint32_t other;
  };

  void make_words();
  void make_slots();

  generator_options options_;
  std::vector<entry> words_;
  std::vector<slot> slots_;
};

} // namespace weir::actors
