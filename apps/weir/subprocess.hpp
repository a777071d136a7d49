#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "libstream/base/error.hpp"

/// Programs started, watched and ended by the tool. One thread only: a child dies with the thread that started it.
namespace weir::tool {

using clock = std::chrono::steady_clock;

/// An owned file descriptor.
class descriptor {
public:
  descriptor() = default;
  explicit descriptor(int value) : value_{value} {}
  descriptor(descriptor&& other) noexcept;
  descriptor& operator=(descriptor&& other) noexcept;
  ~descriptor() { reset(); }
  int get() const { return value_; }
  explicit operator bool() const { return value_ >= 0; }
  void reset();

private:
  int value_ = -1;
};

/// Where a standard stream of the child leads.
struct redirection {
  enum class kind { inherit, null, pipe, file };
  kind to = kind::null;
  std::string path; ///< of a file: input is read from it, output is appended to it

  static redirection pipe() { return {kind::pipe, {}}; }
  static redirection file(std::string path) { return {kind::file, std::move(path)}; }
};

struct command {
  std::vector<std::string> arguments;             ///< [0] is the program: a path, or a name looked up in PATH
  std::map<std::string, std::string> environment; ///< added to ours
  redirection input;
  redirection output;
  redirection errors;
  int inherited = -1; ///< a descriptor of ours that the child finds as `inherited_number`
  static constexpr int inherited_number = 3;
};

/// How a child ended.
struct exit_status {
  int code = 0;   ///< as a shell says it: 128 + number of the signal if one ended it
  int signal = 0; ///< 0 = it ended by itself

  std::string text() const; ///< "exit 74", "killed by signal 9"
};

/// A running child, in a process group of its own, so that Ctrl-C reaches only us. Killed and reaped by the destructor, and by the
/// kernel if we die first. Our ends of its pipes do not block.
class subprocess {
public:
  /// Errors: the program cannot be started (1), a redirection's file cannot be opened (74).
  static result<subprocess> start(const command& program);

  subprocess(subprocess&& other) noexcept;
  subprocess& operator=(subprocess&& other) noexcept;
  ~subprocess();

  pid_t pid() const { return pid_; }
  int input() const { return input_.get(); }
  int output() const { return output_.get(); }
  int errors() const { return errors_.get(); }
  void close_input() { input_.reset(); }

  void signal(int number) const;
  /// Its end, if it has ended. May be asked again.
  std::optional<exit_status> ended();
  /// Waits for its end; nothing if the deadline comes first.
  std::optional<exit_status> wait(clock::time_point deadline);

private:
  subprocess() = default;
  void destroy();

  pid_t pid_ = -1;
  descriptor end_; ///< readable when it has ended; without it (old kernels) we look every few milliseconds
  descriptor input_;
  descriptor output_;
  descriptor errors_;
  std::optional<exit_status> ended_;
};

/// The path of a program that is installed beside this one.
std::string sibling_program(const std::string& name);

/// Reads what is there without blocking and appends it; false at the end of the stream.
bool read_available(int from, std::string& into);

/// A directory that vanishes with this object unless it is kept.
class temporary_directory {
public:
  /// Error 74 if none can be made.
  static result<temporary_directory> make(const std::string& name);
  temporary_directory(temporary_directory&& other) noexcept
    : path_{std::exchange(other.path_, {})}, kept_{other.kept_} {}
  temporary_directory& operator=(temporary_directory&& other) noexcept;
  ~temporary_directory();
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  void keep() { kept_ = true; }

private:
  explicit temporary_directory(std::string path) : path_{std::move(path)} {}
  std::string path_;
  bool kept_ = false;
};

} // namespace weir::tool
