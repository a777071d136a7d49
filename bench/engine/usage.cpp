#include "bench/engine/usage.hpp"

#include <ctime>
#include <fstream>
#include <malloc.h>
#include <string>

namespace weir::bench {

namespace {

std::uint64_t status_bytes(const std::string& key) {
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;)
    if (word == key) {
      std::uint64_t kib = 0;
      status >> kib;
      return kib * 1024;
    }
  return 0;
}

} // namespace

double cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}

std::uint64_t peak_resident_bytes() { return status_bytes("VmHWM:"); }
std::uint64_t resident_bytes() { return status_bytes("VmRSS:"); }

void forget_peak() {
  ::malloc_trim(0);
  std::ofstream{"/proc/self/clear_refs"} << "5";
}

} // namespace weir::bench
