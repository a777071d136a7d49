#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir::tool {

/// One published batch, as a viewer sees it.
struct batch_picture {
  std::int64_t time_ms = 0;
  std::int64_t interval_ms = 500;
  std::uint64_t records = 0;
  double records_per_second = 0;
  std::optional<double> delay_ms;      ///< batch time → committed; unknown if the announcement died with the process
  std::optional<double> processing_ms; ///< announced to the executors → committed
  std::vector<std::pair<std::string, std::int64_t>> top; ///< most frequent words first
};

/// What stands at the top and the bottom of a live view.
struct demo_status {
  double elapsed_s = 0;
  double total_s = 0;
  std::string process; ///< "word-count, pid 4711"
  std::string line;    ///< of the text, just sent
  std::uint64_t words = 0;
  std::uint64_t batches = 0;
  std::uint64_t on_their_way = 0; ///< records made and not yet committed
};

/// 1234567 as "1,234,567".
std::string grouped(std::uint64_t number);

enum class mood { plain, bad, good };

/// Shows a demo on standard output.
class demo_view {
public:
  virtual ~demo_view() = default;
  virtual void say(const std::string& sentence,
                   mood how) = 0; ///< stays on the screen, with the time of the demo before it
  virtual void show_batch(const batch_picture& batch) = 0;
  virtual void show_status(const demo_status& status) = 0;
  /// The last words, below everything.
  virtual void close(const std::vector<std::pair<std::string, mood>>& lines) = 0;
};

/// A picture that is drawn anew in place on a terminal; lines where there is none, or TERM=dumb, or NO_COLOR is set.
std::unique_ptr<demo_view> make_demo_view(const std::vector<std::string>& introduction);

} // namespace weir::tool
