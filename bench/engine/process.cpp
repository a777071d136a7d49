#include "bench/engine/process.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

extern char** environ;

namespace weir::bench {

process::process(std::vector<std::string> arguments, const std::string& stdout_path) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw std::system_error{errno, std::generic_category(), "pipe"};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, stdout_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  std::vector<char*> words;
  for (auto& argument : arguments)
    words.push_back(argument.data());
  words.push_back(nullptr);
  auto failed = ::posix_spawn(&pid_, words[0], &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  stderr_ = ends[0];
  if (failed) {
    ::close(stderr_);
    throw std::system_error{failed, std::generic_category(), arguments[0]};
  }
}

process::~process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    wait();
  }
}

bool process::read_some() {
  char bytes[4096];
  auto count = ::read(stderr_, bytes, sizeof bytes);
  if (count > 0)
    said_.append(bytes, static_cast<std::size_t>(count));
  return count > 0 || (count < 0 && errno == EINTR);
}

std::string process::await_line(std::string_view prefix) {
  for (std::size_t start = 0;;) {
    auto end = said_.find('\n', start);
    if (end != std::string::npos) {
      auto line = said_.substr(start, end - start);
      if (line.starts_with(prefix)) {
        drain_ = std::thread{[this] { drain(); }};
        return line.substr(prefix.size());
      }
      start = end + 1;
    } else if (!read_some()) {
      throw std::runtime_error{"the program ended before it said \"" + std::string{prefix} + "\": " + said_};
    }
  }
}

void process::await_text(std::string_view text) {
  while (said_.find(text) == std::string::npos)
    if (!read_some())
      throw std::runtime_error{"the program ended before it said \"" + std::string{text} + "\": " + said_};
  drain_ = std::thread{[this] { drain(); }};
}

void process::signal(int number) { ::kill(pid_, number); }

void process::drain() {
  while (read_some()) {}
}

process::ending process::wait() {
  if (drain_.joinable())
    drain_.join();
  else
    drain();
  ::close(stderr_);
  int status = 0;
  rusage usage{};
  while (::wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {}
  pid_ = -1;
  auto exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {exit_code, static_cast<std::uint64_t>(usage.ru_maxrss) * 1024};
}

} // namespace weir::bench
