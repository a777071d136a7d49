#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "libstream/base/error.hpp"

namespace weir::actors {

/// What a running application answers to on its control socket: a verb's name, and what makes the answer, one JSON document without a line
/// break. Called on the socket's thread, one at a time; must return soon and may throw (the caller then hears the sentence).
using control_verbs = std::map<std::string, std::function<std::string(std::string_view arguments)>, std::less<>>;

/// Where a local tool asks a running application: a unix domain socket that only its owner may open (mode 0600).
///
/// A request is one line, `VERB [ARGUMENTS]\n`; the answer is one line of JSON, after which the connection is closed. What cannot be
/// answered is answered by `{"error":{"what":"...","hint":"..."}}`. Clients are few (16) and must be quick (2 s to ask, 2 s to take the
/// answer); others are closed. Thread-safe by having nothing to call; all of it happens on one thread of its own.
class control_socket {
public:
  virtual ~control_socket() = default; ///< closes it and removes the file
  virtual const std::string& path() const = 0;
  /// Answers from now on, also those who have asked before. Once.
  virtual void answer_with(control_verbs verbs) = 0;

  /// Listens at `path`. A file that a dead process left is replaced. Error 78: another process listens there, the path is longer than the 107
  /// bytes that the system allows, or is something else than a socket.
  static result<std::unique_ptr<control_socket>> serve(const std::string& path, control_verbs verbs);
  /// The same, but nobody is answered before `answer_with`.
  static result<std::unique_ptr<control_socket>> reserve(const std::string& path);
  /// The errors of `reserve` that can be told of a path whose directory is still to be made.
  static result<void> check(const std::string& path);
};

/// Where the application listens that uses this data directory: `control.sock` in it. When that path is too long for a socket, a name made of
/// its hash in $XDG_RUNTIME_DIR, or in /tmp. The same for every spelling of the directory.
std::string control_socket_path(const std::string& data_dir);

} // namespace weir::actors
