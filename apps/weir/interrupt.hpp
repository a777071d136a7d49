#pragma once

namespace weir::tool {

/// From now on Ctrl-C, SIGTERM and a lost terminal only make `interrupted` true, so that whoever runs children can end them and clean up; and a write
/// to a child that is gone is an error instead of our end.
void catch_interrupts();
bool interrupted();

/// The exit code of a command that was interrupted.
inline constexpr int interrupted_exit_code = 130;

} // namespace weir::tool
