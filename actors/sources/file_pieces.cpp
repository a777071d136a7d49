#include "actors/sources/file_pieces.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

#include "actors/sources/unreadable_file.hpp"
#include "libstream/base/regular_file.hpp"
#include "libstream/data/buffer.hpp"

namespace weir::actors {

namespace {

/// How much is read at a time in search of the last record's end, and how much room is set aside for it.
constexpr std::size_t tail_bytes = 16 * limits::kib;

/// One open file and the state in which it must be.
class source_file {
public:
  source_file(const std::string& path, const offset_range& range)
    : path_{path}, range_{range}, file_{open_regular_file(path.c_str(), O_RDONLY)} {}
  ~source_file() {
    if (file_ >= 0)
      ::close(file_);
  }
  source_file(const source_file&) = delete;
  source_file& operator=(const source_file&) = delete;

  result<void> verify() const {
    if (file_ == not_a_regular_file)
      return changed();
    struct stat now {};
    if (file_ < 0 || ::fstat(file_, &now) != 0)
      return failed(errno);
    auto modified_ns = std::int64_t{now.st_mtim.tv_sec} * 1'000'000'000 + now.st_mtim.tv_nsec;
    if (static_cast<std::uint64_t>(now.st_size) != range_.end || modified_ns != range_.version)
      return changed();
    return {};
  }

  /// Appends bytes [from, to) of the file.
  result<void> read(std::uint64_t from, std::uint64_t to, data::buffer& into) const {
    while (from < to) {
      auto got = ::pread(file_, into.data() + into.size(), to - from, static_cast<off_t>(from));
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return failed(errno);
      if (got == 0)
        return changed();
      into.resize(into.size() + static_cast<std::size_t>(got));
      from += static_cast<std::uint64_t>(got);
    }
    return {};
  }

private:
  tl::unexpected<error> changed() const {
    return fail(error_code::corrupt, "the input file changed before its batch was committed", path_,
                "put finished files into the directory under a new name and leave them as they are");
  }
  tl::unexpected<error> failed(int reason) const {
    if (reason == ENOENT)
      return fail(error_code::corrupt, "the input file vanished before its batch was committed", path_,
                  "put the file back, unchanged and with its modification time");
    return tl::make_unexpected(unreadable_file(path_, reason));
  }

  const std::string& path_;
  const offset_range& range_;
  int file_;
};

using shared_buffer = std::shared_ptr<data::buffer>;

/// Makes room for `more` bytes.
shared_buffer with_room(shared_buffer bytes, std::size_t more) {
  if (bytes->free() >= more)
    return bytes;
  auto larger = std::make_shared<data::buffer>(2 * bytes->capacity() + more);
  larger->append(bytes->view());
  return larger;
}

/// Reads on from the range's end to the end of the record that crosses it.
result<shared_buffer> finish_last_record(const source_file& file, const offset_range& range,
                                         std::size_t max_record_bytes, shared_buffer bytes) {
  // Two more than a record may have, for "\r\n": what has no newline until here is too long by any count.
  auto limit = std::min<std::uint64_t>(range.end, range.to + max_record_bytes + 2);
  for (auto offset = range.to; offset < limit;) {
    auto next = std::min<std::uint64_t>(offset + tail_bytes, limit);
    bytes = with_room(std::move(bytes), next - offset);
    auto begin = bytes->size();
    if (auto done = file.read(offset, next, *bytes); !done)
      return tl::make_unexpected(done.error());
    auto end = bytes->view().find('\n', begin);
    if (end != std::string_view::npos) {
      bytes->resize(end + 1);
      break;
    }
    offset = next;
  }
  return bytes;
}

/// Bytes of the range's records, and how many bytes before the first of them are not its own.
struct cut {
  shared_buffer bytes;
  std::size_t skip = 0;
};

result<cut> read_records(const source_file& file, const offset_range& range, std::size_t max_record_bytes) {
  // One byte before the range tells whether its first byte begins a record.
  auto begin = range.from > 0 ? range.from - 1 : 0;
  auto inside = static_cast<std::size_t>(range.to - begin);
  auto bytes = std::make_shared<data::buffer>(inside + tail_bytes);
  if (auto done = file.read(begin, range.to, *bytes); !done)
    return tl::make_unexpected(done.error());
  std::size_t skip = 0;
  if (range.from > 0) {
    auto newline = bytes->view().find('\n');
    skip = newline == std::string_view::npos ? inside : newline + 1;
  }
  if (skip < inside && bytes->view().back() != '\n') {
    auto whole = finish_last_record(file, range, max_record_bytes, std::move(bytes));
    if (!whole)
      return tl::make_unexpected(whole.error());
    bytes = std::move(*whole);
  }
  return cut{std::move(bytes), skip};
}

/// The bytes of whole records, each behind its length.
plan::text_piece frames_of(std::string_view bytes, std::uint64_t record_bytes) {
  std::string head;
  auto left = record_bytes;
  for (; left >= 0x80; left >>= 7)
    head.push_back(static_cast<char>(left | 0x80));
  head.push_back(static_cast<char>(left));
  auto frames = std::make_shared<data::buffer>(bytes.size() / record_bytes * (record_bytes + head.size()));
  for (; !bytes.empty(); bytes.remove_prefix(record_bytes)) {
    frames->append(head);
    frames->append(bytes.substr(0, record_bytes));
  }
  auto view = frames->view();
  return {view, std::move(frames)};
}

} // namespace

result<std::vector<plan::text_piece>> read_fixed_records(const std::string& path, const offset_range& range,
                                                         std::uint64_t record_bytes) {
  source_file file{path, range};
  if (auto same = file.verify(); !same)
    return tl::make_unexpected(same.error());
  if (range.from > range.to || range.to > range.end || range.end % record_bytes != 0)
    return fail(error_code::corrupt, "a range in the log lies outside the file's records", path);
  auto first_behind = [&](std::uint64_t offset) { return (offset + record_bytes - 1) / record_bytes * record_bytes; };
  auto from = first_behind(range.from), to = first_behind(range.to);
  std::vector<plan::text_piece> pieces;
  if (from == to)
    return pieces;
  data::buffer bytes{to - from};
  if (auto done = file.read(from, to, bytes); !done)
    return tl::make_unexpected(done.error());
  if (auto same = file.verify(); !same)
    return tl::make_unexpected(same.error());
  pieces.push_back(frames_of(bytes.view(), record_bytes));
  return pieces;
}

result<std::vector<plan::text_piece>> read_file_pieces(const std::string& path, const offset_range& range,
                                                       std::size_t max_record_bytes) {
  source_file file{path, range};
  if (auto same = file.verify(); !same)
    return tl::make_unexpected(same.error());
  if (range.from > range.to || range.to > range.end)
    return fail(error_code::corrupt, "a range in the log lies outside the file", path);
  std::vector<plan::text_piece> pieces;
  if (range.from == range.to)
    return pieces;
  auto records = read_records(file, range, max_record_bytes);
  if (!records)
    return tl::make_unexpected(records.error());
  if (auto same = file.verify(); !same)
    return tl::make_unexpected(same.error());
  auto own = records->bytes->view().substr(records->skip);
  if (!own.empty())
    pieces.push_back({own, std::move(records->bytes)});
  return pieces;
}

} // namespace weir::actors
