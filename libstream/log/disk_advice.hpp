#pragma once

#include <cerrno>
#include <string>
#include <unistd.h>

#include "libstream/base/error.hpp"

namespace weir::log {

/// What a person can do about the `errno` that a file of a data directory gave, or of another directory that is called so.
inline std::string disk_advice(int reason, const std::string& directory = "data directory") {
  if (is_full_disk(reason))
    return how_to_make_room(reason);
  switch (reason) {
    case EACCES:
    case EPERM:
      return "start the program as the user who owns the " + directory + ", or let user " +
             std::to_string(::geteuid()) + ", who runs it, read and write there";
    case EROFS: return "mount the disk so that it can be written, or choose another " + directory;
    case ENOTDIR: return "correct the path, or move away the file that lies where a directory is expected";
    case ENAMETOOLONG:
      return "choose a shorter name: most disks take 255 bytes, and the " + directory +
             "'s files add some of their own";
    case EMFILE:
    case ENFILE: return "let the process open more files (ulimit -n)";
    case EIO: return "check the disk before you start again";
    case ENOLCK:
    case ENODEV:
      return "choose another " + directory +
             ", on a disk of this machine, whose files can be locked and mapped into memory";
    default: return "check that the disk is writable, or choose another " + directory;
  }
}

} // namespace weir::log
