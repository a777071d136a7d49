#pragma once

#include <cstdint>
#include <string>

namespace weir::actors {

/// Writes lines to a descriptor whose reader may have stopped reading. A line waits at most `patience` for room; while the reader stands
/// still no further line waits at all. What finds no room is left out and counted, and the count is said before the next line that does.
/// One thread at a time.
class bounded_writer {
public:
  explicit bounded_writer(int descriptor, int patience_ms = 100) : descriptor_{descriptor}, patience_ms_{patience_ms} {}

  void write(const std::string& line);
  /// Lines that were left out and not yet told of.
  std::uint64_t left_out() const { return left_out_; }

private:
  /// Whether all of it was written; a line of which a part was written is finished first, so that lines stay whole.
  bool put(const std::string& line);
  bool has_room() const;

  int descriptor_;
  int patience_ms_;
  std::string unfinished_; ///< the rest of a line that was begun
  bool stands_still_ = false;
  std::uint64_t left_out_ = 0;
};

} // namespace weir::actors
