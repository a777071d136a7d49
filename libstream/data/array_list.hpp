#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir::data {

/// Bools side by side, which a vector of them does not have.
class bool_list {
public:
  bool_list() = default;
  bool_list(const bool_list& other) { insert(end(), other.begin(), other.end()); }
  bool_list(bool_list&& other) noexcept { swap(other); }
  template <class Iterator>
  bool_list(Iterator from, Iterator to) {
    insert(end(), from, to);
  }
  bool_list& operator=(bool_list other) noexcept {
    swap(other);
    return *this;
  }

  bool* data() { return bits_.get(); }
  const bool* data() const { return bits_.get(); }
  bool* begin() { return data(); }
  bool* end() { return data() + size_; }
  const bool* begin() const { return data(); }
  const bool* end() const { return data() + size_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool operator[](std::size_t at) const { return bits_[at]; }

  void reserve(std::size_t capacity) {
    if (capacity <= capacity_)
      return;
    capacity_ = std::max(capacity, 2 * capacity_);
    auto grown = std::make_unique<bool[]>(capacity_);
    std::copy(begin(), end(), grown.get());
    bits_ = std::move(grown);
  }
  void push_back(bool value) {
    reserve(size_ + 1);
    bits_[size_++] = value;
  }
  /// At the end only.
  template <class Iterator>
  void insert(const bool*, Iterator from, Iterator to) {
    for (; from != to; ++from)
      push_back(*from);
  }

private:
  void swap(bool_list& other) noexcept {
    std::swap(bits_, other.bits_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  std::unique_ptr<bool[]> bits_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// A vector whose elements lie side by side, whatever they are.
template <class T>
using array_list = std::conditional_t<std::is_same_v<T, bool>, bool_list, std::vector<T>>;

} // namespace weir::data
