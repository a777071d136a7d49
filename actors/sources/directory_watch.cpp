#include "actors/sources/directory_watch.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <set>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>
#include <utility>

#include "actors/sources/directory_source.hpp"
#include "actors/sources/unreadable_file.hpp"
#include "libstream/base/regular_file.hpp"

namespace weir::actors {

namespace {

using namespace std::chrono_literals;

/// From one listing of a watched directory to the next: for each file it holds, and at least.
constexpr std::chrono::microseconds listing_pause_each{600};
constexpr std::chrono::seconds least_listing_pause{30};

constexpr std::uint32_t wanted_events = IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVED_TO |
                                        IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

/// Others than this kernel's processes may write there.
bool is_on_network(const std::string& directory) {
  struct statfs file_system {};
  if (::statfs(directory.c_str(), &file_system) != 0)
    return false;
  constexpr std::uint32_t kinds[] = {0x6969 /* NFS */,        0x517b /* SMB */,      0xff534d42 /* CIFS */,
                                     0xfe534d42 /* SMB2 */,   0x65735546 /* FUSE */, 0x01021997 /* 9P */,
                                     0x00c36400 /* Ceph */,   0x5346414f /* AFS */,  0x0bd00bd0 /* Lustre */,
                                     0x786f4256 /* vboxsf */, 0x47504653 /* GPFS */, 0x7461636f /* OCFS2 */};
  return std::find(std::begin(kinds), std::end(kinds), static_cast<std::uint32_t>(file_system.f_type)) !=
         std::end(kinds);
}

/// The kernel's news of one directory.
class kernel_events {
public:
  ~kernel_events() { close(); }
  kernel_events() = default;
  kernel_events(const kernel_events&) = delete;
  kernel_events& operator=(const kernel_events&) = delete;

  /// From now on. False: `errno` says why not.
  bool begin(const std::string& directory) {
    close();
    queue_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    return queue_ >= 0 && ::inotify_add_watch(queue_, directory.c_str(), wanted_events) >= 0;
  }

  /// Adds the names of what has changed. False: some were missed, or the directory is another one.
  bool read(std::set<std::string, std::less<>>& names) {
    auto complete = true;
    alignas(inotify_event) char bytes[16 * 1024];
    for (;;) {
      auto got = ::read(queue_, bytes, sizeof bytes);
      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        return complete && (got == 0 || errno == EAGAIN);
      for (ssize_t offset = 0; offset < got;) {
        inotify_event head;
        std::memcpy(&head, bytes + offset, sizeof head);
        if ((head.mask & (IN_Q_OVERFLOW | IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) != 0)
          complete = false;
        else if (head.len > 0 && is_input_name(bytes + offset + sizeof head))
          names.emplace(bytes + offset + sizeof head);
        offset += static_cast<ssize_t>(sizeof head + head.len);
      }
    }
  }

private:
  void close() {
    if (queue_ >= 0)
      ::close(std::exchange(queue_, -1));
  }
  int queue_ = -1;
};

/// What is in a directory and is not read.
struct skipped_entries {
  std::uint64_t count = 0;
  std::string first; ///< by name
  const char* kind = "";

  void add(std::string_view name, const char* entry_kind) {
    if (count++ == 0 || name < first) {
      first = name;
      kind = entry_kind;
    }
  }

  std::string sentence(const std::string& directory) const {
    auto is_single = count == 1;
    return directory + " has " + std::to_string(count) +
           (is_single ? " entry that is no file and is" : " entries that are no files and are") + " not read" +
           (is_single ? ": " : "; the first is ") + first + " (" + kind + ")" +
           "; only files that lie in the directory itself are read";
  }
};

class system_watch final : public directory_watch {
public:
  system_watch(std::string directory, watch_complaint complain, skipping_report report)
    : directory_{std::move(directory)},
      complain_{std::move(complain)},
      report_{std::move(report)},
      on_network_{is_on_network(directory_)} {
    if (on_network_)
      list_always("a network file system", "tells nobody of the changes that other machines make", false);
  }

  result<bool> look(time_point now, const visitor& tell) override {
    if (!list_always_)
      follow();
    if (list_always_ || must_list_ || now >= next_listing_)
      return list(now, tell);
    for (auto& name : std::exchange(names_, {}))
      tell(name, state_of(name));
    return false;
  }

  std::optional<file_state> state_of(const std::string& name) override {
    auto state = state_of_file(path_in(directory_, name));
    return state ? std::optional{known_part(*state)} : std::nullopt;
  }

  result<std::string> first_bytes(const std::string& name, std::size_t most) override {
    auto path = path_in(directory_, name);
    auto file = open_regular_file(path.c_str(), O_RDONLY);
    if (file == not_a_regular_file || (file < 0 && (errno == ENOENT || errno == ENOTDIR)))
      return std::string{};
    std::string bytes(most, '\0');
    auto got = file < 0 ? -1 : ::pread(file, bytes.data(), most, 0);
    auto reason = errno;
    if (file >= 0)
      ::close(file);
    if (got < 0)
      return tl::make_unexpected(unreadable_file(path, reason));
    bytes.resize(static_cast<std::size_t>(got));
    return bytes;
  }

  bool is_costly() const override { return list_always_; }
  bool has_own_times() const override { return !on_network_; }

private:
  /// Reads what the kernel has told since; begins anew if the directory is not the one that it watches.
  void follow() {
    auto same = identity_ && identity_ == identity();
    if (!same || !events_.read(names_)) {
      must_list_ = true; // of which all is told
      identity_ = identity();
      if (identity_ && !events_.begin(directory_))
        refused();
    }
  }

  void refused() {
    auto why = errno;
    identity_.reset();
    if (why == ENOENT || why == ENOTDIR || why == EACCES)
      return; // the listing says so
    list_always("the kernel has no room for another watch", std::strerror(why), true);
  }

  void list_always(const std::string& reason, const std::string& more, bool is_problem) {
    list_always_ = true;
    complain_(directory_ + " is listed again and again instead of being watched: " + reason + " (" + more + ")" +
                (is_problem ? "; raise fs.inotify.max_user_instances and fs.inotify.max_user_watches" : ""),
              is_problem);
  }

  result<bool> list(time_point now, const visitor& tell) {
    std::uint64_t files = 0;
    skipped_entries skipped;
    auto listed = visit_directory(
      directory_,
      [&](std::string_view name, const file_state& state) {
        ++files;
        tell(name, known_part(state));
      },
      [&](std::string_view name, const char* kind) { skipped.add(name, kind); });
    if (!listed)
      return tl::make_unexpected(listed.error());
    if (skipped.count > 0 && report_)
      std::exchange(report_, {})(skipped.sentence(directory_));
    must_list_ = false;
    names_.clear(); // all were told before the listing began
    next_listing_ = now + std::max<std::chrono::microseconds>(least_listing_pause, files * listing_pause_each);
    return true;
  }

  /// The servers of network file systems may give a file another number at any time.
  file_state known_part(const file_state& state) const {
    return on_network_ ? file_state{state.size, state.modified_ns} : state;
  }

  using file_identity = std::pair<dev_t, ino_t>;
  std::optional<file_identity> identity() const {
    struct stat status {};
    if (::stat(directory_.c_str(), &status) != 0)
      return {};
    return file_identity{status.st_dev, status.st_ino};
  }

  std::string directory_;
  watch_complaint complain_;
  skipping_report report_; ///< empty once it was called
  bool on_network_;
  bool list_always_ = false;
  bool must_list_ = true;
  std::optional<file_identity> identity_; ///< of the directory that is watched
  kernel_events events_;
  std::set<std::string, std::less<>> names_; ///< that may have changed
  time_point next_listing_{};
};

} // namespace

std::unique_ptr<directory_watch> watch_directory(std::string directory, watch_complaint complain,
                                                 skipping_report report) {
  return std::make_unique<system_watch>(std::move(directory), std::move(complain), std::move(report));
}

} // namespace weir::actors
