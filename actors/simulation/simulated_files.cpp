#include "actors/simulation/simulated_files.hpp"

namespace weir::actors::simulation {

namespace {

auto no_such(const char* action, const std::string& path) {
  return fail(error_code::disk, std::string{"cannot "} + action + ": no such file or directory", path);
}

} // namespace

simulated_files::simulated_files() : root_{std::make_shared<node>()} { root_->is_directory = true; }

std::vector<std::string> simulated_files::split(const std::string& path) {
  std::vector<std::string> names;
  for (std::size_t from = 0; from < path.size();) {
    auto to = std::min(path.find('/', from), path.size());
    if (to > from)
      names.push_back(path.substr(from, to - from));
    from = to + 1;
  }
  return names;
}

simulated_files::node_handle simulated_files::find(const std::string& path) const {
  auto at = root_;
  for (auto& name : split(path)) {
    auto entry = at->now.find(name);
    if (entry == at->now.end())
      return nullptr;
    at = entry->second;
  }
  return at;
}

result<simulated_files::place> simulated_files::parent_of(const std::string& path) const {
  auto names = split(path);
  if (names.empty())
    return no_such("use", path);
  auto name = names.back();
  auto parent = find(path.substr(0, path.rfind('/')));
  if (!parent || !parent->is_directory)
    return no_such("use", path);
  return place{parent, name};
}

void simulated_files::apply(entries& to, const alteration& what) {
  if (!what.gone.empty())
    to.erase(what.gone);
  if (!what.there.empty())
    to[what.there] = what.what;
}

void simulated_files::alter(node& directory, alteration what) {
  apply(directory.now, what);
  directory.unsynced.push_back(std::move(what));
}

std::string simulated_files::path_of(const std::vector<std::string>& names, std::size_t depth) {
  std::string path;
  for (std::size_t i = 0; i < depth; ++i)
    path += "/" + names[i];
  return path;
}

/// A name came or went, or the bytes of a file did: `there` is what has, or had, that name.
void simulated_files::changed(const std::string& path, const node& there) {
  auto names = split(path);
  if (!there.is_directory) {
    changes_.directories.insert(path_of(names, names.size() - 1));
    return;
  }
  changes_.directories.insert(path_of(names, names.size()));
  for (auto& [name, child] : there.now)
    changes_.anything = changes_.anything || child->is_directory;
}

void simulated_files::announce(const char* operation, const std::string& path) {
  if (before_)
    before_(operation, path);
}

result<void> simulated_files::find_room(const char* action, const std::string& path) const {
  if (full_ && full_(path))
    return fail_full(std::string{"cannot "} + action + ": the seed says that the disk is full", path);
  return {};
}

bool simulated_files::exists(const std::string& path) const { return find(path) != nullptr; }

result<void> simulated_files::make_directories(const std::string& path) {
  announce("make directory", path);
  if (auto room = find_room("make directory", path); !room)
    return room;
  auto at = root_;
  auto names = split(path);
  for (std::size_t depth = 0; depth < names.size(); ++depth) {
    auto& name = names[depth];
    auto entry = at->now.find(name);
    if (entry == at->now.end()) {
      auto made = std::make_shared<node>();
      made->is_directory = true;
      alter(*at, {{}, name, made});
      changed(path_of(names, depth + 1), *made);
      at = std::move(made);
    } else {
      at = entry->second;
    }
  }
  return {};
}

result<void> simulated_files::write(const std::string& path, std::string_view bytes) {
  announce("write", path);
  auto where = parent_of(path);
  if (!where)
    return tl::make_unexpected(where.error());
  auto entry = where->parent->now.find(where->name);
  node_handle file;
  if (entry == where->parent->now.end()) {
    file = std::make_shared<node>();
    alter(*where->parent, {{}, where->name, file});
  } else {
    file = entry->second;
  }
  changed(path, *file);
  if (auto room = find_room("write", path); !room) { // the file is there, with a part of its bytes
    file->bytes = std::make_shared<const std::string>(bytes.substr(0, bytes.size() / 2));
    return room;
  }
  file->bytes = std::make_shared<const std::string>(bytes);
  return {};
}

result<void> simulated_files::sync(const std::vector<std::string>& paths) {
  for (auto& path : paths) {
    announce("sync", path);
    auto found = find(path);
    if (!found)
      return no_such("sync", path);
    if (sync_fails_ && sync_fails_(path))
      return fail(error_code::disk, "cannot sync: the seed says so", path);
    found->synced_bytes = found->bytes;
    found->synced = found->now;
    found->unsynced.clear();
  }
  return {};
}

result<void> simulated_files::rename(const std::string& from, const std::string& to) {
  announce("rename", to);
  if (auto room = find_room("rename", to); !room)
    return room;
  auto source = parent_of(from);
  auto target = parent_of(to);
  if (!source || !target || !source->parent->now.count(source->name))
    return no_such("rename", from + " to " + to);
  auto what = source->parent->now[source->name];
  auto replaced = target->parent->now.find(target->name);
  if (replaced != target->parent->now.end() && replaced->second->is_directory && !replaced->second->now.empty())
    return fail(error_code::disk, "cannot rename: directory not empty", from + " to " + to);
  changed(from, *what);
  changed(to, *what);
  if (source->parent == target->parent) {
    alter(*source->parent, {source->name, target->name, what});
  } else {
    alter(*target->parent, {{}, target->name, what});
    alter(*source->parent, {source->name, {}, {}});
  }
  return {};
}

result<void> simulated_files::remove_all(const std::string& path) {
  announce("remove", path);
  auto where = parent_of(path);
  if (!where)
    return {};
  auto entry = where->parent->now.find(where->name);
  if (entry == where->parent->now.end())
    return {};
  changed(path, *entry->second);
  alter(*where->parent, {where->name, {}, {}});
  return {};
}

void simulated_files::fail_power(chance& random) {
  std::set<const node*> visited;
  lose(*root_, random, visited);
  changes_.anything = true;
}

void simulated_files::lose(node& at, chance& random, std::set<const node*>& visited) {
  if (!visited.insert(&at).second)
    return;
  if (at.is_directory) {
    at.now = at.synced;
    for (auto& change : at.unsynced)
      if (random.percent(50))
        apply(at.now, change);
    at.synced = at.now;
    at.unsynced.clear();
    for (auto& [name, child] : at.now)
      lose(*child, random, visited);
  } else if (at.bytes != at.synced_bytes) {
    if (random.percent(50))
      at.bytes = std::make_shared<const std::string>(at.bytes->substr(0, random.below(at.bytes->size() + 1)));
    else if (random.percent(50))
      at.bytes = at.synced_bytes ? at.synced_bytes : std::make_shared<const std::string>();
    at.synced_bytes = at.bytes;
  }
}

simulated_files::listing simulated_files::files_of(const node& directory) {
  listing files;
  for (auto& [file, entry] : directory.now)
    if (!entry->is_directory)
      files[file] = entry->bytes;
  return files;
}

std::optional<simulated_files::listing> simulated_files::files_in(const std::string& directory) const {
  auto at = find(directory);
  return at && at->is_directory ? std::optional{files_of(*at)} : std::nullopt;
}

std::map<std::string, simulated_files::listing> simulated_files::directories_in(const std::string& parent) const {
  std::map<std::string, listing> found;
  auto at = find(parent);
  if (!at)
    return found;
  for (auto& [name, child] : at->now)
    if (child->is_directory)
      found[name] = files_of(*child);
  return found;
}

result<std::optional<std::string>> simulated_files::read(const std::string& path) const {
  auto file = find(path);
  if (!file || file->is_directory)
    return std::optional<std::string>{};
  return std::optional{file->bytes ? *file->bytes : std::string{}};
}

} // namespace weir::actors::simulation
