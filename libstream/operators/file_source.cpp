#include "libstream/operators/file_source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include "libstream/base/limits.hpp"
#include "libstream/base/regular_file.hpp"
#include "libstream/data/checksum.hpp"
#include "libstream/data/hash.hpp"

namespace weir::operators {

namespace {

[[noreturn]] void cannot_read(const std::string& path, int reason) {
  throw plan::plan_error{{reason == ENOENT ? error_code::configuration : error_code::disk,
                          std::string{"cannot read: "} + std::strerror(reason), path, "check path and permissions"}};
}

plan::plan_error no_file(const std::string& path) {
  return plan::plan_error{{error_code::configuration, "cannot read: not a regular file", path,
                           "a dataset is read from files; write the records to one"}};
}

plan::plan_error changed(const std::string& path) {
  return plan::plan_error{{error_code::corrupt, "the file changed since the dataset was made", path,
                           "put back what it held, or start the program again so that it reads what the file holds "
                           "now; a file that a running "
                           "program reads stays as it is: write new data to a file of another name"}};
}

std::int64_t modified_ns(const struct stat& of) {
  return std::int64_t{of.st_mtim.tv_sec} * 1'000'000'000 + of.st_mtim.tv_nsec;
}

struct open_file {
  /// `if_no_file`: the error if a pipe or a device is there.
  open_file(const std::string& path, plan::plan_error (*if_no_file)(const std::string&))
    : number{open_regular_file(path.c_str(), O_RDONLY)} {
    if (number == not_a_regular_file)
      throw if_no_file(path);
    if (number < 0 || ::fstat(number, &state) != 0)
      cannot_read(path, errno);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() {
    if (number >= 0)
      ::close(number);
  }
  int number;
  struct stat state {};
};

/// Bytes [from, to); fewer only at the end of the file.
std::size_t read_at(const open_file& file, const std::string& path, std::uint64_t from, std::uint64_t to, char* into) {
  std::size_t got = 0;
  while (from + got < to) {
    auto some = ::pread(file.number, into + got, to - from - got, static_cast<off_t>(from + got));
    if (some < 0 && errno == EINTR)
      continue;
    if (some < 0)
      cannot_read(path, errno);
    if (some == 0)
      break;
    got += static_cast<std::size_t>(some);
  }
  return got;
}

/// What the file holds.
std::uint64_t content_of(const open_file& file, const file_part& part) {
  std::vector<char> some(std::min<std::uint64_t>(part.size, limits::mib));
  std::uint64_t digest = 0;
  for (std::uint64_t offset = 0; offset < part.size;) {
    auto got = read_at(file, part.path, offset, std::min<std::uint64_t>(offset + some.size(), part.size), some.data());
    if (got == 0)
      throw changed(part.path); // cut off since
    digest = data::checksum({some.data(), got}, digest);
    offset += got;
  }
  return digest;
}

/// Where the first line that begins at or behind `at` begins.
std::uint64_t line_begin(const open_file& file, const file_part& part, std::uint64_t offset) {
  if (offset == 0)
    return 0;
  char some[4096];
  for (--offset; offset < part.size;) { // a newline just before makes it the begin of a line
    auto got = read_at(file, part.path, offset, std::min<std::uint64_t>(offset + sizeof some, part.size), some);
    if (auto newline = static_cast<const char*>(std::memchr(some, '\n', got)))
      return offset + static_cast<std::uint64_t>(newline - some) + 1;
    if (got == 0)
      break;
    offset += got;
  }
  return part.size;
}

void add_parts(const std::string& path, std::uint64_t part_bytes, std::uint64_t unit_bytes,
               std::vector<file_part>& into) {
  open_file file{path, no_file};
  file_part part{path, static_cast<std::uint64_t>(file.state.st_size), modified_ns(file.state), 0, 0};
  if (unit_bytes == 0 || part.size % unit_bytes != 0)
    throw plan::plan_error{
      {error_code::corrupt,
       "its size is " + std::to_string(part.size) + " bytes, no multiple of a record's " + std::to_string(unit_bytes),
       path, "give the length of the records"}};
  auto step = part_bytes == 0 ? std::max<std::uint64_t>(1, part.size)
                              : std::max(unit_bytes, part_bytes / unit_bytes * unit_bytes);
  for (std::uint64_t offset = 0; offset < part.size; offset += step) {
    part.from = offset;
    part.to = std::min(offset + step, part.size);
    into.push_back(part);
  }
}

/// Whether records are read from it. A link that leads nowhere stands for records that are missing, so it is an error; what has vanished
/// since the directory was listed is not there.
bool is_file(const std::filesystem::directory_entry& entry) {
  std::error_code failed;
  auto type = std::filesystem::status(entry.path(), failed).type();
  if (type == std::filesystem::file_type::not_found) {
    std::error_code vanished;
    if (std::filesystem::is_symlink(std::filesystem::symlink_status(entry.path(), vanished)))
      throw plan::plan_error{{error_code::configuration, "cannot read: the link leads nowhere", entry.path().string(),
                              "remove the link, or put back what it leads to"}};
    return false;
  }
  if (failed)
    cannot_read(entry.path().string(), failed.value());
  return type == std::filesystem::file_type::regular;
}

} // namespace

std::vector<file_part> parts_of_files(const std::string& path, std::uint64_t part_bytes, std::uint64_t unit_bytes) {
  if (path.empty())
    throw plan::plan_error{{error_code::configuration, "the path of the file or directory to read is empty", "dataset",
                            "give the path of a file, or of a directory of files"}};
  std::vector<file_part> parts;
  std::error_code failed;
  if (!std::filesystem::is_directory(path, failed)) {
    add_parts(path, part_bytes, unit_bytes, parts);
    return parts;
  }
  std::vector<std::string> paths;
  std::filesystem::directory_iterator entry{path, failed};
  for (; !failed && entry != std::filesystem::directory_iterator{}; entry.increment(failed)) {
    auto name = entry->path().filename().string();
    if (name[0] != '.' && name[0] != '_' && is_file(*entry))
      paths.push_back(entry->path().string());
  }
  if (failed)
    cannot_read(path, failed.value());
  std::sort(paths.begin(), paths.end());
  for (auto& each : paths)
    add_parts(each, part_bytes, unit_bytes, parts);
  return parts;
}

static_files::static_files(std::vector<file_part> parts) : parts_{std::move(parts)} {
  for (auto& part : parts_)
    versions_[part.path].modified_ns = part.modified_ns;
}

std::uint64_t static_files::digest() const {
  std::uint64_t digest = parts_.size();
  const std::string* before = nullptr;
  for (auto& part : parts_) { // those of one file lie side by side
    if (before && *before == part.path)
      continue;
    before = &part.path;
    open_file file{part.path, changed};
    if (static_cast<std::uint64_t>(file.state.st_size) != part.size)
      throw changed(part.path);
    auto content = content_of(file, part);
    {
      std::lock_guard guard{mutex_};
      versions_[part.path] = {modified_ns(file.state), content};
    }
    for (auto each : {data::hash_bytes(std::filesystem::path{part.path}.filename().string(), 0), part.size, content})
      digest = data::hash_combine(digest, each);
  }
  return digest;
}

std::uint64_t static_files::dated_digest() const {
  std::uint64_t digest = parts_.size();
  for (auto& part : parts_)
    for (auto each : {data::hash_bytes(part.path, 0), part.size, static_cast<std::uint64_t>(part.modified_ns)})
      digest = data::hash_combine(digest, each);
  return digest;
}

data::buffer_handle static_files::read(std::size_t index, bool lines) const {
  auto& part = parts_[index];
  open_file file{part.path, changed};
  if (static_cast<std::uint64_t>(file.state.st_size) != part.size)
    throw changed(part.path);
  {
    std::lock_guard guard{mutex_};
    auto& known = versions_[part.path];
    if (modified_ns(file.state) != known.modified_ns) {
      if (!known.content || content_of(file, part) != *known.content)
        throw changed(part.path);
      known.modified_ns = modified_ns(file.state);
    }
  }
  auto from = lines ? line_begin(file, part, part.from) : part.from;
  auto to = lines ? line_begin(file, part, part.to) : part.to;
  auto bytes = std::make_shared<data::buffer>(to > from ? to - from : 0);
  if (to > from)
    bytes->resize(read_at(file, part.path, from, to, bytes->data()));
  if (bytes->size() != bytes->capacity())
    throw changed(part.path); // cut off since
  return bytes;
}

} // namespace weir::operators
