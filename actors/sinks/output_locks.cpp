#include "actors/sinks/output_locks.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libstream/base/limits.hpp"
#include "libstream/log/data_directory.hpp"
#include "libstream/log/disk_advice.hpp"

namespace weir::actors {

namespace {

tl::unexpected<error> disk_error(const std::string& problem, const std::string& path, int reason) {
  auto advice = log::disk_advice(reason, "output directory");
  auto sentence = problem + ": " + std::strerror(reason);
  return is_full_disk(reason) ? fail_full(sentence, path, advice) : fail(error_code::disk, sentence, path, advice);
}

/// The place that the file was made for; empty if a crash or a full disk kept that from being written.
std::string content_of(int file) {
  char bytes[4096];
  auto count = ::pread(file, bytes, sizeof bytes, 0);
  return {bytes, count > 0 ? static_cast<std::size_t>(count) : 0};
}

bool is_at_two_places(const std::string& this_place, const std::string& other, std::uint64_t id) {
  std::error_code unknown;
  if (std::filesystem::equivalent(this_place, other, unknown) && !unknown) // of a mount
    return false;
  auto view = log::view_directory(this_place);
  return view && view->application.directory_id == id;
}

} // namespace

std::string canonical_mark(const plan::output_target& target) {
  std::error_code unknown;
  auto path = std::filesystem::absolute(mark_path(target));
  auto above = std::filesystem::weakly_canonical(path.parent_path(), unknown);
  return ((unknown ? path.parent_path() : above) / path.filename()).string();
}

output_locks::~output_locks() { release(); }

output_locks::output_locks(output_locks&& other) noexcept : held_{std::exchange(other.held_, {})} {}

output_locks& output_locks::operator=(output_locks&& other) noexcept {
  if (this != &other) {
    release();
    held_ = std::exchange(other.held_, {});
  }
  return *this;
}

void output_locks::release() {
  for (auto& [place, lock] : held_)
    ::close(lock.descriptor);
  held_.clear();
}

result<void> output_locks::take_one(const plan::output_target& target) {
  auto place = canonical_mark(target);
  if (held_.contains(place))
    return {};
  auto path = mark_path(target) + ".lock";
  constexpr int safely = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  auto file = ::open(path.c_str(), O_RDWR | O_CREAT | safely, 0644);
  if (file < 0 && errno == EACCES) // another user has made it: reading is enough for a lock
    file = ::open(path.c_str(), O_RDONLY | safely);
  if (file < 0)
    return disk_error("cannot open the file that locks this output", path, errno);
  struct stat status {};
  if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(file);
    return fail(error_code::disk, "the file that locks this output is not a regular file", path, "move it away");
  }
  while (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    auto reason = errno;
    if (reason == EINTR)
      continue;
    ::close(file);
    if (reason != EWOULDBLOCK)
      return disk_error("cannot lock this output", path, reason);
    return fail(error_code::configuration,
                "the output text:" + target.prefix + " belongs to another application that is running", path,
                "stop that application, or give this one another prefix");
  }
  auto made_for = content_of(file);
  held_[place] = {file, !made_for.empty() && made_for != place};
  return {};
}

result<void> output_locks::take_marked(const std::vector<plan::output>& outputs) {
  for (auto& output : outputs)
    for (auto& target : output.targets) {
      std::error_code unknown;
      if (target.what != plan::output_target::kind::text || !std::filesystem::exists(mark_path(target), unknown))
        continue;
      if (auto taken = take_one(target); !taken && !taken.error().full)
        return taken;
    }
  return {};
}

result<void> output_locks::take(const output_claims& claims) {
  for (auto& [target, mark] : claims.claims) {
    std::error_code problem;
    std::filesystem::create_directories(directory_above(target.prefix), problem);
    auto taken = problem ? disk_error("cannot create directory", directory_above(target.prefix), problem.value())
                         : take_one(target);
    // A full disk is waited for when there is something to publish.
    if (!taken && !taken.error().full)
      return taken;
    auto place = canonical_mark(target);
    auto held = held_.find(place);
    if (held == held_.end() || content_of(held->second.descriptor) == place)
      continue;
    // Only tells a copy from a lock that is at its place: what cannot be written now, a later start writes.
    if (::ftruncate(held->second.descriptor, 0) == 0)
      static_cast<void>(!::pwrite(held->second.descriptor, place.data(), place.size(), 0));
  }
  return {};
}

result<void> output_locks::check_origin(const file_system& files, const output_claims& claims) const {
  for (auto& [target, mine] : claims.claims) {
    auto held = held_.find(canonical_mark(target));
    if (held != held_.end() && held->second.was_copied) // it has nothing in common with the results at the other place
      continue;
    auto mark = read_mark(files, mark_path(target));
    if (!mark)
      return tl::make_unexpected(mark.error());
    if (!*mark || (*mark)->owner != mine.owner || (*mark)->place == mine.place || (*mark)->place == no_data_directory ||
        mine.place == no_data_directory || !is_at_two_places((*mark)->place, mine.place, mine.owner))
      continue;
    return fail(
      error_code::configuration,
      "the output text:" + target.prefix + " belongs to the data directory " + (*mark)->place + ", and " + mine.place +
        " is a copy of it",
      mark_path(target),
      "start with the one that owns the output, or choose another prefix; to go on with the copy instead, move "
      "the other one away, or start once with --after-restore");
  }
  return {};
}

} // namespace weir::actors
