#include "actors/monitor/control_client.hpp"

#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "actors/monitor/control_socket.hpp"

namespace weir::actors {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t max_answer_bytes = 16 * 1024 * 1024;

class connection {
public:
  connection(std::string path, clock::time_point deadline) : path_{std::move(path)}, deadline_{deadline} {}
  ~connection() {
    if (socket_ >= 0)
      ::close(socket_);
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  result<void> open() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path)
      return fail(error_code::configuration, "the path is too long for a socket", path_,
                  "name the data directory instead");
    std::memcpy(address.sun_path, path_.data(), path_.size());
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_ < 0)
      return fail(error_code::failed, std::string{"cannot make a socket: "} + std::strerror(errno), path_);
    while (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      if (errno == EAGAIN && clock::now() < deadline_)
        ::poll(nullptr, 0, 10); // its queue is full
      else if (errno != EINTR)
        return fail(error_code::configuration,
                    std::string{"no application listens there ("} + std::strerror(errno) + ")", path_,
                    "name the data directory of one that runs, or its --control-socket");
    }
    return check_owner();
  }

  result<void> write(std::string_view text) {
    while (!text.empty()) {
      if (auto ready = await(POLLOUT); !ready)
        return ready;
      auto done = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (done < 0 && errno != EAGAIN && errno != EINTR)
        return broken(std::strerror(errno));
      text.remove_prefix(done > 0 ? static_cast<std::size_t>(done) : 0);
    }
    return {};
  }

  result<std::string> read_line() {
    std::string line;
    for (;;) {
      if (auto ready = await(POLLIN); !ready)
        return tl::make_unexpected(ready.error());
      char bytes[16 * 1024];
      auto got = ::recv(socket_, bytes, sizeof bytes, 0);
      if (got < 0 && (errno == EAGAIN || errno == EINTR))
        continue;
      if (got <= 0)
        return broken(got < 0 ? std::strerror(errno) : "it was closed");
      line.append(bytes, static_cast<std::size_t>(got));
      if (auto end = line.find('\n'); end != std::string::npos)
        return line.substr(0, end);
      if (line.size() > max_answer_bytes)
        return broken("the answer does not end");
    }
  }

private:
  /// Who put a socket where we look for one need not be who we think.
  result<void> check_owner() const {
    ucred other{};
    socklen_t size = sizeof other;
    if (::getsockopt(socket_, SOL_SOCKET, SO_PEERCRED, &other, &size) != 0)
      return broken(std::strerror(errno));
    if (other.uid != ::geteuid() && other.uid != 0 && ::geteuid() != 0)
      return fail(error_code::configuration, "the socket belongs to another user", path_, "");
    return {};
  }

  result<void> await(short readiness) const {
    for (;;) {
      auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - clock::now()).count();
      if (left <= 0)
        return fail(error_code::failed, "no answer came in time", path_,
                    "the application may be stopped or overloaded");
      pollfd watched{socket_, readiness, 0};
      auto ready = ::poll(&watched, 1, static_cast<int>(left));
      if (ready > 0)
        return {};
      if (ready < 0 && errno != EINTR)
        return broken(std::strerror(errno));
    }
  }

  tl::unexpected<error> broken(const std::string& why) const {
    return fail(error_code::failed, "the connection broke before the answer came: " + why, path_,
                "the application may have ended, or be busy with other questions");
  }

  std::string path_;
  clock::time_point deadline_;
  int socket_ = -1;
};

} // namespace

result<std::string> find_control_socket(const std::string& target) {
  struct stat status {};
  if (::stat(target.c_str(), &status) != 0)
    return fail(error_code::configuration, std::strerror(errno), target, "name a data directory or a control socket");
  if (S_ISSOCK(status.st_mode))
    return target;
  if (S_ISDIR(status.st_mode))
    return control_socket_path(target);
  return fail(error_code::configuration, "is neither a data directory nor a socket", target,
              "name the data directory of a running application");
}

result<std::string> ask_control_socket(const std::string& path, std::string_view request,
                                       std::chrono::milliseconds limit) {
  connection to{path, clock::now() + limit};
  if (auto opened = to.open(); !opened)
    return tl::make_unexpected(opened.error());
  if (auto asked = to.write(std::string{request} + "\n"); !asked)
    return tl::make_unexpected(asked.error());
  return to.read_line();
}

} // namespace weir::actors
