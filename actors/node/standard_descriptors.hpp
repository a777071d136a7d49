#pragma once

namespace weir::actors {

/// Opens /dev/null for those of the descriptors 0, 1 and 2 that the process was started without, so that no log or output file gets their
/// number and then takes what is written to standard output or error. They are opened the wrong way round: writing to an output that
/// is closed stays an error. The first thing that a program does; calling it again changes nothing. Any thread, before others are made.
void open_missing_descriptors();

} // namespace weir::actors
