#include "actors/receiver/paced_frames.hpp"

#include <utility>

#include "actors/sources/first_lines.hpp"
#include "libstream/base/ensure.hpp"

namespace weir::actors {

void paced_frames::add(connection_id connection, said what) {
  auto& line = lines_[connection];
  if (line.empty())
    turns_.push_back(connection);
  line.push_back({std::move(what)});
}

std::optional<paced_frames::piece> paced_frames::next(std::uint64_t records) {
  for (auto left = turns_.size(); left > 0; --left) {
    auto connection = turns_.front();
    turns_.pop_front();
    auto entry = lines_.find(connection);
    ensure(entry != lines_.end() && !entry->second.empty(), "whoever has a turn has something to say", "connection",
           connection);
    auto& first = entry->second.front();
    auto frame = std::get_if<ingest_data>(&first.what);
    auto must_be_cut = frame && frame->bytes && (frame->count > records || first.taken_bytes > 0);
    if (frame && frame->bytes && records == 0) {
      turns_.push_back(connection);
      continue;
    }
    piece given{connection, must_be_cut ? said{cut(first, records)} : std::move(first.what)};
    if (!must_be_cut || frame->count == 0)
      entry->second.pop_front();
    if (entry->second.empty())
      lines_.erase(entry);
    else
      turns_.push_back(connection);
    return given;
  }
  return std::nullopt;
}

ingest_data paced_frames::cut(waiting& from, std::uint64_t records) {
  auto& frame = std::get<ingest_data>(from.what);
  auto count = std::min(records, frame.count);
  auto rest = frame.bytes->view().substr(from.taken_bytes);
  auto text = count == frame.count ? rest : first_lines(rest, count);
  auto bytes = std::make_shared<data::buffer>(text.size());
  bytes->append(text);
  // The whole frame stays in memory until its last piece is taken, which gives back what the server has counted for it.
  ingest_data piece{frame.first, count, std::move(bytes), count == frame.count ? frame.held : 0};
  from.taken_bytes += text.size();
  frame.first += count;
  frame.count -= count;
  return piece;
}

} // namespace weir::actors
