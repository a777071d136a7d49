#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "libstream/base/error.hpp"

namespace weir::actors {

/// The socket of a target that a person typed: a data directory, or the path of a socket. Error 78: it is neither.
result<std::string> find_control_socket(const std::string& target);

/// Asks a running application one thing and waits for the answer: one line, here without its line break. Error 78: nobody listens there; the
/// socket belongs to another user. Error 1: no whole answer came within `limit`. An answer `{"error":...}` is returned like any other.
result<std::string> ask_control_socket(const std::string& path, std::string_view request,
                                       std::chrono::milliseconds limit = std::chrono::milliseconds{5'000});

} // namespace weir::actors
