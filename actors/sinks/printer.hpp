#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "libstream/base/error.hpp"

namespace weir::actors {

/// Writes the texts of `print` outputs to a descriptor whose reader may be slow or have stopped reading. A call takes no longer than
/// `patience`; what has not found room by then is an error with `full`, and the same text, given again, is gone on with where it
/// stopped, so that nothing appears twice and no text is torn by another. Any thread.
class printer {
public:
  explicit printer(int descriptor, std::chrono::milliseconds patience = std::chrono::milliseconds{500})
    : descriptor_{descriptor}, patience_{patience} {}

  /// An error without `full`: nothing can be written any more, as the reader is gone or the descriptor is closed.
  result<void> print(std::string_view text);

private:
  using clock = std::chrono::steady_clock;
  result<void> go_on(clock::time_point until);
  bool has_room(clock::time_point until) const;

  const int descriptor_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::string begun_;       ///< the text of which a part was written
  std::size_t written_ = 0; ///< of it
  std::vector<std::string>
    finished_; ///< begun by one output and ended while another was printed: its output will ask again
};

/// The printer of standard output; what the program has buffered for it goes first.
result<void> print_to_standard_output(std::string_view text);

} // namespace weir::actors
