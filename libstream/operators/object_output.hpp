#pragma once

#include "libstream/data/object_bytes.hpp"
#include "libstream/operators/sink.hpp"

namespace weir::operators {

/// Leaves records staged as an object file holds them (`data/object_bytes.hpp`).
template <class In>
class object_output_sink final : public sink<In> {
public:
  explicit object_output_sink(plan::staged_output& into) : into_{into} {}

  void consume(std::span<const In> records) override {
    for (const auto& record : records)
      data::append_object(into_.bytes, record);
    into_.records += records.size();
  }
  void finish() override {}

private:
  plan::staged_output& into_;
};

/// Object files: `targets` are directories, as for text; only the bytes differ.
template <class In>
class object_output_node final : public plan::node {
public:
  object_output_node(stream_ptr<In> input, std::vector<plan::output_target> targets)
    : plan::node{plan::node::role::output, "object_output", {std::move(input)}}, targets_{std::move(targets)} {}

  std::string schema() const override { return data::record_traits<In>::schema(); }
  std::vector<plan::output_target> targets() const override { return targets_; }
  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    return std::make_unique<object_output_sink<In>>(build.staged_result(*this));
  }

private:
  std::vector<plan::output_target> targets_;
};

} // namespace weir::operators
