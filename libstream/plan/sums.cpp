#include "libstream/plan/sums.hpp"

#include "libstream/data/flat.hpp"

namespace weir::plan {

std::string task_sums::encoded() const {
  std::string bytes;
  for (std::uint32_t index = 0; index < sums_.size(); ++index)
    if (sums_[index]) {
      std::string one;
      sums_[index]->encode_to(one);
      data::append_flat(bytes, index);
      data::append_flat(bytes, one);
    }
  return bytes;
}

result<void> add_sums(std::string_view encoded, const std::vector<std::shared_ptr<summed>>& all) {
  data::flat_reader reader{encoded};
  while (reader.ok() && !reader.finished()) {
    auto index = reader.read<std::uint32_t>();
    auto one = reader.read<std::string_view>();
    if (!reader.ok() || index >= all.size())
      return fail(error_code::corrupt, "staged sums are not those of this program's accumulators");
    if (auto added = all[index]->add_encoded(one); !added)
      return added;
  }
  return reader.ok() ? result<void>{} : fail(error_code::corrupt, "staged sums end too early");
}

} // namespace weir::plan
