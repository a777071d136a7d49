#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libstream/api/dstream.hpp"

namespace weir {

/// The files of a directory as binary records, each `record_bytes` long: a stream of its own, read as a `file:` input is (each file
/// once, by name, when it is complete, exactly once across crashes). Name it: the name is its place in the data directory. A file whose size
/// is no multiple ends the application with 65 and is named. A directory that is not there, or no length, is a plan_error.
dstream<std::string_view> binary_records_stream(stream_context& context, const std::string& directory,
                                                std::uint64_t record_bytes);

} // namespace weir
