#pragma once

#include <memory>
#include <string_view>

#include "actors/monitor/journal.hpp"
#include "libstream/base/error.hpp"

namespace weir::actors {

enum class log_level { error, warning, info, debug };
enum class log_format { text, json };

result<log_level> parse_log_level(std::string_view text);
result<log_format> parse_log_format(std::string_view text);

/// Writes one line an event to standard error, each with one write, so that lines of several threads do not mix. The line
/// `ready input=URL` is always written, and always plain: scripts wait for it.
std::shared_ptr<journal> make_stderr_journal(log_level level, log_format format);

} // namespace weir::actors
