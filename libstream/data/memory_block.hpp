#pragma once

#include <cstddef>
#include <utility>

namespace weir::data {

/// Large memory that is used again: tables and input buffers of one task are the warm memory of the next, because memory fresh from
/// the system costs as much as what is done with it. Blocks that die go to one pool a process, which keeps so many bytes of
/// them, oldest out first. Aligned to a cache line, from 2 MiB on to a huge page. A block belongs to one thread at a time; making
/// and destroying one is thread-safe.
class memory_block {
public:
  enum class content {
    any,   ///< whatever lay there
    zeroed ///< every byte is 0
  };

  memory_block() = default;
  /// Holds at least `bytes`. Throws std::bad_alloc.
  explicit memory_block(std::size_t bytes, content wanted = content::any);
  memory_block(memory_block&& other) noexcept { swap(other); }
  memory_block& operator=(memory_block&& other) noexcept {
    swap(other);
    return *this;
  }
  ~memory_block();

  char* data() { return data_; }
  const char* data() const { return data_; }
  std::size_t size() const { return size_; }

  /// The pool keeps no more than this; `limits::pooled_bytes` until it is told.
  static void keep_at_most(std::size_t bytes);

  /// Every byte is 0 again, so that the next user need not clear it.
  void mark_zeroed() { zeroed_ = true; }

private:
  void swap(memory_block& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(zeroed_, other.zeroed_);
  }

  char* data_ = nullptr;
  std::size_t size_ = 0;
  bool zeroed_ = false;
};

} // namespace weir::data
