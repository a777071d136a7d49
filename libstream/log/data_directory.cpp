#include "libstream/log/data_directory.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <random>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "libstream/log/directory_files.hpp"
#include "libstream/log/directory_lock.hpp"
#include "libstream/log/lmdb_store.hpp"
#include "libstream/log/memory_store.hpp"
#include "libstream/log/page_check.hpp"
#include "libstream/log/positions.hpp"
#include "libstream/log/recovery.hpp"
#include "libstream/log/renewal.hpp"

namespace weir::log {

namespace {

namespace fs = std::filesystem;

std::uint64_t draw_random() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

/// The directory under construction: a sibling of the one to be, so that a rename can put it in place.
std::string construction_prefix(const fs::path& target) { return "." + target.filename().string() + ".new-"; }

/// What a crash while creating left behind. One that is locked is being built right now.
void remove_leftovers(const fs::path& target) {
  std::error_code ignored;
  auto prefix = construction_prefix(target);
  for (fs::directory_iterator entry{target.parent_path(), ignored}, end; entry != end; entry.increment(ignored))
    if (entry->path().filename().string().starts_with(prefix))
      if (auto lock = directory_lock::try_quietly(entry->path().string()))
        fs::remove_all(entry->path(), ignored);
}

result<void> fill_directory(const std::string& building, transaction first, const directory_options& options) {
  auto log_path = building + "/log";
  if (::mkdir(log_path.c_str(), 0700) != 0)
    return disk_error("cannot create", log_path);
  {
    lmdb_options creating{options.max_log_bytes, false};
    creating.format = options.format;
    auto store = lmdb_store::create(log_path, creating);
    if (!store)
      return tl::make_unexpected(store.error());
    if (auto written = (*store)->commit(first); !written)
      return written;
  }
  auto format_path = building + "/format";
  if (auto written = write_new_file(format_path, format_line(options.format)); !written)
    return written;
  for (const auto& path : {format_path, building + "/lock", log_path + "/data.mdb", log_path, building})
    if (auto synced = sync_path(path); !synced)
      return synced;
  return {};
}

/// Whether `target` can be made there, as far as that can be told without making it.
result<void> check_parent(const fs::path& target, bool create_parents) {
  auto parent = target.parent_path();
  std::error_code failure;
  if (!create_parents && !fs::is_directory(parent, failure))
    return fail(error_code::configuration,
                "cannot create the data directory: " + parent.string() + " is not an existing directory",
                target.string(), "create the directory above it first");
  while (!fs::exists(parent, failure) && parent.has_parent_path() && parent != parent.parent_path())
    parent = parent.parent_path();
  if (!fs::is_directory(parent, failure))
    return disk_error("cannot create the directory above the data directory", parent.string(), ENOTDIR);
  if (::access(parent.c_str(), W_OK | X_OK) != 0)
    return disk_error("cannot create the data directory", target.string());
  return {};
}

struct construction {
  std::string path;
  directory_lock lock;
};

/// An empty directory beside `target`, locked. A process that clears away leftovers may take a fresh one for such: then another is made.
result<construction> begin_construction(const fs::path& target) {
  constexpr int most_attempts = 100;
  for (int attempt = 1;; ++attempt) {
    auto building = (target.parent_path() / construction_prefix(target)).string() + std::to_string(::getpid()) + "-" +
                    std::to_string(draw_random());
    if (::mkdir(building.c_str(), 0700) != 0)
      return disk_error("cannot create the data directory", target.string());
    auto lock = directory_lock::take(building, target.string());
    if (lock)
      return construction{std::move(building), std::move(*lock)};
    if (fs::exists(building) && lock.error().code == error_code::disk) // nobody else has touched it
      return tl::make_unexpected(lock.error());
    if (attempt == most_attempts)
      return tl::make_unexpected(lock.error());
  }
}

/// Builds a complete directory beside `target` and renames it. Returns its lock, held.
result<directory_lock> create_directory(const fs::path& target, transaction first, const directory_options& options) {
  std::error_code failure;
  if (options.create_parents)
    fs::create_directories(target.parent_path(), failure);
  if (failure)
    return disk_error("cannot create the directory above the data directory", target.parent_path().string(),
                      failure.value());
  remove_leftovers(target);
  auto begun = begin_construction(target);
  if (!begun)
    return tl::make_unexpected(begun.error());
  auto finish = [&]() -> result<void> {
    if (auto filled = fill_directory(begun->path, std::move(first), options); !filled)
      return filled;
    if (::rename(begun->path.c_str(), target.c_str()) != 0) {
      if (errno == EBUSY || errno == EXDEV)
        return fail(error_code::configuration, "cannot create the data directory: it is a mount point", target.string(),
                    "name a new directory inside it");
      if (errno == ENOTEMPTY || errno == EEXIST)
        return fail(error_code::configuration, "data directory in use by another process, which has just made it",
                    target.string(), "stop that process, or choose another data directory");
      return disk_error("cannot create the data directory", target.string());
    }
    begun->lock.moved_to(target.string());
    begun->lock.keep();
    return sync_path(target.parent_path().string());
  };
  if (auto done = finish(); !done) {
    fs::remove_all(begun->path, failure);
    return tl::make_unexpected(done.error());
  }
  return std::move(begun->lock);
}

application_record first_application(const std::string& application, const directory_options& options) {
  application_record record;
  record.format = options.format;
  record.application = application;
  record.hash_seed = options.hash_seed ? *options.hash_seed : draw_random();
  record.partitions = options.repartition.value_or(options.partitions);
  record.interval_us = options.interval_us;
  record.directory_id = options.directory_id ? *options.directory_id : draw_random();
  return record;
}

/// The stored record; one of a later format than the format line says, or none at all, is damage. (An earlier one has seen a crash while it was
/// raised.) So is a table that is missing though the record's format has it.
result<application_record> stored_application(const lmdb_store& from, std::uint32_t format, const std::string& path) {
  auto record = read_application(from);
  if (!record)
    return tl::make_unexpected(record.error());
  if (*record)
    if (auto tables = from.require_tables((*record)->format); !tables)
      return tl::make_unexpected(tables.error());
  if (!*record || (*record)->format == 0 || (*record)->format > format)
    return fail(error_code::corrupt, "the log does not say which application it belongs to", path,
                "restore the data directory from a copy");
  return std::move(**record);
}

/// Through links, since a rename does not follow them.
result<fs::path> real_path(const std::string& path) {
  std::error_code failure;
  auto target = fs::weakly_canonical(fs::absolute(path), failure);
  if (failure || path.empty())
    return fail(error_code::configuration, "not a path that can be used" + (failure ? ": " + failure.message() : ""),
                path, "choose another data directory");
  return target.has_filename() ? target : target.parent_path(); // "dir/"
}

} // namespace

struct examined_directory::contents {
  std::string path;
  directory_options options;
  bool is_new = false;
  std::optional<directory_lock> lock;
  std::optional<std::string> suspicion;
  application_record before, application;
  std::shared_ptr<const log::store> store;
};

examined_directory::examined_directory(std::unique_ptr<contents> examined) : examined_{std::move(examined)} {}
examined_directory::examined_directory(examined_directory&&) noexcept = default;
examined_directory& examined_directory::operator=(examined_directory&&) noexcept = default;
examined_directory::~examined_directory() {
  if (examined_)
    examined_->store.reset(); // before the lock
}

const std::string& examined_directory::path() const { return examined_->path; }
bool examined_directory::is_new() const { return examined_->is_new; }
const application_record& examined_directory::application() const { return examined_->application; }
const store& examined_directory::content() const { return *examined_->store; }

result<examined_directory> examined_directory::examine(const std::string& path, const std::string& application,
                                                       const directory_options& options) {
  auto target = real_path(path);
  if (!target)
    return tl::make_unexpected(target.error());
  auto there = look_at(target->string(), options.format);
  if (!there)
    return tl::make_unexpected(there.error());
  auto examined = std::make_unique<contents>();
  examined->path = target->string();
  examined->options = options;
  examined->is_new = there->state != looked_at::kind::ours;
  if (examined->is_new) {
    if (auto parent = check_parent(*target, options.create_parents); !parent)
      return tl::make_unexpected(parent.error());
    examined->application = first_application(application, options);
    examined->store = std::make_shared<memory_store>();
    return examined_directory{std::move(examined)};
  }
  auto lock = directory_lock::take(examined->path);
  if (!lock)
    return tl::make_unexpected(lock.error());
  examined->lock = std::move(*lock);
  auto log_path = examined->path + "/log";
  examined->suspicion = log::suspicion(log_path);
  lmdb_options reading{options.max_log_bytes, true};
  reading.alone = true;
  reading.after_failed_write = examined->suspicion.has_value();
  reading.format = oldest_format;
  auto store = lmdb_store::open(log_path, reading);
  if (!store)
    return tl::make_unexpected(store.error());
  auto stored = stored_application(**store, there->format, examined->path);
  if (!stored)
    return tl::make_unexpected(stored.error());
  if (stored->application != application)
    return fail(error_code::configuration,
                "the data directory belongs to the application \"" + stored->application + "\", this one is \"" +
                  application + "\"",
                examined->path, "choose another data directory");
  // Damage in LMDB's own structure shows as keys that are missing: better now than in the middle of a batch.
  if (auto checked = check_content(**store, false); !checked)
    return tl::make_unexpected(checked.error());
  examined->store = std::move(*store);
  examined->before = examined->application = std::move(*stored);
  examined->application.format = options.format;
  examined->application.partitions = options.repartition.value_or(examined->application.partitions);
  examined->application.interval_us = options.interval_us;
  return examined_directory{std::move(examined)};
}

result<data_directory> examined_directory::accept(transaction changes) && {
  auto examined = std::move(examined_);
  examined->store.reset(); // a process opens a log once
  if (examined->is_new || examined->application != examined->before)
    put_application(changes, examined->application);
  auto is_new = examined->is_new;
  if (is_new) {
    auto lock = create_directory(examined->path, std::exchange(changes, {}), examined->options);
    if (!lock)
      return tl::make_unexpected(lock.error());
    examined->lock = std::move(*lock);
  }
  examined->lock->keep();
  data_directory opened;
  opened.path_ = examined->path;
  opened.created_ = is_new;
  opened.application_ = examined->application;
  opened.lock_ = std::make_unique<directory_lock>(std::move(*examined->lock));
  auto log_path = opened.path_ + "/log";
  if (!is_new && examined->before.format < examined->application.format)
    if (auto raised = raise_format(opened.path_, examined->application.format); !raised)
      return tl::make_unexpected(raised.error());
  lmdb_options writing{examined->options.max_log_bytes, false};
  writing.format = is_new ? examined->application.format : examined->before.format;
  if (examined->suspicion) {
    if (auto renewed = renew(log_path, writing); !renewed)
      return tl::make_unexpected(renewed.error());
    opened.renewed_because_ = examined->suspicion;
  }
  writing.checked = !is_new && !examined->suspicion;
  writing.add_tables = !is_new && examined->before.format < examined->application.format;
  auto store = lmdb_store::open(log_path, writing);
  if (!store)
    return tl::make_unexpected(store.error());
  opened.store_ = *store;
  if (!changes.empty())
    if (auto written = (*store)->commit(changes); !written)
      return tl::make_unexpected(written.error());
  return opened;
}

result<data_directory> data_directory::open(const std::string& path, const std::string& application,
                                            const directory_options& options) {
  auto examined = examined_directory::examine(path, application, options);
  if (!examined)
    return tl::make_unexpected(examined.error());
  return std::move(*examined).accept({});
}

data_directory::data_directory() = default;
data_directory::data_directory(data_directory&& other) noexcept = default;

data_directory& data_directory::operator=(data_directory&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  std::swap(created_, other.created_);
  std::swap(renewed_because_, other.renewed_because_);
  std::swap(application_, other.application_);
  std::swap(store_, other.store_);
  return *this;
}

data_directory::~data_directory() { store_.reset(); } // before the lock

namespace {

/// Who reads a log enters LMDB's list of readers, which takes the right to write.
bool can_enter_readers(const std::string& log_path) {
  auto readers = log_path + "/lock.mdb";
  auto there = ::access(readers.c_str(), F_OK) == 0;
  return ::faccessat(AT_FDCWD, (there ? readers : log_path).c_str(), W_OK, AT_EACCESS) == 0;
}

/// A log that its viewer may only read. Its writer would overwrite pages that the viewer needs, so it is kept out for as long as the store lives.
struct locked_view {
  directory_lock lock;
  std::shared_ptr<lmdb_store> store;
};

result<std::shared_ptr<const lmdb_store>> view_unwritable(const std::string& path) {
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0)
    return disk_error("cannot read the data directory", path);
  auto lock = directory_lock::try_quietly(path);
  if (!lock)
    return fail(error_code::configuration,
                "the data directory is in use, and a user who may only read it cannot look at it meanwhile", path,
                "look at it as the user who runs the application, or stop the application first");
  auto log_path = path + "/log";
  lmdb_options reading{limits::max_log_bytes, true};
  reading.alone = true;
  reading.after_failed_write = suspicion(log_path).has_value();
  reading.format = oldest_format;
  auto opened = lmdb_store::open(log_path, reading);
  if (!opened)
    return tl::make_unexpected(opened.error());
  auto view = std::make_shared<locked_view>(locked_view{std::move(*lock), *opened});
  return std::shared_ptr<const lmdb_store>{view, view->store.get()};
}

result<std::shared_ptr<const lmdb_store>> open_view(const std::string& path) {
  if (!can_enter_readers(path + "/log"))
    return view_unwritable(path);
  lmdb_options reading{limits::max_log_bytes, true};
  reading.format = oldest_format;
  return lmdb_store::open(path + "/log", reading);
}

} // namespace

result<directory_view> view_directory(const std::string& path) {
  auto examined = look_at(path, data_format);
  if (!examined)
    return tl::make_unexpected(examined.error());
  if (examined->state != looked_at::kind::ours)
    return fail(error_code::configuration,
                examined->state == looked_at::kind::absent ? "no such data directory"
                                                           : "an empty directory, not a data directory of weir",
                path, "check the path");
  auto store = open_view(path);
  if (!store)
    return tl::make_unexpected(store.error());
  auto application = stored_application(**store, examined->format, path);
  if (!application)
    return tl::make_unexpected(application.error());
  return directory_view{std::move(*application), *store};
}

result<std::uint64_t> verify_directory(const std::string& path, const directory_view& view) {
  auto log_path = path + "/log";
  auto file = log_path + "/data.mdb";
  // While a process writes, what lies outside of the view's snapshot may be half written.
  for (auto looks = 0; looks < 3 && !is_in_use(path); ++looks) {
    struct stat before {
    }, after{};
    ::stat(file.c_str(), &before);
    auto checked = check_pages(file, std::nullopt, suspicion(log_path).has_value());
    if (checked)
      break;
    ::stat(file.c_str(), &after);
    auto untouched = before.st_mtim.tv_sec == after.st_mtim.tv_sec && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec;
    if (untouched && !is_in_use(path))
      return tl::make_unexpected(checked.error());
  }
  return check_content(*view.store, true);
}

} // namespace weir::log
