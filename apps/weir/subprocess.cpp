#include "apps/weir/subprocess.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <initializer_list>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace weir::tool {

namespace {

/// Both ends of what a stream of the child is connected to.
struct connection {
  descriptor ours;
  descriptor theirs;
  bool inherit = false;
};

tl::unexpected<error> system_error(error_code code, const std::string& problem, const std::string& where) {
  return fail(code, problem + ": " + std::strerror(errno), where);
}

result<connection> connect(const redirection& how, bool input) {
  connection connected;
  switch (how.to) {
    case redirection::kind::inherit: connected.inherit = true; return connected;
    case redirection::kind::null: connected.theirs = descriptor{::open("/dev/null", O_RDWR | O_CLOEXEC)}; break;
    case redirection::kind::file:
      connected.theirs =
        descriptor{::open(how.path.c_str(), (input ? O_RDONLY : O_WRONLY | O_CREAT | O_APPEND) | O_CLOEXEC, 0644)};
      break;
    case redirection::kind::pipe:
      int ends[2];
      if (::pipe2(ends, O_CLOEXEC) != 0)
        return system_error(error_code::failed, "cannot make a pipe", {});
      connected.theirs = descriptor{ends[input ? 0 : 1]};
      connected.ours = descriptor{ends[input ? 1 : 0]};
      ::fcntl(connected.ours.get(), F_SETFL, ::fcntl(connected.ours.get(), F_GETFL) | O_NONBLOCK);
  }
  if (!connected.theirs)
    return system_error(error_code::disk, "cannot open", how.path.empty() ? "/dev/null" : how.path);
  return connected;
}

std::vector<std::string> environment_of(const command& program) {
  std::vector<std::string> lines;
  for (auto entry = environ; *entry; ++entry) {
    std::string line = *entry;
    if (!program.environment.contains(line.substr(0, line.find('='))))
      lines.push_back(std::move(line));
  }
  for (auto& [name, value] : program.environment)
    lines.push_back(name + "=" + value);
  return lines;
}

std::vector<char*> pointers_to(std::vector<std::string>& lines) {
  std::vector<char*> pointers;
  for (auto& line : lines)
    pointers.push_back(line.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// Runs in the child, between fork and exec: only what is safe there.
[[noreturn]] void become(char** arguments, char** environment, const connection* streams, int inherited, pid_t parent,
                         int report) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent)
    ::_exit(127); // it died before we asked to die with it
  ::setpgid(0, 0);
  for (auto number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD})
    std::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // Numbers that the child is about to get may be in use by ours: first out of their way. The parent's copies are not touched.
  auto safe = [](int value) { return value < 0 ? value : ::fcntl(value, F_DUPFD_CLOEXEC, 10); };
  report = safe(report);
  inherited = safe(inherited);
  int theirs[3];
  for (int i = 0; i < 3; ++i)
    theirs[i] = streams[i].inherit ? -1 : safe(streams[i].theirs.get());
  for (int i = 0; i < 3; ++i)
    if (theirs[i] >= 0)
      ::dup2(theirs[i], i);
  if (inherited >= 0)
    ::dup2(inherited, command::inherited_number);
  ::execvpe(arguments[0], arguments, environment);
  auto reason = errno;
  (void)!::write(report, &reason, sizeof reason);
  ::_exit(127);
}

exit_status status_of(int raw) {
  if (WIFSIGNALED(raw))
    return {128 + WTERMSIG(raw), WTERMSIG(raw)};
  return {WEXITSTATUS(raw), 0};
}

} // namespace

descriptor::descriptor(descriptor&& other) noexcept : value_{std::exchange(other.value_, -1)} {}

descriptor& descriptor::operator=(descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    value_ = std::exchange(other.value_, -1);
  }
  return *this;
}

void descriptor::reset() {
  if (value_ >= 0)
    ::close(value_);
  value_ = -1;
}

std::string exit_status::text() const {
  return signal ? "killed by signal " + std::to_string(signal) : "exit " + std::to_string(code);
}

result<subprocess> subprocess::start(const command& program) {
  connection streams[3];
  const redirection* wanted[] = {&program.input, &program.output, &program.errors};
  for (int i = 0; i < 3; ++i) {
    auto connected = connect(*wanted[i], i == 0);
    if (!connected)
      return tl::make_unexpected(connected.error());
    streams[i] = std::move(*connected);
  }
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0)
    return system_error(error_code::failed, "cannot make a pipe", {});
  descriptor reason_in{report[0]};
  descriptor reason_out{report[1]};
  auto arguments = program.arguments;
  auto environment = environment_of(program);
  auto argument_pointers = pointers_to(arguments);
  auto environment_pointers = pointers_to(environment);
  auto parent = ::getpid();
  auto pid = ::fork();
  if (pid < 0)
    return system_error(error_code::failed, "cannot start a process", program.arguments[0]);
  if (pid == 0)
    become(argument_pointers.data(), environment_pointers.data(), streams, program.inherited, parent, reason_out.get());
  subprocess started;
  started.pid_ = pid;
  started.end_ = descriptor{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  started.input_ = std::move(streams[0].ours);
  started.output_ = std::move(streams[1].ours);
  started.errors_ = std::move(streams[2].ours);
  reason_out.reset();
  int reason = 0;
  if (::read(reason_in.get(), &reason, sizeof reason) == sizeof reason)
    return fail(error_code::failed, std::string{"cannot be started: "} + std::strerror(reason), program.arguments[0],
                "build it first, beside this program");
  return started;
}

subprocess::subprocess(subprocess&& other) noexcept
  : pid_{std::exchange(other.pid_, -1)},
    end_{std::move(other.end_)},
    input_{std::move(other.input_)},
    output_{std::move(other.output_)},
    errors_{std::move(other.errors_)},
    ended_{other.ended_} {}

subprocess& subprocess::operator=(subprocess&& other) noexcept {
  if (this != &other) {
    destroy();
    pid_ = std::exchange(other.pid_, -1);
    end_ = std::move(other.end_);
    input_ = std::move(other.input_);
    output_ = std::move(other.output_);
    errors_ = std::move(other.errors_);
    ended_ = other.ended_;
  }
  return *this;
}

subprocess::~subprocess() { destroy(); }

void subprocess::destroy() {
  if (pid_ < 0 || ended_)
    return;
  signal(SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void subprocess::signal(int number) const {
  if (pid_ > 0 && !ended_)
    ::kill(pid_, number);
}

std::optional<exit_status> subprocess::ended() {
  int raw = 0;
  if (!ended_ && pid_ > 0 && ::waitpid(pid_, &raw, WNOHANG) == pid_)
    ended_ = status_of(raw);
  return ended_;
}

std::optional<exit_status> subprocess::wait(clock::time_point deadline) {
  while (!ended()) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now()).count();
    if (left <= 0)
      return {};
    pollfd watched{end_.get(), POLLIN, 0};
    ::poll(&watched, 1, static_cast<int>(std::min<decltype(left)>(left, end_ ? 1000 : 5)));
  }
  return ended_;
}

std::string sibling_program(const std::string& name) {
  std::error_code failure;
  auto self = std::filesystem::read_symlink("/proc/self/exe", failure);
  return failure ? name : (self.parent_path() / name).string();
}

bool read_available(int from, std::string& into) {
  char bytes[16 * 1024];
  while (true) {
    auto count = ::read(from, bytes, sizeof bytes);
    if (count > 0)
      into.append(bytes, static_cast<std::size_t>(count));
    else if (count == 0)
      return false;
    else if (errno != EINTR)
      return errno == EAGAIN;
  }
}

result<temporary_directory> temporary_directory::make(const std::string& name) {
  std::error_code failure;
  auto parent = std::filesystem::temp_directory_path(failure);
  auto pattern = (failure ? std::string{"/tmp"} : parent.string()) + "/" + name + "-XXXXXX";
  if (!::mkdtemp(pattern.data()))
    return system_error(error_code::disk, "cannot make a temporary directory", pattern);
  return temporary_directory{pattern};
}

temporary_directory& temporary_directory::operator=(temporary_directory&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(kept_, other.kept_);
  return *this;
}

temporary_directory::~temporary_directory() {
  std::error_code ignored;
  if (!path_.empty() && !kept_)
    std::filesystem::remove_all(path_, ignored);
}

} // namespace weir::tool
