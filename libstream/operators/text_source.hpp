#pragma once

#include <string_view>

#include "libstream/operators/sink.hpp"

namespace weir::operators {

/// The text of the batch, record by record: the bytes before each newline, without one trailing carriage return; an unterminated
/// last record counts. Records longer than `max_record_bytes` are skipped and counted. Views into the pieces, nothing is copied.
class text_source : public stream_node<std::string_view> {
public:
  text_source() : stream_node{plan::node::role::source, "text_input", {}} {}
  /// The same text in every batch, its pieces shared out among `slices` tasks.
  text_source(std::vector<plan::text_piece> constant, std::uint32_t slices)
    : stream_node{plan::node::role::collection, "constant_text", {}},
      constant_{std::move(constant)},
      slices_{std::max(1u, slices)} {}

  void run(plan::task_build& build) const override;
  std::uint32_t slices() const override { return slices_; }
  bool always_due() const override { return slices_ > 0; }

protected:
  explicit text_source(std::string kind) : stream_node{plan::node::role::source, std::move(kind), {}} {}

private:
  std::span<const plan::text_piece> pieces(const plan::task_input& input) const;

  std::vector<plan::text_piece> constant_;
  std::uint32_t slices_ = 0; ///< 0: the text of the batch
};

/// Cuts one piece; `emit` takes each record.
struct cut_counts {
  std::uint64_t records = 0;
  std::uint64_t skipped = 0;
};
cut_counts cut_records(std::string_view bytes, std::size_t max_record_bytes, emitter<std::string_view>& emit);

/// Gives one piece, none of whose records is too long, to an operator that works on blocks; how many records it has.
std::uint64_t pass_blocks(std::string_view bytes, block_consumer& downstream);

} // namespace weir::operators
