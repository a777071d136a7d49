#include "libstream/data/memory_block.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <sys/mman.h>
#include <vector>

#include "libstream/base/ensure.hpp"
#include "libstream/base/limits.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WEIR_MEMORY_IS_WATCHED 1 // memory that is used again would hide from the sanitizer who used it too long
#else
#define WEIR_MEMORY_IS_WATCHED 0
#endif

namespace weir::data {

namespace {

constexpr std::size_t huge_page = 2 * limits::mib;
constexpr std::size_t line = 64;

/// Sixteen sizes from one power of two to the next: blocks fit again, and waste little. Of pooled blocks they are whole pages.
std::size_t rounded(std::size_t bytes) {
  auto step = std::max(line, std::bit_floor(bytes) / 16);
  return (bytes + step - 1) / step * step;
}

bool pooled(std::size_t size) { return !WEIR_MEMORY_IS_WATCHED && size >= limits::smallest_pooled_bytes; }

char* map_memory(std::size_t size) {
  auto slack = size >= huge_page ? huge_page : 0;
  auto got = ::mmap(nullptr, size + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (got == MAP_FAILED)
    throw std::bad_alloc{};
  auto begin = static_cast<char*>(got);
  if (slack == 0)
    return begin;
  auto before = (huge_page - reinterpret_cast<std::size_t>(begin) % huge_page) % huge_page;
  if (before > 0)
    ::munmap(begin, before);
  if (before < slack)
    ::munmap(begin + before + size, slack - before);
  ::madvise(begin + before, size, MADV_HUGEPAGE); // a wish
  return begin + before;
}

struct idle_block {
  char* data;
  std::size_t size;
  bool zeroed;
};

class pool {
public:
  /// An idle block of exactly this size, rather a cleared one if that is wanted; null if there is none.
  idle_block take(std::size_t size, bool zeroed) {
    std::lock_guard guard{mutex_};
    auto fits = blocks_.rend();
    for (auto spare = blocks_.rbegin(); spare != blocks_.rend(); ++spare) { // the youngest is the warmest
      if (spare->size != size)
        continue;
      if (fits == blocks_.rend() || spare->zeroed == zeroed)
        fits = spare;
      if (spare->zeroed == zeroed)
        break;
    }
    if (fits == blocks_.rend())
      return {nullptr, 0, false};
    auto chosen = *fits;
    blocks_.erase(std::next(fits).base());
    bytes_ -= size;
    return chosen;
  }

  void give(idle_block block) {
    std::lock_guard guard{mutex_};
    blocks_.push_back(block);
    bytes_ += block.size;
    shrink();
  }

  void keep_at_most(std::size_t bytes) {
    std::lock_guard guard{mutex_};
    most_ = bytes;
    shrink();
  }

private:
  void shrink() {
    auto keep = blocks_.begin();
    for (; bytes_ > most_; ++keep) {
      bytes_ -= keep->size;
      ::munmap(keep->data, keep->size);
    }
    blocks_.erase(blocks_.begin(), keep);
  }

  std::mutex mutex_;
  std::vector<idle_block> blocks_; ///< oldest first
  std::size_t bytes_ = 0;
  std::size_t most_ = limits::pooled_bytes;
};

pool& the_pool() {
  static auto& shared = *new pool; // outlives all that may give blocks back at exit
  return shared;
}

} // namespace

memory_block::memory_block(std::size_t bytes, content wanted) : size_{rounded(bytes)} {
  auto clear = wanted == content::zeroed;
  bool zeroed = false;
  if (pooled(size_)) {
    auto idle = the_pool().take(size_, clear);
    zeroed = idle.data == nullptr || idle.zeroed;
    data_ = idle.data ? idle.data : map_memory(size_);
  } else {
    data_ = static_cast<char*>(std::aligned_alloc(line, size_));
    if (!data_)
      throw std::bad_alloc{};
  }
  if (clear && !zeroed)
    std::memset(data_, 0, size_);
}

void memory_block::keep_at_most(std::size_t bytes) { the_pool().keep_at_most(bytes); }

memory_block::~memory_block() {
  if (!data_)
    return;
#ifndef NDEBUG // who uses it next would find what it takes for its own
  expect_debug(!zeroed_ || std::all_of(data_, data_ + size_, [](char byte) { return byte == 0; }),
               "memory that is said to be zeroed is", "bytes", size_);
#endif
  if (pooled(size_))
    the_pool().give({data_, size_, zeroed_});
  else
    std::free(data_);
}

} // namespace weir::data
