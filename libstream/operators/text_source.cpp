// On a record's way, step 7 of 11: a block is cut into records. From task_run, to the user's operators.
#include "libstream/operators/text_source.hpp"

#include "libstream/operators/lines.hpp"

namespace weir::operators {

namespace {

/// What is counted and then worked on, so that the second look finds it in the first-level cache.
constexpr std::size_t slice_bytes = 16 * limits::kib;

/// The first lines of a text: about a slice, and not nothing.
std::string_view first_slice(std::string_view text) {
  if (text.size() <= slice_bytes)
    return text;
  return text.substr(0, std::min(text.find('\n', slice_bytes), text.size() - 1) + 1);
}

} // namespace

cut_counts cut_records(std::string_view bytes, std::size_t max_record_bytes, emitter<std::string_view>& emit) {
  cut_counts counts;
  for_each_line(bytes, [&](std::string_view line) {
    if (line.size() > max_record_bytes) {
      ++counts.skipped;
    } else {
      ++counts.records;
      emit(line);
    }
  });
  return counts;
}

std::uint64_t pass_blocks(std::string_view bytes, block_consumer& downstream) {
  std::uint64_t records = 0;
  while (!bytes.empty()) {
    auto slice = first_slice(bytes);
    records += count_lines(slice);
    downstream.consume_block(slice);
    bytes.remove_prefix(slice.size());
  }
  return records;
}

std::span<const plan::text_piece> text_source::pieces(const plan::task_input& input) const {
  if (slices_ == 0)
    return input.text;
  auto index = static_cast<std::size_t>(input.index.value);
  auto from = constant_.size() * index / slices_;
  auto to = constant_.size() * (index + 1) / slices_;
  return std::span{constant_}.subspan(from, to - from);
}

void text_source::run(plan::task_build& build) const {
  auto downstream = downstream_of<std::string_view>(build, *this);
  auto blocks = dynamic_cast<block_consumer*>(downstream.get());
  data::chunk<std::string_view> chunk;
  auto max_bytes = build.input().max_record_bytes;
  for (auto& piece : pieces(build.input())) {
    if (blocks && !may_hold_longer_line(piece.bytes, max_bytes)) {
      build.result().records_in += pass_blocks(piece.bytes, *blocks);
      continue;
    }
    emitter<std::string_view> emit{chunk, *downstream};
    auto counts = cut_records(piece.bytes, max_bytes, emit);
    if (blocks)
      emit.flush(); // the next piece may go another way
    build.result().records_in += counts.records;
    build.result().skipped_records += counts.skipped;
  }
  emitter<std::string_view>{chunk, *downstream}.flush();
  downstream->finish();
}

} // namespace weir::operators
