#pragma once

#include <cstdint>

namespace weir::log {

/// What a fence says of a request. Each request may come again, late, or before what it rests on.
enum class verdict : std::uint8_t {
  written,    ///< new: its changes follow
  repeated,   ///< carried out before, or on its way to the log: only to be answered again
  refused,    ///< of an older epoch
  wait,       ///< something that it rests on has not come yet: nothing has changed, and it may be asked again
  never,      ///< it rests on blocks that will not come any more
  superseded, ///< it would raise an epoch that somebody else has raised already: a claim that came late, or of one who must look again
};

} // namespace weir::log
