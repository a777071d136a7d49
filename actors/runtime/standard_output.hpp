#pragma once

namespace weir::actors {

/// Whether the program was started with this descriptor (0, 1 or 2) closed, whatever was opened in its place since.
bool was_closed_at_start(int descriptor);

/// The last thing that a program does with its results: writes out what is buffered for standard output and says on standard error if not all of
/// it could be written. Returns `code`, or 74 instead of 0 if results are missing; 141 without a word, as a shell shows SIGPIPE, if
/// the reader of a pipe is gone.
int finish_standard_output(const char* program, int code);

} // namespace weir::actors
