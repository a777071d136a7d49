#include "actors/sinks/posix_file_system.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libstream/base/regular_file.hpp"
#include "libstream/log/disk_advice.hpp"

namespace weir::actors {

namespace {

auto disk_error(const char* action, const std::string& path, int reason) {
  auto problem = std::string{"cannot "} + action + ": " + std::strerror(reason);
  return fail(error_code::disk, problem, path, log::disk_advice(reason, "output directory"));
}

/// The nearest thing above the path that is there, if it is no directory.
std::string file_in_the_way(const std::string& path) {
  for (auto above = path; above != directory_above(above);) {
    above = directory_above(above);
    struct stat status {};
    if (::stat(above.c_str(), &status) == 0)
      return S_ISDIR(status.st_mode) ? std::string{} : above;
  }
  return {};
}

/// Of what may be tried again when there is room: all but a sync, after which nobody knows what a file holds. A process without a free
/// descriptor has nothing to do with the disk, and may soon have one.
auto write_error(const char* action, const std::string& path, int reason) {
  auto problem = std::string{"cannot "} + action + ": " + std::strerror(reason);
  if (reason == EMFILE || reason == ENFILE)
    return fail_full(problem, path, "let the process open more files (ulimit -n), or bound ingest.max_connections");
  if (reason == ENOTDIR)
    if (auto file = file_in_the_way(path); !file.empty())
      return fail(error_code::disk,
                  "cannot " + std::string{action} + " " + path + ": the output directory is a file now", file,
                  "move that file away, so that the directory can be made again");
  return is_full_disk(reason) ? fail_full(problem, path, how_to_make_room(reason)) : disk_error(action, path, reason);
}

class descriptor {
public:
  explicit descriptor(int opened) : fd_{opened} {}
  descriptor(const std::string& path, int flags) : fd_{::open(path.c_str(), flags | O_CLOEXEC, 0644)} {}
  ~descriptor() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int get() const { return fd_; }

private:
  int fd_;
};

class posix_file_system final : public file_system {
public:
  bool exists(const std::string& path) const override {
    struct stat ignored;
    return ::stat(path.c_str(), &ignored) == 0;
  }

  result<std::optional<std::string>> read(const std::string& path) const override {
    descriptor file{open_regular_file(path.c_str(), O_RDONLY)};
    if (file.get() == not_a_regular_file)
      return fail(error_code::disk, "cannot read: it is not a regular file", path, "move it away");
    if (file.get() < 0 && (errno == ENOENT || errno == ENOTDIR))
      return std::optional<std::string>{};
    if (file.get() < 0)
      return disk_error("open", path, errno);
    std::string text(64 * 1024, '\0');
    auto count = ::read(file.get(), text.data(), text.size());
    if (count < 0)
      return disk_error("read", path, errno);
    text.resize(static_cast<std::size_t>(count));
    return std::optional{std::move(text)};
  }

  std::vector<std::string> list(const std::string& directory) const override {
    std::vector<std::string> names;
    std::error_code ignored;
    for (std::filesystem::directory_iterator entry{directory, ignored}, end; !ignored && entry != end;
         entry.increment(ignored))
      names.push_back(entry->path().filename().string());
    return names;
  }

  result<void> check_writable(const std::string& directory) const override {
    auto existing = std::filesystem::absolute(directory);
    struct stat status {};
    while (::stat(existing.c_str(), &status) != 0) {
      if (errno != ENOENT || existing == existing.parent_path())
        return disk_error("make files in", directory, errno);
      existing = existing.parent_path();
    }
    if (!S_ISDIR(status.st_mode))
      return disk_error("make files in", directory, ENOTDIR);
    if (::access(existing.c_str(), W_OK | X_OK) != 0)
      return disk_error("make files in", existing.string(), errno);
    return {};
  }

  result<void> make_directories(const std::string& path) override {
    std::error_code problem;
    std::filesystem::create_directories(path, problem);
    if (problem)
      return write_error("create directory", path, problem.value());
    return {};
  }

  result<void> write(const std::string& path, std::string_view bytes) override {
    // Whatever a predecessor or somebody else has put here, a link also, is replaced and never written through.
    if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != EISDIR && errno != EPERM)
      return write_error("replace", path, errno);
    descriptor file{path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW};
    if (file.get() < 0)
      return write_error("create", path, errno);
    while (!bytes.empty()) {
      auto written = ::write(file.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return write_error("write", path, errno);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  result<void> sync(const std::vector<std::string>& paths) override {
    for (auto& path : paths) {
      descriptor file{path, O_RDONLY};
      if (file.get() < 0)
        return write_error("open", path, errno);
      if (::fsync(file.get()) != 0)
        return disk_error("sync", path, errno);
    }
    return {};
  }

  result<void> sync_if_permitted(const std::string& directory) override {
    descriptor file{directory, O_RDONLY};
    if (file.get() < 0)
      return errno == EACCES || errno == EPERM ? result<void>{} : write_error("open", directory, errno);
    if (::fsync(file.get()) != 0 && errno != EINVAL && errno != EROFS) // there is nothing to sync
      return disk_error("sync", directory, errno);
    return {};
  }

  result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0)
      return write_error("rename", from + " to " + to, errno);
    return {};
  }

  result<void> remove_all(const std::string& path) override {
    std::error_code problem;
    std::filesystem::remove_all(path, problem);
    if (problem)
      return write_error("remove", path, problem.value());
    return {};
  }
};

} // namespace

std::shared_ptr<file_system> make_posix_file_system() { return std::make_shared<posix_file_system>(); }

} // namespace weir::actors
