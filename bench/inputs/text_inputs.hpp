#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libstream/data/buffer.hpp"
#include "libstream/plan/task.hpp"

/// Text that the benchmarks count, the same in every run, made once and kept in memory.
namespace weir::bench {

/// A text of whole lines, also seen as the blocks that a receiver would cut.
class text_input {
public:
  explicit text_input(std::string text);

  std::string_view all() const { return std::string_view{*text_}.substr(0, size_); }
  std::uint64_t lines() const { return lines_; }
  /// Views of up to 512 KiB, whole lines each; together the text.
  const std::vector<plan::text_piece>& pieces() const { return pieces_; }
  /// Copies of the pieces as receivers hold them.
  std::vector<data::buffer_handle> blocks() const;

private:
  std::shared_ptr<std::string> text_; ///< with padding behind it
  std::size_t size_;
  std::uint64_t lines_ = 0;
  std::vector<plan::text_piece> pieces_;
};

/// Lines of 100 bytes, 15 words each of 100,000 different ones by Zipf's law.
std::string make_lines100(std::size_t bytes);
/// Sentences of 5 to 20 words with capitals and punctuation; lines of varying lengths. A vocabulary of two million, so that tens of
/// megabytes hold hundreds of thousands of different words.
std::string make_natural(std::size_t bytes);
/// About 100 bytes a line; no word occurs twice.
std::string make_unique(std::size_t bytes);

} // namespace weir::bench
