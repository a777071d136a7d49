#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

#include "libstream/base/limits.hpp"
#include "libstream/data/memory_block.hpp"

namespace weir::data {

/// Bytes of fixed capacity with `limits::read_padding` zeroed bytes behind them. Filled by one owner, then shared as immutable.
/// Large ones lie in memory that is used again.
class buffer {
public:
  explicit buffer(std::size_t capacity) : bytes_{capacity + limits::read_padding}, capacity_{capacity} {
    std::memset(bytes_.data() + capacity, 0, limits::read_padding);
  }

  char* data() { return bytes_.data(); }
  const char* data() const { return bytes_.data(); }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  std::size_t free() const { return capacity_ - size_; }
  std::string_view view() const { return {bytes_.data(), size_}; }

  /// Declares that the first `size` bytes are filled.
  void resize(std::size_t size) { size_ = size; }
  void append(std::string_view text) {
    std::memcpy(bytes_.data() + size_, text.data(), text.size());
    size_ += text.size();
  }

private:
  memory_block bytes_;
  std::size_t capacity_;
  std::size_t size_ = 0;
};

using buffer_handle = std::shared_ptr<const buffer>;

} // namespace weir::data
