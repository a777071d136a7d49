#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "actors/caf.hpp"

namespace weir {

/// Why an `actor_stream` did not confirm records: the code of the error that it answers, `error == weir::stream_error::full`. The error's text
/// says more (`system.render(error)`).
enum class stream_error : std::uint8_t {
  not_yet =
    1,   ///< the context has not started, or the input is being restarted; nothing was stored: send them again soon
  full,  ///< the input is at its rate, or holds as much as it may; nothing was stored: send them again later
  ended, ///< the stream takes no more in this process; nothing was stored: do not send again
  invalid, ///< a record is too long, or numbers do not follow each other; nothing was stored: sending the same again does not help
  unknown, ///< it ended or was restarted before the log had answered, so they may be stored: send them again, with the same numbers
};

/// "not yet", "full", "ended", "invalid", "unknown".
const char* name_of(stream_error);

/// Makes the enumeration one of error codes.
caf::error make_error(stream_error code);
caf::error make_error(stream_error code, const std::string& problem);

/// The code of an error; nothing if a stream did not make it.
std::optional<stream_error> stream_error_of(const caf::error& why);

/// Whether records that were refused so may be sent again: all but `ended` and `invalid`.
constexpr bool may_send_again(stream_error why) {
  return why == stream_error::not_yet || why == stream_error::full || why == stream_error::unknown;
}

namespace actors {

/// Lets `system.render` say such errors.
void register_stream_errors(caf::actor_system_config& config);

} // namespace actors
} // namespace weir
