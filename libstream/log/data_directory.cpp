#include "libstream/log/data_directory.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <random>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "libstream/base/text.hpp"
#include "libstream/log/lmdb_store.hpp"
#include "libstream/log/positions.hpp"
#include "libstream/log/recovery.hpp"
#include "libstream/log/renewal.hpp"

namespace weir::log {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view format_word = "weir-data ";

tl::unexpected<error> disk_error(std::string what, const std::string& path, int code = errno) {
  return fail(error_code::disk, std::move(what) + ": " + std::strerror(code), path,
              "check that the disk is writable, or choose another data directory");
}

/// A descriptor that a started program does not inherit.
class descriptor {
public:
  descriptor(const std::string& path, int flags) : value_{::open(path.c_str(), flags | O_CLOEXEC, 0644)} {}
  descriptor(descriptor&& other) noexcept : value_{std::exchange(other.value_, -1)} {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~descriptor() {
    if (value_ >= 0)
      ::close(value_);
  }
  explicit operator bool() const { return value_ >= 0; }
  int get() const { return value_; }
  int release() { return std::exchange(value_, -1); }

private:
  int value_;
};

result<void> sync_path(const std::string& path) {
  descriptor opened{path, O_RDONLY};
  if (!opened || ::fsync(opened.get()) != 0)
    return disk_error("cannot sync", path);
  return {};
}

result<std::string> read_small_file(const std::string& path) {
  descriptor file{path, O_RDONLY};
  char bytes[256];
  auto count = file ? ::read(file.get(), bytes, sizeof bytes) : -1;
  if (count < 0)
    return disk_error("cannot read", path);
  return std::string(bytes, static_cast<std::size_t>(count));
}

result<void> write_small_file(int file, std::string_view text, const std::string& path) {
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    return disk_error("cannot write", path);
  return {};
}

std::uint64_t draw_random() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

enum class found_directory { absent, empty, ours };

/// Says what is at `path`; anything that is neither free nor a data directory of ours is an error.
result<found_directory> look_at(const std::string& path) {
  std::error_code failure;
  auto status = fs::status(path, failure);
  if (status.type() == fs::file_type::not_found)
    return found_directory::absent;
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
      return found_directory::empty;
    return fail(error_code::configuration, "not a data directory of weir, and not empty", path,
                "choose another directory; weir never mixes its files with others");
  }
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
  if (*number > data_format)
    return fail(error_code::configuration,
                "the data directory has format " + std::to_string(*number) + ", this program reads up to " +
                  std::to_string(data_format),
                path, "use the newer version of weir that wrote it");
  return found_directory::ours;
}

/// The lock file of `directory`, locked; errors name `shown`.
result<descriptor> lock_directory(const std::string& directory, const std::string& shown) {
  auto path = directory + "/lock";
  descriptor file{path, O_RDWR | O_CREAT};
  if (!file)
    return disk_error("cannot open the lock of the data directory", path);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK)
      return disk_error("cannot lock the data directory", path);
    auto owner = read_small_file(path);
    auto number = owner ? owner->substr(0, owner->find('\n')) : std::string{};
    return fail(error_code::configuration,
                "data directory in use by another process (pid " + (number.empty() ? "unknown" : number) + ")", shown,
                "stop that process, or choose another data directory");
  }
  if (auto written = write_small_file(file.get(), std::to_string(::getpid()) + "\n", path); !written)
    return tl::make_unexpected(written.error());
  return file;
}

/// The directory under construction: a sibling of the one to be, so that a rename can put it in place.
std::string construction_prefix(const fs::path& target) { return "." + target.filename().string() + ".new-"; }

/// What a crash while creating left behind. One that is locked is being built right now.
void remove_leftovers(const fs::path& target) {
  std::error_code ignored;
  auto prefix = construction_prefix(target);
  for (fs::directory_iterator at{target.parent_path(), ignored}, end; at != end; at.increment(ignored)) {
    auto name = at->path().filename().string();
    if (!name.starts_with(prefix))
      continue;
    descriptor lock{at->path().string() + "/lock", O_RDWR | O_CREAT};
    if (lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0)
      fs::remove_all(at->path(), ignored);
  }
}

result<void> fill_directory(const std::string& building, const application_record& application,
                            std::size_t max_log_bytes) {
  auto log_path = building + "/log";
  if (::mkdir(log_path.c_str(), 0755) != 0)
    return disk_error("cannot create", log_path);
  {
    auto store = lmdb_store::create(log_path, {max_log_bytes, false});
    if (!store)
      return tl::make_unexpected(store.error());
    transaction first;
    put_application(first, application);
    if (auto written = (*store)->commit(first); !written)
      return written;
  }
  auto format_path = building + "/format";
  descriptor format{format_path, O_WRONLY | O_CREAT | O_EXCL};
  if (!format)
    return disk_error("cannot create", format_path);
  auto line = std::string{format_word} + std::to_string(data_format) + "\n";
  if (auto written = write_small_file(format.get(), line, format_path); !written)
    return written;
  for (const auto& path : {format_path, building + "/lock", log_path + "/data.mdb", log_path, building})
    if (auto synced = sync_path(path); !synced)
      return synced;
  return {};
}

result<void> check_parent(const fs::path& target, bool create_parents) {
  auto parent = target.parent_path();
  std::error_code failure;
  if (create_parents)
    fs::create_directories(parent, failure);
  if (failure)
    return disk_error("cannot create the directory above the data directory", parent.string(), failure.value());
  if (!fs::is_directory(parent, failure))
    return fail(error_code::configuration,
                "cannot create the data directory: " + parent.string() + " is not an existing directory",
                target.string(), "create the directory above it first");
  return {};
}

/// Builds a complete directory beside `target` and renames it. Returns its lock, held.
result<descriptor> create_directory(const fs::path& target, const application_record& application,
                                    const directory_options& options) {
  if (auto parent = check_parent(target, options.create_parents); !parent)
    return tl::make_unexpected(parent.error());
  remove_leftovers(target);
  auto building = (target.parent_path() / construction_prefix(target)).string() + std::to_string(::getpid()) + "-" +
                  std::to_string(draw_random());
  if (::mkdir(building.c_str(), 0755) != 0)
    return disk_error("cannot create the data directory", target.string());
  auto finish = [&]() -> result<descriptor> {
    auto lock = lock_directory(building, target.string());
    if (!lock)
      return lock;
    if (auto filled = fill_directory(building, application, options.max_log_bytes); !filled)
      return tl::make_unexpected(filled.error());
    if (::rename(building.c_str(), target.c_str()) != 0) {
      if (errno == EBUSY || errno == EXDEV)
        return fail(error_code::configuration, "cannot create the data directory: it is a mount point", target.string(),
                    "name a new directory inside it");
      return disk_error("cannot create the data directory", target.string());
    }
    if (auto synced = sync_path(target.parent_path().string()); !synced)
      return tl::make_unexpected(synced.error());
    return lock;
  };
  auto lock = finish();
  std::error_code ignored;
  if (!lock)
    fs::remove_all(building, ignored);
  return lock;
}

application_record first_application(const std::string& application, const directory_options& options) {
  application_record record;
  record.format = data_format;
  record.application = application;
  record.hash_seed = options.hash_seed ? *options.hash_seed : draw_random();
  record.partitions = options.repartition.value_or(options.partitions);
  record.interval_us = options.interval_us;
  record.directory_id = options.directory_id ? *options.directory_id : draw_random();
  return record;
}

/// The stored record; a format line that says otherwise, or none at all, is damage.
result<application_record> stored_application(const store& from, const std::string& path) {
  auto record = read_application(from);
  if (!record)
    return tl::make_unexpected(record.error());
  if (!*record || (*record)->format != data_format)
    return fail(error_code::corrupt, "the log does not say which application it belongs to", path,
                "restore the data directory from a copy");
  return std::move(**record);
}

result<application_record> update_application(store& in, application_record record, const directory_options& options) {
  auto before = record;
  record.partitions = options.repartition.value_or(record.partitions);
  record.interval_us = options.interval_us;
  if (record == before)
    return record;
  transaction changes;
  put_application(changes, record);
  if (auto written = in.commit(changes); !written)
    return tl::make_unexpected(written.error());
  return record;
}

} // namespace

result<data_directory> data_directory::open(const std::string& path, const std::string& application,
                                            const directory_options& options) {
  std::error_code failure;
  auto target = fs::weakly_canonical(fs::absolute(path), failure); // through links, since a rename does not follow them
  if (failure || path.empty())
    return fail(error_code::configuration, "not a path that can be used" + (failure ? ": " + failure.message() : ""),
                path, "choose another data directory");
  if (!target.has_filename()) // "dir/"
    target = target.parent_path();
  auto found = look_at(target.string());
  if (!found)
    return tl::make_unexpected(found.error());
  data_directory opened;
  opened.path_ = target.string();
  opened.created_ = *found != found_directory::ours;
  auto lock = opened.created_ ? create_directory(target, first_application(application, options), options)
                              : lock_directory(opened.path_, opened.path_);
  if (!lock && opened.created_ && look_at(opened.path_) == found_directory::ours) {
    opened.created_ = false; // another process was faster
    lock = lock_directory(opened.path_, opened.path_);
  }
  if (!lock)
    return tl::make_unexpected(lock.error());
  opened.lock_ = lock->release();

  auto log_path = opened.path_ + "/log";
  opened.renewed_because_ = suspicion(log_path);
  if (opened.renewed_because_)
    if (auto renewed = renew(log_path, {options.max_log_bytes, false}); !renewed)
      return tl::make_unexpected(renewed.error());
  auto store = lmdb_store::open(log_path, {options.max_log_bytes, false});
  if (!store)
    return tl::make_unexpected(store.error());
  opened.store_ = *store;
  auto stored = stored_application(**store, opened.path_);
  if (!stored)
    return tl::make_unexpected(stored.error());
  if (stored->application != application)
    return fail(error_code::configuration,
                "the data directory belongs to the application \"" + stored->application + "\", this one is \"" +
                  application + "\"",
                opened.path_, "choose another data directory");
  // Damage in LMDB's own structure shows as keys that are missing: better now than in the middle of a batch.
  if (auto checked = verify(**store, false); !checked)
    return tl::make_unexpected(checked.error());
  auto updated = update_application(**store, std::move(*stored), options);
  if (!updated)
    return tl::make_unexpected(updated.error());
  opened.application_ = std::move(*updated);
  return opened;
}

data_directory::data_directory(data_directory&& other) noexcept
  : path_{std::move(other.path_)},
    lock_{std::exchange(other.lock_, -1)},
    created_{other.created_},
    renewed_because_{std::move(other.renewed_because_)},
    application_{std::move(other.application_)},
    store_{std::move(other.store_)} {}

data_directory& data_directory::operator=(data_directory&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  std::swap(created_, other.created_);
  std::swap(renewed_because_, other.renewed_because_);
  std::swap(application_, other.application_);
  std::swap(store_, other.store_);
  return *this;
}

data_directory::~data_directory() {
  store_.reset(); // before the lock
  if (lock_ >= 0)
    ::close(lock_);
}

result<directory_view> view_directory(const std::string& path) {
  auto found = look_at(path);
  if (!found)
    return tl::make_unexpected(found.error());
  if (*found != found_directory::ours)
    return fail(error_code::configuration,
                *found == found_directory::absent ? "no such data directory"
                                                  : "an empty directory, not a data directory of weir",
                path, "check the path");
  auto store = lmdb_store::open(path + "/log", {limits::max_log_bytes, true});
  if (!store)
    return tl::make_unexpected(store.error());
  auto application = stored_application(**store, path);
  if (!application)
    return tl::make_unexpected(application.error());
  return directory_view{std::move(*application), *store};
}

} // namespace weir::log
