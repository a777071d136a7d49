#pragma once

#include <memory>
#include <span>
#include <utility>

#include "libstream/base/limits.hpp"

namespace weir::data {

/// A few hundred records on their way through one operator call. Reused, so that filling it allocates nothing.
template <class Record>
class chunk {
public:
  chunk() : records_{std::allocator<Record>{}.allocate(limits::chunk_records)} {}
  chunk(const chunk&) = delete;
  chunk& operator=(const chunk&) = delete;
  ~chunk() {
    clear();
    std::allocator<Record>{}.deallocate(records_, limits::chunk_records);
  }

  bool full() const { return size_ >= limits::chunk_records; }
  bool empty() const { return size_ == 0; }
  void clear() {
    std::destroy_n(records_, size_);
    size_ = 0;
  }
  /// Not on a full one.
  template <class T>
  void push_back(T&& record) {
    std::construct_at(records_ + size_, std::forward<T>(record));
    ++size_;
  }
  std::span<const Record> records() const { return {records_, size_}; }

  /// Room for `limits::chunk_records`; who constructs there says how many with `resize`.
  Record* data() { return records_; }
  std::size_t size() const { return size_; }
  void resize(std::size_t constructed) { size_ = constructed; }

private:
  Record* records_; // no std::vector, whose bools are no array
  std::size_t size_ = 0;
};

} // namespace weir::data
