#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "actors/monitor/journal.hpp"

namespace weir::actors {

enum class log_format { text, json };

/// What a journal that writes lines needs of the world; for tests.
struct line_output {
  std::function<void(const std::string& line)> write;    ///< a whole line, with its end
  std::function<std::chrono::milliseconds()> since_1970; ///< stands in the line
  std::function<std::chrono::milliseconds()> steady;     ///< limits repetitions
};

/// Writes one line an event to standard error, each with one write, so that lines of several threads do not mix. The line
/// `ready input=URL` is always written, and always plain: scripts wait for it. Of events that may come again and again a few are written,
/// then one now and then, with the number of those that were left out.
std::shared_ptr<journal> make_stderr_journal(log_level level, log_format format);
/// The same to somewhere else.
std::shared_ptr<journal> make_line_journal(log_level level, log_format format, line_output output);

/// Writes a line to standard error, and waits for no reader: see `bounded_writer`. Any thread.
void write_to_stderr(const std::string& line);

} // namespace weir::actors
