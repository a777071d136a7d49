#include "libstream/log/directory_files.hpp"

#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "libstream/base/regular_file.hpp"
#include "libstream/base/text.hpp"
#include "libstream/log/disk_advice.hpp"

namespace weir::log {

tl::unexpected<error> disk_error(std::string problem, const std::string& path, int code) {
  return fail(error_code::disk, std::move(problem) + ": " + std::strerror(code), path, disk_advice(code));
}

namespace {

namespace fs = std::filesystem;

constexpr std::string_view format_word = "weir-data ";

/// A descriptor that a started program does not inherit.
class descriptor {
public:
  descriptor(const std::string& path, int flags) : value_{::open(path.c_str(), flags | O_CLOEXEC, 0600)} {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (value_ >= 0)
      ::close(value_);
  }
  explicit operator bool() const { return value_ >= 0; }
  int get() const { return value_; }

private:
  int value_;
};

tl::unexpected<error> not_regular(const std::string& path) {
  return fail(error_code::corrupt, "not a regular file, as each file of a data directory is", path,
              "restore the data directory from a copy");
}

result<std::string> read_small_file(const std::string& path) {
  auto file = open_regular_file(path.c_str(), O_RDONLY);
  if (file == not_a_regular_file)
    return not_regular(path);
  char bytes[256];
  auto count = file < 0 ? -1 : ::read(file, bytes, sizeof bytes);
  auto reason = errno;
  if (file >= 0)
    ::close(file);
  if (count < 0)
    return disk_error("cannot read", path, reason);
  return std::string(bytes, static_cast<std::size_t>(count));
}

result<void> write_small_file(int file, std::string_view text, const std::string& path) {
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    return disk_error("cannot write", path);
  return {};
}

/// Opening a pipe that has taken the place of one of our files would wait for ever.
result<void> check_kinds(const std::string& directory) {
  for (auto name : {"/format", "/lock", "/log/data.mdb", "/log/lock.mdb", "/log/suspect"}) {
    auto path = directory + name;
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
      return not_regular(path);
  }
  return {};
}

} // namespace

result<void> sync_path(const std::string& path) {
  descriptor opened{path, O_RDONLY};
  if (!opened || ::fsync(opened.get()) != 0)
    return disk_error("cannot sync", path);
  return {};
}

result<void> write_new_file(const std::string& path, std::string_view text) {
  descriptor file{path, O_WRONLY | O_CREAT | O_EXCL};
  if (!file)
    return disk_error("cannot create", path);
  return write_small_file(file.get(), text, path);
}

result<looked_at> look_at(const std::string& path, std::uint32_t newest) {
  std::error_code failure;
  auto status = fs::status(path, failure);
  if (status.type() == fs::file_type::not_found)
    return looked_at{looked_at::kind::absent};
  if (failure)
    return disk_error("cannot look at the data directory", path, failure.value());
  if (status.type() != fs::file_type::directory)
    return fail(error_code::configuration, "not a directory", path, "choose another data directory");
  auto format_path = path + "/format";
  if (!fs::exists(format_path, failure)) {
    fs::directory_iterator entries{path, failure};
    if (failure)
      return disk_error("cannot read the data directory", path, failure.value());
    if (entries == fs::directory_iterator{})
      return looked_at{looked_at::kind::empty};
    return fail(error_code::configuration, "not a data directory of weir, and not empty", path,
                "choose another directory; weir never mixes its files with others");
  }
  if (auto kinds = check_kinds(path); !kinds)
    return tl::make_unexpected(kinds.error());
  auto line = read_small_file(format_path);
  if (!line)
    return tl::make_unexpected(line.error());
  std::string_view text = *line;
  while (!text.empty() && text.back() == '\n')
    text.remove_suffix(1);
  auto number = text.starts_with(format_word) ? parse_count(text.substr(format_word.size())) : parse_count("");
  if (!number || *number == 0)
    return fail(error_code::corrupt, "the format of the data directory cannot be read", format_path,
                "restore the data directory from a copy");
  if (*number > newest)
    return fail(error_code::configuration,
                "the data directory has format " + std::to_string(*number) + ", this program reads up to " +
                  std::to_string(newest),
                path, "use the newer version of weir that wrote it");
  return looked_at{looked_at::kind::ours, static_cast<std::uint32_t>(*number)};
}

std::string format_line(std::uint32_t format) { return std::string{format_word} + std::to_string(format) + "\n"; }

result<void> raise_format(const std::string& directory, std::uint32_t format) {
  auto path = directory + "/format";
  auto fresh = path + ".new";
  ::unlink(fresh.c_str()); // of a crash
  if (auto written = write_new_file(fresh, format_line(format)); !written)
    return written;
  if (auto synced = sync_path(fresh); !synced)
    return synced;
  if (::rename(fresh.c_str(), path.c_str()) != 0)
    return disk_error("cannot replace", path);
  return sync_path(directory);
}

} // namespace weir::log
