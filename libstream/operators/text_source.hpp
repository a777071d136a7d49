#pragma once

#include <string_view>

#include "libstream/operators/sink.hpp"

namespace weir::operators {

/// The text of the batch, record by record: the bytes before each newline, without one trailing carriage return; an unterminated
/// last record counts. Records longer than `max_record_bytes` are skipped and counted. Views into the pieces, nothing is copied.
class text_source final : public stream_node<std::string_view> {
public:
  text_source() : stream_node{plan::node::role::source, "text_input", {}} {}
  void run(plan::task_build& build) const override;
};

/// Cuts one piece; `emit` takes each record.
struct cut_counts {
  std::uint64_t records = 0;
  std::uint64_t skipped = 0;
};
cut_counts cut_records(std::string_view bytes, std::size_t max_record_bytes, emitter<std::string_view>& emit);

} // namespace weir::operators
