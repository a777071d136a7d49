#include "actors/monitor/chaos_page.hpp"

#include <cstdlib>
#include <cstring>

#include <csignal>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace weir::actors {

namespace {
chaos_page* page = nullptr;
} // namespace

void attach_chaos_page() {
  auto text = std::getenv("WEIR_CHAOS_PAGE");
  if (!text)
    return;
  auto fd = std::atoi(text);
  auto memory = mmap(nullptr, sizeof(chaos_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED)
    return;
  auto candidate = static_cast<chaos_page*>(memory);
  if (candidate->magic == chaos_page::expected_magic)
    page = candidate;
  fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void use_chaos_page(chaos_page* own) { page = own; }

bool chaos_page_is_attached() { return page != nullptr; }

void fault_point(const char* name) {
  if (!page || std::strcmp(page->armed, name) != 0)
    return;
  if (page->countdown.fetch_sub(1) > 0)
    return;
  page->hit.store(1);
  kill(getpid(), SIGKILL);
}

void report_phase(phase where, std::int32_t open_batches) {
  if (page)
    page->open[static_cast<int>(where)].store(open_batches);
}

} // namespace weir::actors
