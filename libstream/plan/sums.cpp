#include "libstream/plan/sums.hpp"

#include "libstream/data/flat.hpp"

namespace weir::plan {

std::string task_sums::encoded() const {
  std::string bytes;
  for (std::uint32_t index = 0; index < sums_.size(); ++index)
    if (sums_[index]) {
      std::string encoded;
      sums_[index]->encode_to(encoded);
      data::append_flat(bytes, index);
      data::append_flat(bytes, encoded);
    }
  return bytes;
}

result<void> add_sums(std::string_view encoded, const std::vector<std::shared_ptr<summed>>& sums) {
  data::flat_reader reader{encoded};
  while (reader.ok() && !reader.finished()) {
    auto index = reader.read<std::uint32_t>();
    auto part = reader.read<std::string_view>();
    if (!reader.ok() || index >= sums.size())
      return fail(error_code::corrupt, "staged sums are not those of this program's accumulators");
    if (auto added = sums[index]->add_encoded(part); !added)
      return added;
  }
  return reader.ok() ? result<void>{} : fail(error_code::corrupt, "staged sums end too early");
}

} // namespace weir::plan
