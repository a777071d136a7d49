#include "actors/simulation/simulated_inputs.hpp"

#include <algorithm>
#include <tuple>

namespace weir::actors::simulation {

class simulated_inputs::directory_source final : public plan::replayable_source {
public:
  directory_source(const simulated_inputs& inputs, std::string directory)
    : inputs_{inputs}, directory_{std::move(directory)} {}

  plan::record_form form() const override { return plan::record_form::lines; }

  result<std::vector<plan::source_partition>> partitions() const override {
    std::vector<plan::source_partition> found;
    if (auto entry = inputs_.directories_.find(directory_); entry != inputs_.directories_.end())
      for (auto& [name, file] : entry->second)
        found.push_back({.name = name, .end = file.bytes.size(), .version = file.modified_ns, .grows = file.grows});
    std::sort(found.begin(), found.end(),
              [](auto& a, auto& b) { return std::tie(a.version, a.name) < std::tie(b.version, b.name); });
    return found;
  }

  /// The records whose first byte lies in the range.
  result<std::vector<plan::text_piece>> read(const offset_range& range, std::size_t) const override {
    auto directory = inputs_.directories_.find(directory_);
    if (directory == inputs_.directories_.end() || !directory->second.count(range.partition))
      return fail(error_code::corrupt, "the file has vanished", range.partition);
    auto& file = directory->second.at(range.partition);
    if (file.bytes.size() < range.end || (file.bytes.size() > range.end && !file.grows) ||
        file.modified_ns != range.version || range.to > range.end)
      return fail(error_code::corrupt, "the file is not the one that was found", range.partition);
    std::string records;
    for (std::size_t first = 0; first < file.bytes.size() && first < range.to;) {
      auto end = std::min(file.bytes.find('\n', first), file.bytes.size() - 1) + 1;
      if (first >= range.from)
        records += file.bytes.substr(first, end - first);
      first = end;
    }
    std::vector<plan::text_piece> pieces;
    if (!records.empty())
      pieces.push_back(plan::text_piece_of(records));
    return pieces;
  }

private:
  const simulated_inputs& inputs_;
  std::string directory_;
};

class simulated_inputs::simulated_watch final : public directory_watch {
public:
  simulated_watch(const simulated_inputs& inputs, std::string directory, chance& random, bool has_own_times)
    : inputs_{inputs}, directory_{std::move(directory)}, random_{random}, has_own_times_{has_own_times} {}

  result<bool> look(time_point, const visitor& tell) override {
    auto all = seen_ == 0 || random_.percent(10);
    for (auto& [name, file] : files())
      if (all || file.change > seen_)
        tell(name, state(file));
    seen_ = inputs_.changes_;
    return all;
  }

  std::optional<file_state> state_of(const std::string& name) override {
    auto found = files().find(name);
    return found == files().end() ? std::nullopt : std::optional{state(found->second)};
  }

  result<std::string> first_bytes(const std::string& name, std::size_t most) override {
    return files().at(name).bytes.substr(0, most);
  }

  bool is_costly() const override { return false; }
  bool has_own_times() const override { return has_own_times_; }

private:
  static file_state state(const stored_file& file) { return {file.bytes.size(), file.modified_ns}; }
  const std::map<std::string, stored_file>& files() const {
    static const std::map<std::string, stored_file> none;
    auto found = inputs_.directories_.find(directory_);
    return found == inputs_.directories_.end() ? none : found->second;
  }

  const simulated_inputs& inputs_;
  std::string directory_;
  chance& random_;
  bool has_own_times_;
  std::uint64_t seen_ = 0; ///< changes
};

void simulated_inputs::add(const std::string& directory, const std::string& name, std::string bytes,
                           std::int64_t modified_ns, bool grows) {
  auto& file = directories_[directory].try_emplace(name, stored_file{{}, modified_ns, grows, 0}).first->second;
  file.bytes = std::move(bytes);
  file.change = ++changes_;
  if (!grows)
    file.modified_ns = modified_ns;
}

std::unique_ptr<directory_watch> simulated_inputs::watch(const std::string& directory, chance& random,
                                                         bool has_own_times) const {
  return std::make_unique<simulated_watch>(*this, directory, random, has_own_times);
}

std::shared_ptr<plan::replayable_source> simulated_inputs::source(const std::string& directory) const {
  return std::make_shared<directory_source>(*this, directory);
}

} // namespace weir::actors::simulation
