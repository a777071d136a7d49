#include "libstream/operators/text_source.hpp"

#include <cstring>

namespace weir::operators {

cut_counts cut_records(std::string_view bytes, std::size_t max_record_bytes, emitter<std::string_view>& emit) {
  cut_counts counts;
  auto at = bytes.data();
  auto end = at + bytes.size();
  while (at < end) {
    auto newline = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    auto stop = newline ? newline : end;
    auto size = static_cast<std::size_t>(stop - at);
    if (size > 0 && at[size - 1] == '\r')
      --size;
    if (size > max_record_bytes) {
      ++counts.skipped;
    } else {
      ++counts.records;
      emit(std::string_view{at, size});
    }
    at = stop + 1;
  }
  return counts;
}

void text_source::run(plan::task_build& build) const {
  auto downstream = downstream_of<std::string_view>(build, *this);
  emitter<std::string_view> emit{*downstream};
  for (auto& piece : build.input().text) {
    auto counts = cut_records(piece.bytes, build.input().max_record_bytes, emit);
    build.result().records_in += counts.records;
    build.result().skipped_records += counts.skipped;
  }
  emit.flush();
  downstream->finish();
}

} // namespace weir::operators
