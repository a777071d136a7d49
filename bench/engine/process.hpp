#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <thread>
#include <vector>

/// Other programs, as the benchmarks start them.
namespace weir::bench {

/// A running program. Its stderr is read to the end, so it never waits for us; its stdout goes to a file or nowhere.
class process {
public:
  /// `arguments[0]` is the program's path. Throws std::system_error when it cannot be started.
  explicit process(std::vector<std::string> arguments, const std::string& stdout_path = "/dev/null");
  process(const process&) = delete;
  process& operator=(const process&) = delete;
  /// Kills it when nobody waited for it.
  ~process();

  struct ending {
    int exit_code = 0; ///< 128 + signal when a signal ended it
    std::uint64_t rss_peak_bytes = 0;
  };

  /// The rest of the first line of stderr that begins with `prefix`. Throws std::runtime_error with all that was said when the
  /// program closes stderr before. Call it before `wait`, at most once.
  std::string await_line(std::string_view prefix);
  /// Reads stderr until `text` stands in it, or throws as above; nothing else may read it before.
  void await_text(std::string_view text);
  void signal(int number);
  ending wait();
  /// What it has written to stderr; complete after `wait`.
  const std::string& said() const { return said_; }

private:
  bool read_some();
  void drain();

  pid_t pid_ = -1;
  int stderr_ = -1;
  std::string said_;
  std::thread drain_;
};

} // namespace weir::bench
