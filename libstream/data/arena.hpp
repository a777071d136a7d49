#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "libstream/base/limits.hpp"

namespace weir::data {

/// Bytes that live until the arena dies, handed out without a call to the allocator each. One thread fills it; afterwards it may
/// be shared as immutable. What it hands out has `limits::read_padding` readable bytes behind it.
class arena {
public:
  arena() = default;
  arena(arena&&) noexcept = default;
  arena& operator=(arena&&) noexcept = default;

  std::string_view copy(std::string_view text) {
    if (left_ < text.size() + limits::read_padding)
      grow(text.size());
    auto at = next_;
    if (!text.empty()) // whose data() may be null
      std::memcpy(at, text.data(), text.size());
    next_ += text.size();
    left_ -= text.size();
    return {at, text.size()};
  }

  std::size_t bytes() const { return bytes_; }

private:
  void grow(std::size_t wanted) {
    auto size = std::max(wanted + limits::read_padding, blocks_.empty() ? first_block : block);
    blocks_.push_back(std::make_unique<char[]>(size));
    next_ = blocks_.back().get();
    left_ = size;
    bytes_ += size;
  }

  static constexpr std::size_t first_block = 4 * limits::kib;
  static constexpr std::size_t block = 64 * limits::kib;
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace weir::data
