#pragma once

#include "libstream/operators/sink.hpp"

namespace weir::operators {

/// The records of what a program makes for each batch.
template <class Record>
class timed_node final : public stream_node<Record> {
public:
  /// `planned` is what the program made for the plan.
  timed_node(stream_ptr<Record> planned, std::shared_ptr<plan::timed_program> program)
    : stream_node<Record>{plan::node::role::narrow, "transform", {std::move(planned)}}, program_{std::move(program)} {}

  bool always_due() const override { return true; }
  std::shared_ptr<plan::timed_program> timed() const override { return program_; }
  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    return downstream_of<Record>(build, *this);
  }

private:
  std::shared_ptr<plan::timed_program> program_;
};

} // namespace weir::operators
