#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libstream/data/buffer.hpp"

namespace weir::actors {

/// Cuts a byte stream into whole lines, however it arrives: an unfinished line waits for its end. Lines longer than `max_record_bytes`
/// (without newline and one carriage return before it) are dropped and counted; no more than such a line is ever kept. Pure; one thread.
class line_cutter {
public:
  explicit line_cutter(std::size_t max_record_bytes) : max_record_bytes_{max_record_bytes} {}

  /// Lines with their newlines.
  struct lines {
    data::buffer_handle bytes; ///< null if there are none
    std::uint64_t count = 0;
  };

  /// Takes bytes in; returns the lines that end in them.
  lines add(std::string_view bytes);
  /// The stream has ended: its last line counts without a newline, too.
  lines finish();
  /// The stream broke off: whatever has not ended never was a line.
  void abandon();

  /// Lines that were too long, since the beginning.
  std::uint64_t skipped() const { return skipped_; }

private:
  bool too_long(std::string_view line) const;

  std::size_t max_record_bytes_;
  std::string begun_line_; ///< of a line that has not ended
  bool skipping_ = false;  ///< the rest of a line that is too long
  std::uint64_t skipped_ = 0;
};

} // namespace weir::actors
