#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "libstream/base/limits.hpp"
#include "libstream/data/memory_block.hpp"

namespace weir::data {

/// Elements in the order in which they were appended, in pieces that never move: appending copies nothing again, and small lists are
/// small. Filled by one thread, then shared as immutable.
template <class T>
class entry_list {
public:
  entry_list() = default;
  entry_list(entry_list&& other) noexcept
    : pieces_{std::move(other.pieces_)},
      next_{std::exchange(other.next_, nullptr)},
      end_{std::exchange(other.end_, nullptr)},
      before_{std::exchange(other.before_, 0)},
      bytes_{std::exchange(other.bytes_, 0)} {
    other.pieces_.clear();
  }
  entry_list& operator=(entry_list&&) = delete;
  ~entry_list() {
    for_each_piece([](std::span<T> piece) { std::destroy(piece.begin(), piece.end()); });
  }

  /// `construct(T*)` makes the element in its place.
  template <class Construct>
  void append(Construct&& construct) {
    if (next_ == end_) [[unlikely]]
      add_piece();
    construct(next_);
    ++next_;
  }

  std::size_t size() const { return before_ + (pieces_.empty() ? 0 : used_of_last()); }
  bool empty() const { return size() == 0; }
  std::size_t bytes() const { return bytes_; }

  /// `visit(span<const T>)`, in order.
  template <class Visit>
  void for_each_piece(Visit&& visit) const {
    const_cast<entry_list*>(this)->for_each_piece([&](std::span<T> piece) { visit(std::span<const T>{piece}); });
  }

private:
  struct room {
    memory_block memory;
    std::size_t capacity;
    T* begin() { return reinterpret_cast<T*>(memory.data()); }
  };
  static constexpr std::size_t first_piece = 16;
  static constexpr std::size_t piece_bytes = limits::smallest_pooled_bytes; ///< so that it is used again
  static_assert(alignof(T) <= 64);

  template <class Visit>
  void for_each_piece(Visit&& visit) {
    for (auto& each : pieces_)
      visit(std::span<T>{each.begin(), &each == &pieces_.back() ? used_of_last() : each.capacity});
  }
  std::size_t used_of_last() const {
    return static_cast<std::size_t>(next_ - const_cast<entry_list*>(this)->pieces_.back().begin());
  }

  void add_piece() {
    auto capacity = first_piece;
    if (!pieces_.empty()) {
      auto last = pieces_.back().capacity;
      before_ += last;
      capacity = std::max(first_piece, std::min(2 * last, piece_bytes / sizeof(T)));
    }
    pieces_.push_back({memory_block{capacity * sizeof(T)}, capacity});
    bytes_ += pieces_.back().memory.size();
    next_ = pieces_.back().begin();
    end_ = next_ + capacity;
  }

  std::vector<room> pieces_;
  T* next_ = nullptr;
  T* end_ = nullptr;
  std::size_t before_ = 0; ///< elements in all pieces but the last
  std::size_t bytes_ = 0;
};

} // namespace weir::data
