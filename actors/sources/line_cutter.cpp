#include "actors/sources/line_cutter.hpp"

#include <cstring>
#include <utility>

#include "libstream/operators/lines.hpp"

namespace weir::actors {

bool line_cutter::too_long(std::string_view line) const {
  return operators::without_carriage_return(line).size() > max_record_bytes_;
}

line_cutter::lines line_cutter::add(std::string_view bytes) {
  lines found;
  std::shared_ptr<data::buffer> into;
  auto most = rest_.size() + bytes.size();
  auto keep = [&](std::string_view line) {
    if (!into)
      into = std::make_shared<data::buffer>(most);
    into->append(line);
    into->append("\n");
    ++found.count;
  };
  for (;;) {
    auto end = bytes.find('\n');
    auto piece = bytes.substr(0, end);
    if (!skipping_ && rest_.size() + piece.size() > max_record_bytes_ + 1) { // one more for a carriage return
      skipping_ = true;
      ++skipped_;
      rest_ = {};
    }
    if (end == std::string_view::npos) {
      if (!skipping_)
        rest_.append(piece);
      break;
    }
    bytes.remove_prefix(end + 1);
    if (std::exchange(skipping_, false))
      continue;
    auto line = rest_.empty() ? piece : std::string_view{rest_.append(piece)};
    if (too_long(line))
      ++skipped_;
    else
      keep(line);
    rest_.clear();
  }
  found.bytes = std::move(into);
  return found;
}

line_cutter::lines line_cutter::finish() {
  lines found;
  auto skipping = std::exchange(skipping_, false);
  auto last = std::exchange(rest_, {});
  if (skipping || last.empty())
    return found;
  if (too_long(last)) {
    ++skipped_;
    return found;
  }
  auto bytes = std::make_shared<data::buffer>(last.size() + 1);
  bytes->append(last);
  bytes->append("\n");
  found.bytes = std::move(bytes);
  found.count = 1;
  return found;
}

void line_cutter::abandon() {
  rest_ = {};
  skipping_ = false;
}

} // namespace weir::actors
