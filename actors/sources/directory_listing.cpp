#include "actors/sources/directory_listing.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <tuple>

namespace weir::actors {

namespace {

struct close_directory {
  void operator()(DIR* open) const { ::closedir(open); }
};

} // namespace

result<std::vector<listed_file>> list_directory(const std::string& directory) {
  auto refuse = [&](const char* what) {
    return fail(error_code::configuration, std::string{what} + ": " + std::strerror(errno), directory,
                "a file: input names a directory that exists and can be read");
  };
  std::unique_ptr<DIR, close_directory> open{::opendir(directory.c_str())};
  if (!open)
    return refuse("cannot open the input directory");
  std::vector<listed_file> files;
  for (errno = 0; auto entry = ::readdir(open.get()); errno = 0) {
    std::string name{entry->d_name};
    struct stat status {};
    if (name.front() == '.' || name.front() == '_')
      continue;
    // A file that vanishes between the two calls was never seen.
    if (::fstatat(::dirfd(open.get()), name.c_str(), &status, 0) != 0 || !S_ISREG(status.st_mode))
      continue;
    auto modified_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
    files.push_back({name, static_cast<std::uint64_t>(status.st_size), modified_ns});
  }
  if (errno != 0)
    return refuse("cannot list the input directory");
  std::sort(files.begin(), files.end(), [](const listed_file& a, const listed_file& b) {
    return std::tie(a.modified_ns, a.name) < std::tie(b.modified_ns, b.name);
  });
  return files;
}

} // namespace weir::actors
