#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "actors/node/file_system.hpp"
#include "actors/simulation/chance.hpp"

namespace weir::actors::simulation {

/// A file system in memory that remembers what was synced. When the power fails, what was not may be lost: of each file its bytes (all
/// or a tail), of each directory each change of its entries, a rename as a whole. When only the process dies nothing is lost.
/// It outlives processes. Absolute paths.
class simulated_files final : public file_system {
public:
  using content = std::shared_ptr<const std::string>;
  /// What a reader sees of one directory: the files in it.
  using listing = std::map<std::string, content>;

  simulated_files();

  bool exists(const std::string& path) const override;
  result<void> make_directories(const std::string& path) override;
  result<void> write(const std::string& path, std::string_view bytes) override;
  result<void> sync(const std::vector<std::string>& paths) override;
  result<void> sync_if_permitted(const std::string& directory) override { return sync({directory}); }
  result<void> rename(const std::string& from, const std::string& to) override;
  result<void> remove_all(const std::string& path) override;

  void fail_power(chance& random);

  /// Called before each operation that changes something; may throw to end the process there.
  void before_each(std::function<void(const char* operation, const std::string& path)> what) {
    before_ = std::move(what);
  }

  /// Asked before each operation that needs room; true: it is refused as on a full disk.
  void full_when(std::function<bool(const std::string& path)> what) { full_ = std::move(what); }

  /// Asked before each sync; true: it fails, and what it was to keep may be lost.
  void sync_fails_when(std::function<bool(const std::string& path)> what) { sync_fails_ = std::move(what); }

  /// The directories in `parent`, by name, as a reader sees them now.
  std::map<std::string, listing> directories_in(const std::string& parent) const;
  result<std::optional<std::string>> read(const std::string& path) const override;
  /// The files in a directory, as a reader sees them now; nothing if there is no such directory.
  std::optional<listing> files_in(const std::string& directory) const;

  /// What a reader may see otherwise than before.
  struct changes {
    bool anything = false;             ///< a power failure, or a directory that has directories came or went
    std::set<std::string> directories; ///< that came, went, or whose files did
    bool none() const { return !anything && directories.empty(); }
  };
  /// Since they were taken last.
  changes take_changes() { return std::exchange(changes_, {}); }

private:
  struct node;
  using node_handle = std::shared_ptr<node>;
  using entries = std::map<std::string, node_handle>;
  /// A change of a directory that a power failure may undo.
  struct alteration {
    std::string gone;  ///< name that vanishes; empty = none
    std::string there; ///< name that appears; empty = none
    node_handle what;
  };
  struct node {
    bool is_directory = false;
    content bytes, synced_bytes;
    entries now, synced;
    std::vector<alteration> unsynced;
  };

  struct place {
    node_handle parent;
    std::string name;
  };

  static std::vector<std::string> split(const std::string& path);
  node_handle find(const std::string& path) const;
  result<place> parent_of(const std::string& path) const;
  static void apply(entries& to, const alteration& what);
  static listing files_of(const node& directory);
  static std::string path_of(const std::vector<std::string>& names, std::size_t depth);
  void alter(node& directory, alteration what);
  void changed(const std::string& path, const node& there);
  void lose(node& at, chance& random, std::set<const node*>& visited);
  void announce(const char* operation, const std::string& path);
  result<void> find_room(const char* action, const std::string& path) const;

  node_handle root_;
  changes changes_;
  std::function<void(const char*, const std::string&)> before_;
  std::function<bool(const std::string&)> full_;
  std::function<bool(const std::string&)> sync_fails_;
};

} // namespace weir::actors::simulation
