#pragma once

#include <cstddef>
#include <new>
#include <sys/mman.h>

namespace weir::bench {

/// Zeroed slots on huge pages where the kernel has some; a power of two of them.
template <class Slot>
class slot_array {
public:
  explicit slot_array(std::size_t count) : count_{count} {
    auto bytes = count * sizeof(Slot);
    auto* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
      throw std::bad_alloc{};
    ::madvise(at, bytes, MADV_HUGEPAGE);
    slots_ = static_cast<Slot*>(at);
  }
  slot_array(slot_array&& from) noexcept : slots_{from.slots_}, count_{from.count_} { from.slots_ = nullptr; }
  slot_array& operator=(slot_array&& from) noexcept {
    std::swap(slots_, from.slots_);
    std::swap(count_, from.count_);
    return *this;
  }
  ~slot_array() {
    if (slots_)
      ::munmap(slots_, count_ * sizeof(Slot));
  }

  Slot& operator[](std::size_t at) { return slots_[at]; }
  const Slot& operator[](std::size_t at) const { return slots_[at]; }
  std::size_t size() const { return count_; }
  std::size_t mask() const { return count_ - 1; }
  const Slot* begin() const { return slots_; }
  const Slot* end() const { return slots_ + count_; }
  Slot* begin() { return slots_; }

private:
  Slot* slots_ = nullptr;
  std::size_t count_;
};

} // namespace weir::bench
