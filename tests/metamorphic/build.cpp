#include "tests/metamorphic/build.hpp"

namespace metamorphic {

namespace {

any_stream built(const step& of, const std::vector<any_stream>& in, weir::stream_context& context) {
  using enum operation;
  if (of.from.empty())
    return build_source(of, context);
  if (of.what >= transform)
    return build_transform(of, in);
  if (of.what >= cogroup && of.what <= subtract_by_key)
    return build_joins(of, in);
  switch (of.what) {
    case map_partitions:
    case map_partitions_with_index:
    case glom:
    case union_with:
    case union_of:
    case repartition:
    case coalesce:
    case sample:
    case persist: return build_partitions(of, in);
    case distinct:
    case sort_by:
    case sort_by_key:
    case zip_with_index:
    case zip:
    case count:
    case count_by_value:
    case reduce:
    case top: return build_order(of, in[0]);
    case cartesian:
    case intersection:
    case subtract: return build_sets(of, in);
    case group_by:
    case group_by_key:
    case reduce_by_key:
    case fold_by_key:
    case aggregate_by_key:
    case combine_by_key:
    case partition_by: return build_groups(of, in[0]);
    default: return build_narrow(of, in[0]);
  }
}

} // namespace

void build(const pipeline& of, weir::stream_context& context) {
  std::vector<any_stream> streams;
  for (auto& each : of.steps) {
    std::vector<any_stream> in;
    for (auto input : each.from)
      in.push_back(streams[input]);
    streams.push_back(built(each, in, context));
    if (each.shown)
      std::visit([&](auto& made) { made.named("s" + std::to_string(streams.size() - 1)).write_to(context.output()); },
                 streams.back());
  }
}

} // namespace metamorphic
