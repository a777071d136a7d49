#include "actors/runtime/binary_records.hpp"

#include "actors/sources/directory_listing.hpp"
#include "actors/sources/directory_source.hpp"
#include "libstream/api/replayable.hpp"

namespace weir {

dstream<std::string_view> binary_records_stream(stream_context& context, const std::string& directory,
                                                std::uint64_t record_bytes) {
  if (record_bytes == 0)
    throw plan::plan_error{
      {error_code::usage, "records of no bytes", "binary_records_stream", "say how long a record is"}};
  if (auto there = actors::check_directory(directory); !there)
    throw plan::plan_error{there.error()};
  return context.replayable_stream<std::string_view>(
    std::make_shared<actors::record_directory>(directory, record_bytes));
}

} // namespace weir
