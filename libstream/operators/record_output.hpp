#pragma once

#include "libstream/operators/framed_source.hpp"

namespace weir::operators {

/// Leaves records staged as they are, not as lines of text: for outputs that go to the program itself (`plan::delivery`).
template <class In>
class record_output_sink final : public sink<In> {
public:
  explicit record_output_sink(plan::staged_output& into) : into_{into} {}

  void consume(std::span<const In> records) override {
    for (const auto& record : records)
      append_framed(into_.bytes, record);
    into_.records += records.size();
  }
  void finish() override {}

private:
  plan::staged_output& into_;
};

template <class In>
class record_output_node final : public plan::node {
public:
  record_output_node(stream_ptr<In> input, std::shared_ptr<plan::delivery> destination)
    : plan::node{plan::node::role::output, "output", {std::move(input)}}, destination_{std::move(destination)} {}

  std::string schema() const override { return data::record_traits<In>::schema(); }
  bool always_due() const override { return destination_->always_due(); }
  std::vector<plan::output_target> targets() const override {
    return {{plan::output_target::kind::program, {}, 0, destination_}};
  }
  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    return std::make_unique<record_output_sink<In>>(build.staged_result(*this));
  }

private:
  std::shared_ptr<plan::delivery> destination_;
};

/// Calls `visit(record, its bytes)` for each record of bytes that such an output staged. Error 65: they are no such bytes.
template <class Record, class Visit>
result<void> for_each_framed(std::string_view bytes, Visit&& visit) {
  while (!bytes.empty()) {
    auto frame = data::take_frame(bytes);
    if (!frame)
      return fail(error_code::corrupt, "staged records end within a record");
    if constexpr (std::is_same_v<Record, std::string>) {
      visit(Record{*frame}, frame->size());
    } else {
      auto record = data::decode<Record>(*frame);
      if (!record)
        return tl::make_unexpected(of_other_type(record.error()));
      visit(std::move(*record), frame->size());
    }
  }
  return {};
}

} // namespace weir::operators
