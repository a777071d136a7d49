#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/node/file_system.hpp"

namespace weir::testing {

/// A disk in memory that keeps a list of what was done to it, can fail at the n-th change, and forgets at a power cut what was not
/// synced: contents of files, and entries of directories.
class memory_disk final : public actors::file_system {
public:
  struct node {
    bool is_directory = false;
    std::string content, synced_content;
    std::map<std::string, std::shared_ptr<node>> entries, synced_entries;
  };

  std::vector<std::string> calls; ///< "write PATH", ..., without `exists`
  int changes_left = -1;          ///< before one fails; negative = none does
  std::string failing;            ///< a call that fails

  memory_disk() { root_->is_directory = true; }

  /// Makes a directory that survives power cuts.
  void existing_directory(const std::string& path) {
    static_cast<void>(make_directories(path));
    keep_all(*root_);
    calls.clear();
  }

  /// What a reader finds: paths of files below `path` with their contents. Names that begin with a dot are hidden.
  std::map<std::string, std::string> visible(const std::string& path) const {
    std::map<std::string, std::string> found;
    if (auto at = find(path))
      collect(*at, path, found);
    return found;
  }
  /// Whether a power cut would leave this directory as it is.
  bool is_synced(const std::string& path) const {
    auto at = find(path);
    return at && synced_below(*at);
  }
  void power_cut() { forget(*root_); }

  bool exists(const std::string& path) const override { return find(path) != nullptr; }

  result<std::optional<std::string>> read(const std::string& path) const override {
    auto at = find(path);
    return at ? std::optional{at->content} : std::nullopt;
  }
  std::vector<std::string> list(const std::string& directory) const override {
    std::vector<std::string> names;
    if (auto at = find(directory))
      for (auto& [name, entry] : at->entries)
        names.push_back(name);
    return names;
  }

  result<void> make_directories(const std::string& path) override {
    if (auto done = change("make", path); !done)
      return done;
    auto at = root_;
    for (auto& name : parts_of(path)) {
      auto& next = at->entries[name];
      if (!next) {
        next = std::make_shared<node>();
        next->is_directory = true;
      }
      at = next;
    }
    return {};
  }
  result<void> write(const std::string& path, std::string_view bytes) override {
    if (auto done = change("write", path); !done)
      return done;
    auto [above, name] = place_of(path);
    if (!above)
      return missing(path);
    auto& file = above->entries[name];
    if (!file)
      file = std::make_shared<node>();
    file->content = bytes;
    return {};
  }
  result<void> sync(const std::vector<std::string>& paths) override {
    for (auto& path : paths) {
      if (auto done = change("sync", path); !done)
        return done;
      auto at = find(path);
      if (!at)
        return missing(path);
      at->synced_content = at->content;
      at->synced_entries = at->entries;
    }
    return {};
  }
  result<void> sync_if_permitted(const std::string& directory) override { return sync({directory}); }
  result<void> rename(const std::string& from, const std::string& to) override {
    if (auto done = change("rename", from + " " + to); !done)
      return done;
    auto [above_from, name_from] = place_of(from);
    auto [above_to, name_to] = place_of(to);
    auto moved = find(from);
    if (!moved || !above_to)
      return missing(from);
    if (auto old = find(to); old && !old->entries.empty())
      return fail(error_code::disk, "cannot rename: directory not empty", to);
    above_from->entries.erase(name_from);
    above_to->entries[name_to] = moved;
    return {};
  }
  result<void> remove_all(const std::string& path) override {
    if (auto done = change("remove", path); !done)
      return done;
    if (auto [above, name] = place_of(path); above)
      above->entries.erase(name);
    return {};
  }

private:
  result<void> change(const char* action, const std::string& path) {
    if (changes_left == 0 || std::string{action} + " " + path == failing)
      return fail(error_code::disk, "no more", path);
    if (changes_left > 0)
      --changes_left;
    calls.push_back(std::string{action} + " " + path);
    return {};
  }
  static result<void> missing(const std::string& path) { return fail(error_code::disk, "no such file", path); }

  static std::vector<std::string> parts_of(const std::string& path) {
    std::vector<std::string> parts;
    std::string part;
    for (auto c : path + "/") {
      if (c != '/')
        part += c;
      else if (!part.empty() && part != ".")
        parts.push_back(part);
      if (c == '/')
        part.clear();
    }
    return parts;
  }
  std::shared_ptr<node> find(const std::string& path) const {
    auto at = root_;
    for (auto& name : parts_of(path)) {
      auto entry = at->entries.find(name);
      if (entry == at->entries.end())
        return nullptr;
      at = entry->second;
    }
    return at;
  }
  /// The directory of an entry, null if it is absent, and the entry's name.
  std::pair<std::shared_ptr<node>, std::string> place_of(const std::string& path) const {
    auto slash = path.rfind('/');
    return {find(slash == std::string::npos ? "" : path.substr(0, slash)),
            path.substr(slash == std::string::npos ? 0 : slash + 1)};
  }
  static void collect(const node& at, const std::string& path, std::map<std::string, std::string>& into) {
    if (!at.is_directory)
      into[path] = at.content;
    for (auto& [name, below] : at.entries)
      if (name.front() != '.')
        collect(*below, path.empty() ? name : path + "/" + name, into);
  }
  static bool synced_below(const node& at) {
    if (at.content != at.synced_content || at.entries != at.synced_entries)
      return false;
    for (auto& [name, below] : at.entries)
      if (!synced_below(*below))
        return false;
    return true;
  }
  static void keep_all(node& at) {
    at.synced_content = at.content;
    at.synced_entries = at.entries;
    for (auto& [name, below] : at.entries)
      keep_all(*below);
  }
  static void forget(node& at) {
    at.content = at.synced_content;
    at.entries = at.synced_entries;
    for (auto& [name, below] : at.entries)
      forget(*below);
  }

  std::shared_ptr<node> root_ = std::make_shared<node>();
};

} // namespace weir::testing
