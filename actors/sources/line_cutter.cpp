#include "actors/sources/line_cutter.hpp"

#include <cstring>
#include <utility>

#include "libstream/operators/lines.hpp"

namespace weir::actors {

bool line_cutter::too_long(std::string_view line) const {
  return operators::without_carriage_return(line).size() > max_record_bytes_;
}

line_cutter::lines line_cutter::add(std::string_view bytes) {
  lines whole;
  std::shared_ptr<data::buffer> into;
  auto most = begun_line_.size() + bytes.size();
  auto keep = [&](std::string_view line) {
    if (!into)
      into = std::make_shared<data::buffer>(most);
    into->append(line);
    into->append("\n");
    ++whole.count;
  };
  for (;;) {
    auto end = bytes.find('\n');
    auto piece = bytes.substr(0, end);
    if (!skipping_ && begun_line_.size() + piece.size() > max_record_bytes_ + 1) { // one more for a carriage return
      skipping_ = true;
      ++skipped_;
      begun_line_ = {};
    }
    if (end == std::string_view::npos) {
      if (!skipping_)
        begun_line_.append(piece);
      break;
    }
    bytes.remove_prefix(end + 1);
    if (std::exchange(skipping_, false))
      continue;
    auto line = begun_line_.empty() ? piece : std::string_view{begun_line_.append(piece)};
    if (too_long(line))
      ++skipped_;
    else
      keep(line);
    begun_line_.clear();
  }
  whole.bytes = std::move(into);
  return whole;
}

line_cutter::lines line_cutter::finish() {
  lines whole;
  auto skipping = std::exchange(skipping_, false);
  auto last = std::exchange(begun_line_, {});
  if (skipping || last.empty())
    return whole;
  if (too_long(last)) {
    ++skipped_;
    return whole;
  }
  auto bytes = std::make_shared<data::buffer>(last.size() + 1);
  bytes->append(last);
  bytes->append("\n");
  whole.bytes = std::move(bytes);
  whole.count = 1;
  return whole;
}

void line_cutter::abandon() {
  begun_line_ = {};
  skipping_ = false;
}

} // namespace weir::actors
