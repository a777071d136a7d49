#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <unistd.h>

#include "libstream/base/error.hpp"

namespace weir::actors {

/// Of an input file that the system does not let us open or read; `reason` is the `errno`.
inline error unreadable_file(const std::string& path, int reason) {
  auto advice = std::string{"check the disk that it is on"};
  if (reason == EACCES || reason == EPERM)
    advice = "let user " + std::to_string(::geteuid()) +
             ", who runs the application, read it, or move it out of the directory";
  if (reason == EMFILE || reason == ENFILE)
    advice = "let the process open more files (ulimit -n)";
  return {error_code::disk, std::string{"cannot read the input file: "} + std::strerror(reason), path, advice};
}

} // namespace weir::actors
