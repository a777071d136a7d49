#pragma once

#include <cstdint>
#include <exception>
#include <string>

#include "libstream/base/error.hpp"

namespace weir::actors {

/// What a run needs of its process at the same time.
struct process_needs {
  std::uint64_t descriptors = 0; ///< beside those that are open
  std::uint64_t threads = 0;     ///< beside those that run
};

/// Tries whether the process may have that much, so that an application that says it is ready can do its work, and none breaks off half way
/// through its start: opens and closes as many descriptors, begins and ends as many threads. Error 78: what is refused, and which limit
/// to raise. Any thread.
result<void> check_process(const process_needs& needs);

/// What is said of a thread or of memory that the system refuses.
error refused_thread(const std::string& reason);
error refused_memory();

/// As long as it lives an exception that nobody catches, on whatever thread, ends the process with a sentence: with 78 instead of a signal if it
/// is memory, a thread or a descriptor that the system refuses. What was acknowledged is in the log. One at a time in a process.
class sentence_at_terminate {
public:
  explicit sentence_at_terminate(const std::string& program);
  ~sentence_at_terminate();
  sentence_at_terminate(const sentence_at_terminate&) = delete;
  sentence_at_terminate& operator=(const sentence_at_terminate&) = delete;

private:
  std::terminate_handler former_;
};

} // namespace weir::actors
