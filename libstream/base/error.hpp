#pragma once

#include <cerrno>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace weir {

/// What kind of thing went wrong. The value is the exit code of a program that stops because of it.
enum class error_code {
  failed = 1,         ///< a user function failed, a promise was broken, a wrong result
  usage = 64,         ///< unknown flag, wrong usage
  corrupt = 65,       ///< stored data does not verify, or an input changed under a batch
  disk = 74,          ///< write or sync error, read-only or unwritable directory
  configuration = 78, ///< wrong value, missing directory, port or data directory in use
};

/// A plain error: what happened to which thing, and what to do. Printed as one sentence.
struct error {
  error_code code = error_code::failed;
  std::string what;  ///< what happened and why, e.g. "cannot bind: address already in use"
  std::string where; ///< which thing: a file, an address, an operator
  std::string hint;  ///< what the reader can do; may be empty
  bool full = false; ///< for lack of room only: nothing was changed, and the same may be tried again once there is some
  std::string thrown_by = {}; ///< the operator whose user function threw; empty: no user function did

  /// "where: what; hint", without a line break.
  std::string message() const {
    auto text = where.empty() ? what : where + ": " + what;
    if (!hint.empty())
      text += "; " + hint;
    return text;
  }
  int exit_code() const { return static_cast<int>(code); }
};

/// Whether an errno says that a disk, or what a user or a process may have of it, is full.
inline bool is_full_disk(int reason) { return reason == ENOSPC || reason == EDQUOT || reason == EFBIG; }

/// What a person can do about it.
inline const char* how_to_make_room(int reason) {
  return reason == EFBIG ? "raise the limit of a file's size (ulimit -f)" : "make room";
}

template <class T>
using result = tl::expected<T, error>;

/// `return fail(error_code::disk, "cannot sync: " + reason, path, "check the disk");`
[[nodiscard]] inline tl::unexpected<error> fail(error_code code, std::string what, std::string where = {},
                                                std::string hint = {}) {
  return tl::make_unexpected(error{code, std::move(what), std::move(where), std::move(hint)});
}

/// The same for a disk without room: code 74, and `full`.
[[nodiscard]] inline tl::unexpected<error> fail_full(std::string what, std::string where = {}, std::string hint = {}) {
  return tl::make_unexpected(error{error_code::disk, std::move(what), std::move(where), std::move(hint), true});
}

} // namespace weir
