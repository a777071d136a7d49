#include "actors/sources/record_packer.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "actors/sources/frame.hpp"
#include "libstream/base/ensure.hpp"

namespace weir::actors {

namespace {

/// A frame counts its records in 32 bits.
constexpr std::uint64_t max_pack_records = std::numeric_limits<std::uint32_t>::max();

} // namespace

record_packer::record_packer(std::size_t max_record_bytes, std::size_t pack_bytes)
  : max_record_bytes_{max_record_bytes}, pack_bytes_{pack_bytes}, bytes_{std::make_shared<data::buffer>(pack_bytes)} {}

std::span<char> record_packer::space() {
  if (bytes_->free() == 0) {
    if (whole_end_ > begin_)
      return {};
    // Only the beginning of a record is left, of at most max_record_bytes_ + 1 bytes.
    auto tail = bytes_->size() - begin_;
    std::memmove(bytes_->data(), bytes_->data() + begin_, tail);
    bytes_->resize(tail);
    begin_ = whole_end_ = 0;
    if (bytes_->free() == 0)
      grow(std::min(2 * bytes_->capacity(), max_record_bytes_ + 2));
  }
  return {bytes_->data() + bytes_->size(), bytes_->free()};
}

void record_packer::grow(std::size_t capacity) {
  auto larger = std::make_shared<data::buffer>(capacity);
  larger->append(bytes_->view());
  bytes_ = std::move(larger);
}

void record_packer::filled(std::size_t bytes) {
  auto from = bytes_->size();
  ensure(bytes <= bytes_->free(), "no more is filled than there is room for", "bytes", bytes, "room", bytes_->free());
  bytes_->resize(from + bytes);
  if (skipping_) {
    auto newline = bytes_->view().find('\n', from);
    if (newline == std::string_view::npos) {
      bytes_->resize(0);
      return;
    }
    skipping_ = false;
    ++skipped_;
    from = begin_ = whole_end_ = newline + 1;
  }
  find_whole_end(from);
  drop_long_tail();
}

void record_packer::find_whole_end(std::size_t from) {
  auto newline = bytes_->view().substr(from).rfind('\n');
  if (newline != std::string_view::npos)
    whole_end_ = from + newline + 1;
}

void record_packer::drop_long_tail() {
  // What waits before it has its turn first.
  if (begin_ != whole_end_ || bytes_->size() - whole_end_ <= max_record_bytes_ + 1)
    return;
  bytes_->resize(0);
  begin_ = whole_end_ = 0;
  skipping_ = true;
}

void record_packer::end() {
  ended_ = true;
  if (skipping_) {
    skipping_ = false;
    ++skipped_;
  } else if (bytes_->size() > whole_end_) {
    if (bytes_->free() == 0)
      grow(bytes_->capacity() + 1);
    bytes_->append("\n");
    whole_end_ = bytes_->size();
  }
}

std::optional<record_pack> record_packer::take(std::uint64_t max_records) {
  max_records = std::min(max_records, max_pack_records);
  if (max_records == 0)
    return std::nullopt;
  if (skipped_ > 0) {
    auto count = std::min(skipped_, max_records);
    skipped_ -= count;
    return record_pack{count, nullptr};
  }
  if (begin_ == whole_end_)
    return std::nullopt;
  if (begin_ == 0 && whole_end_ <= max_record_bytes_) {
    auto count = count_newlines(bytes_->view().substr(0, whole_end_));
    if (count <= max_records)
      return take_buffer(count);
  }
  auto front = front_run(max_records);
  if (begin_ == 0 && front.end == whole_end_ && !front.too_long)
    return take_buffer(front.count);
  return copy_front(front);
}

record_pack record_packer::take_buffer(std::uint64_t count) {
  auto tail = bytes_->view().substr(whole_end_);
  auto next = std::make_shared<data::buffer>(std::max(pack_bytes_, tail.size()));
  next->append(tail);
  bytes_->resize(whole_end_);
  record_pack pack{count, std::exchange(bytes_, std::move(next))};
  whole_end_ = 0;
  drop_long_tail();
  return pack;
}

record_pack record_packer::copy_front(const run& front) {
  record_pack pack{front.count, nullptr};
  if (!front.too_long) {
    auto copy = std::make_shared<data::buffer>(front.end - begin_);
    copy->append(bytes_->view().substr(begin_, front.end - begin_));
    pack.bytes = std::move(copy);
  }
  begin_ = front.end;
  drop_long_tail();
  return pack;
}

record_packer::run record_packer::front_run(std::uint64_t max_records) const {
  run front;
  front.end = begin_;
  while (front.end < whole_end_ && front.count < max_records) {
    auto line = bytes_->view().substr(front.end, whole_end_ - front.end);
    line = line.substr(0, line.find('\n'));
    if (front.count == 0)
      front.too_long = too_long(line);
    else if (front.too_long != too_long(line))
      break;
    ++front.count;
    front.end += line.size() + 1;
  }
  return front;
}

bool record_packer::too_long(std::string_view line) const {
  return line.size() > max_record_bytes_ + (line.ends_with('\r') ? 1 : 0);
}

} // namespace weir::actors
