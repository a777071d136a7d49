#include "libstream/testing/witness.hpp"

#include "libstream/data/checksum.hpp"
#include "libstream/plan/node.hpp"

namespace weir::testing {

namespace {

/// The first key whose value is another one in the other map, or is not there.
template <class Map>
const typename Map::key_type* first_difference(const Map& a, const Map& b) {
  for (auto* each : {&a, &b}) {
    auto& other = each == &a ? b : a;
    for (auto& [key, value] : *each)
      if (auto here = other.find(key); here == other.end() || here->second != value)
        return &key;
  }
  return nullptr;
}

} // namespace

void witness::computed(batch_id batch, std::uint32_t partitions, const std::vector<plan::output>& outputs,
                       const std::vector<plan::staged_output>& staged) {
  attempt now{partitions, {}};
  for (auto& part : staged)
    now.checksums[{outputs[part.output.value].name, part.part}] = data::checksum(part.bytes);
  auto before = std::exchange(attempts_[batch], now);
  if (before.partitions != partitions)
    return;
  if (auto other = first_difference(before.checksums, now.checksums))
    throw plan::plan_error{{error_code::failed,
                            "computing batch " + std::to_string(batch.value) + " again gave other bytes in part " +
                              std::to_string(other->second),
                            "output '" + other->first + "'", "let user functions depend on their arguments alone"}};
}

void witness::shown(const std::string& output, std::int64_t time_ms, std::uint32_t part, std::string_view bytes) {
  auto [entry, fresh] = shown_[output][time_ms].emplace(part, bytes);
  if (!fresh && entry->second != bytes)
    throw plan::plan_error{{error_code::corrupt,
                            "part " + std::to_string(part) + " of the batch at " + std::to_string(time_ms) +
                              " ms was published before with other bytes",
                            "output '" + output + "'",
                            {}}};
}

const witness::parts& witness::last(std::string_view output) const {
  static const parts none;
  auto& batches = all(output);
  auto batch = batches.find(last_ms_);
  return batch == batches.end() ? none : batch->second;
}

const std::map<std::int64_t, witness::parts>& witness::all(std::string_view output) const {
  static const std::map<std::int64_t, parts> none;
  auto batches = shown_.find(output);
  return batches == shown_.end() ? none : batches->second;
}

} // namespace weir::testing
