#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "libstream/data/buffer.hpp"

namespace weir::actors {

/// A run of whole records: `count` newline-terminated ones, or, with null `bytes`, `count` that are too long to be sent.
struct record_pack {
  std::uint64_t count = 0;
  data::buffer_handle bytes;
};

/// Cuts a stream of bytes into packs of whole records. What was read becomes a pack without a copy, but for the incomplete
/// record at its end. Memory is bounded by the longest allowed record, whatever comes. One thread.
class record_packer {
public:
  /// A record is too long if more than `max_record_bytes` stand before its "\n" or "\r\n". Packs have about `pack_bytes`, more only
  /// for a single record that is longer.
  record_packer(std::size_t max_record_bytes, std::size_t pack_bytes);

  /// Where the next input may be read to; empty while whole records wait to be taken and there is no room.
  std::span<char> space();
  /// The first `bytes` of space() were filled.
  void filled(std::size_t bytes);
  /// No more input: what stands behind the last newline is a record, too.
  void end();

  /// The next whole records, at most `max_records`; none if no record is complete.
  std::optional<record_pack> take(std::uint64_t max_records);
  bool ended() const { return ended_; }
  /// All input has come and been taken.
  bool exhausted() const { return ended_ && !has_record(); }
  /// Bytes that were read and not taken.
  std::size_t waiting_bytes() const { return bytes_->size() - begin_; }
  /// A whole record waits.
  bool has_record() const { return whole_end_ > begin_ || skipped_ > 0; }

private:
  /// Records at the front that are alike: all too long, or none; their count and the end of the last.
  struct run {
    bool too_long = false;
    std::uint64_t count = 0;
    std::size_t end = 0;
  };
  run front_run(std::uint64_t max_records) const;
  bool too_long(std::string_view line) const;
  void find_whole_end(std::size_t from);
  void drop_long_tail();
  void grow(std::size_t capacity);
  record_pack take_buffer(std::uint64_t count);
  record_pack copy_front(const run& front);

  std::size_t max_record_bytes_;
  std::size_t pack_bytes_;
  std::shared_ptr<data::buffer> bytes_;
  std::size_t begin_ = 0;     ///< of what was not taken
  std::size_t whole_end_ = 0; ///< behind the last newline
  std::uint64_t skipped_ = 0; ///< records that were too long to be kept; they come before all that waits in the buffer
  bool skipping_ = false;     ///< within such a record: its bytes are dropped, the buffer is empty
  bool ended_ = false;
};

} // namespace weir::actors
