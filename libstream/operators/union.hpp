#pragma once

#include "libstream/operators/sink.hpp"

namespace weir::operators {

/// The records of all inputs: first all partitions of the first, then those of the second, and so on. Costs nothing: what is behind it is
/// there once for each input.
template <class Record>
class union_node final : public stream_node<Record> {
public:
  explicit union_node(std::vector<plan::node_ptr> inputs)
    : stream_node<Record>{plan::node::role::narrow, "union", std::move(inputs)} {}

  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    return downstream_of<Record>(build, *this);
  }
};

} // namespace weir::operators
