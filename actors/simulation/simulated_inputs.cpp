#include "actors/simulation/simulated_inputs.hpp"

#include <algorithm>
#include <tuple>

#include "libstream/data/buffer.hpp"

namespace weir::actors::simulation {

void simulated_inputs::add(const std::string& directory, const std::string& name, std::string bytes,
                           std::int64_t modified_ns) {
  directories_[directory][name] = {std::move(bytes), modified_ns};
}

result<std::vector<listed_file>> simulated_inputs::list(const std::string& directory) const {
  std::vector<listed_file> found;
  if (auto entry = directories_.find(directory); entry != directories_.end())
    for (auto& [name, file] : entry->second)
      found.push_back({name, directory + "/" + name, file.bytes.size(), file.modified_ns});
  std::sort(found.begin(), found.end(),
            [](auto& a, auto& b) { return std::tie(a.modified_ns, a.name) < std::tie(b.modified_ns, b.name); });
  return found;
}

result<std::vector<plan::text_piece>> simulated_inputs::read(const log::file_range& range) const {
  auto slash = range.path.rfind('/');
  auto directory = directories_.find(range.path.substr(0, slash));
  if (directory == directories_.end() || !directory->second.count(range.path.substr(slash + 1)))
    return fail(error_code::corrupt, "the file has vanished", range.path);
  auto& file = directory->second.at(range.path.substr(slash + 1));
  if (file.bytes.size() != range.size || file.modified_ns != range.modified_ns || range.to > range.size)
    return fail(error_code::corrupt, "the file is not the one that was found", range.path);
  std::string records;
  for (std::size_t first = 0; first < file.bytes.size() && first < range.to;) {
    auto end = std::min(file.bytes.find('\n', first), file.bytes.size() - 1) + 1;
    if (first >= range.from)
      records += file.bytes.substr(first, end - first);
    first = end;
  }
  std::vector<plan::text_piece> pieces;
  if (!records.empty()) {
    auto bytes = std::make_shared<data::buffer>(records.size());
    bytes->append(records);
    pieces.push_back({bytes->view(), bytes});
  }
  return pieces;
}

} // namespace weir::actors::simulation
