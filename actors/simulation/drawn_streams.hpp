#pragma once

#include "actors/simulation/drawn_pipeline.hpp"
#include "libstream/api/stream_context.hpp"

namespace weir::actors::simulation {

using drawn_records = dstream<std::pair<std::string_view, std::int64_t>>;

/// Makes streams of a drawn pipeline over lines of text, with its outputs. Answers the last of them.
drawn_records add_drawn_pipeline(const planned_pipeline& drawn, const dstream<std::string_view>& lines);

} // namespace weir::actors::simulation
