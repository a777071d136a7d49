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
using open_directory = std::unique_ptr<DIR, close_directory>;

tl::unexpected<error> refuse(const char* problem, const std::string& directory) {
  return fail(error_code::configuration, std::string{problem} + ": " + std::strerror(errno), directory,
              "a file: input names a directory that exists and can be read");
}

std::optional<struct stat> status_in(int directory, const char* name) {
  struct stat status {};
  return ::fstatat(directory, name, &status, 0) == 0 ? std::optional{status} : std::nullopt;
}

std::optional<file_state> state_of(const std::optional<struct stat>& status) {
  if (!status || !S_ISREG(status->st_mode))
    return {};
  auto modified_ns = std::int64_t{status->st_mtim.tv_sec} * 1'000'000'000 + status->st_mtim.tv_nsec;
  return file_state{static_cast<std::uint64_t>(status->st_size), modified_ns, status->st_ino, status->st_dev};
}

const char* kind_of(mode_t mode) {
  return S_ISDIR(mode) ? "a directory" : S_ISFIFO(mode) ? "a pipe" : S_ISSOCK(mode) ? "a socket" : "a device";
}

} // namespace

result<void> visit_directory(const std::string& directory,
                             const std::function<void(std::string_view name, const file_state& now)>& visit,
                             const std::function<void(std::string_view name, const char* kind)>& skipped) {
  open_directory open{::opendir(directory.c_str())};
  if (!open)
    return refuse("cannot open the input directory", directory);
  for (errno = 0; auto entry = ::readdir(open.get()); errno = 0) {
    if (!is_input_name(entry->d_name))
      continue;
    // A file that vanishes between the two calls was never seen.
    auto status = status_in(::dirfd(open.get()), entry->d_name);
    if (auto now = state_of(status))
      visit(entry->d_name, *now);
    else if (status && skipped)
      skipped(entry->d_name, kind_of(status->st_mode));
  }
  if (errno != 0)
    return refuse("cannot list the input directory", directory);
  return {};
}

std::optional<file_state> state_of_file(const std::string& path) { return state_of(status_in(AT_FDCWD, path.c_str())); }

result<std::vector<listed_file>> list_directory(const std::string& directory) {
  std::vector<listed_file> files;
  auto visited = visit_directory(directory, [&](std::string_view name, const file_state& now) {
    files.push_back({std::string{name}, now.size, now.modified_ns});
  });
  if (!visited)
    return tl::make_unexpected(visited.error());
  std::sort(files.begin(), files.end(), [](const listed_file& a, const listed_file& b) {
    return std::tie(a.modified_ns, a.name) < std::tie(b.modified_ns, b.name);
  });
  return files;
}

result<void> check_directory(const std::string& directory) {
  open_directory open{::opendir(directory.c_str())};
  if (!open)
    return refuse("cannot open the input directory", directory);
  errno = 0;
  if (!::readdir(open.get()) && errno != 0)
    return refuse("cannot list the input directory", directory);
  return {};
}

} // namespace weir::actors
