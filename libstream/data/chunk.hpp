#pragma once

#include <vector>

#include "libstream/base/limits.hpp"

namespace weir::data {

/// A few hundred records on their way through one operator call. Reused, so that filling it allocates nothing.
template <class Record>
class chunk {
public:
  chunk() { records_.reserve(limits::chunk_records); }

  bool full() const { return records_.size() >= limits::chunk_records; }
  bool empty() const { return records_.empty(); }
  void clear() { records_.clear(); }
  template <class T>
  void push_back(T&& record) {
    records_.push_back(std::forward<T>(record));
  }
  const std::vector<Record>& records() const { return records_; }

private:
  std::vector<Record> records_;
};

} // namespace weir::data
