#include "libstream/log/renewal.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include "libstream/log/value_codec.hpp"

namespace weir::log {

namespace {

namespace fs = std::filesystem;

/// Payload bytes that go into one transaction of the copy.
constexpr std::uint64_t bytes_in_transaction = 4 * limits::mib;

std::string marker_of(const std::string& directory) { return directory + "/suspect"; }

tl::unexpected<error> disk_error(std::string problem, const std::string& path, int code = errno) {
  return fail(error_code::disk, std::move(problem) + ": " + std::strerror(code), path,
              "check the disk before you start again");
}

result<void> sync_path(const std::string& path) {
  auto opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0)
    return disk_error("cannot open", path);
  auto synced = ::fsync(opened);
  auto reason = errno;
  ::close(opened);
  if (synced != 0)
    return disk_error("cannot sync", path, reason);
  return {};
}

/// One table after the other, a few values a transaction. Each is verified by its read.
result<void> copy_table(const store& from, store& into, table which) {
  transaction some;
  std::uint64_t bytes = 0;
  result<void> written;
  auto write = [&] {
    written = into.commit(std::exchange(some, {}));
    bytes = 0;
  };
  auto scanned = from.scan(which, {}, {}, true, [&](std::string_view key, const stored_value& value) {
    auto kept = copy_value(value);
    some.put(which, std::string{key}, std::string{kept.record}, kept.payload, kept.owner);
    bytes += kept.record.size() + kept.payload.size() + value_header_bytes;
    if (bytes >= bytes_in_transaction)
      write();
    return written.has_value();
  });
  if (!scanned)
    return scanned;
  if (written && !some.empty())
    write();
  return written;
}

result<void> copy_all(const std::string& from, const std::string& into, const lmdb_options& options) {
  auto marked = options;
  marked.after_failed_write = true;
  auto old = lmdb_store::open(from, marked);
  if (!old)
    return tl::make_unexpected(old.error());
  auto fresh = lmdb_store::create(into, options);
  if (!fresh)
    return tl::make_unexpected(fresh.error());
  for (std::uint8_t number = 0; number < table_count; ++number)
    if (auto copied = copy_table(**old, **fresh, static_cast<table>(number)); !copied)
      return copied;
  return {};
}

} // namespace

void mark_suspect(const std::string& directory, const error& why) {
  auto marker = ::open(marker_of(directory).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (marker < 0)
    return;
  auto text = why.message() + "\n";
  (void)!::write(marker, text.data(), text.size()); // an empty one does as well
  ::fsync(marker);
  ::close(marker);
  (void)sync_path(directory);
}

std::optional<std::string> suspicion(const std::string& directory) {
  auto marker = ::open(marker_of(directory).c_str(), O_RDONLY | O_CLOEXEC);
  if (marker < 0)
    return std::nullopt;
  std::string text(1024, '\0');
  auto count = ::read(marker, text.data(), text.size());
  ::close(marker);
  text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return text.substr(0, text.find('\n'));
}

result<void> renew(const std::string& directory, const lmdb_options& options) {
  auto building = directory + "/renewed";
  std::error_code ignored;
  fs::remove_all(building, ignored); // of a crash
  if (::mkdir(building.c_str(), 0700) != 0)
    return disk_error("cannot create", building);
  auto file = building + "/data.mdb";
  auto done = copy_all(directory, building, options);
  if (done)
    done = sync_path(file);
  if (done && ::rename(file.c_str(), (directory + "/data.mdb").c_str()) != 0)
    done = disk_error("cannot put the renewed log in its place", directory);
  if (done)
    ::unlink((directory + "/lock.mdb").c_str()); // it knows the old file
  if (done)
    done = sync_path(directory);
  fs::remove_all(building, ignored);
  if (!done)
    return done;
  if (::unlink(marker_of(directory).c_str()) != 0)
    return disk_error("cannot remove", marker_of(directory));
  return sync_path(directory);
}

} // namespace weir::log
