#include "actors/monitor/control_socket.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <pthread.h>
#include <set>
#include <thread>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "actors/asio.hpp"
#include "actors/quiet_thread.hpp"
#include "libstream/base/json_text.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>

namespace weir::actors {

namespace {

using local = asio::local::stream_protocol;

constexpr std::size_t max_clients = 16;
constexpr std::size_t max_request_bytes = 4096;
constexpr std::chrono::seconds client_limit{2};
constexpr std::chrono::milliseconds accept_pause{100};

std::string refusal(const std::string& problem, const std::string& hint) {
  return "{\"error\":{\"what\":" + json_text(problem) + ",\"hint\":" + json_text(hint) + "}}";
}

/// One question and its answer. Ends itself, whatever the other side does or leaves undone.
class client_connection final : public std::enable_shared_from_this<client_connection> {
public:
  using answer_function = std::function<std::string(std::string_view request)>;

  client_connection(local::socket socket, answer_function answer, std::function<void()> ended)
    : socket_{std::move(socket)},
      timer_{socket_.get_executor()},
      answer_{std::move(answer)},
      ended_{std::move(ended)} {}
  ~client_connection() { ended_(); }

  void begin() {
    limit();
    asio::async_read_until(
      socket_, asio::dynamic_buffer(text_, max_request_bytes), '\n',
      [self = shared_from_this()](io_error failed, std::size_t size) { self->asked(failed, size); });
  }

  void close() {
    io_error ignored;
    timer_.cancel();
    socket_.close(ignored);
  }

private:
  /// From now on; what is under way when the time is over fails.
  void limit() {
    timer_.expires_after(client_limit);
    timer_.async_wait([self = shared_from_this()](io_error cancelled) {
      if (!cancelled)
        self->close();
    });
  }

  void asked(io_error failed, std::size_t size) {
    if (failed == asio::error::not_found)
      return say(refusal("the request is too long", "send one line of at most 4096 bytes"));
    if (failed)
      return close();
    std::string_view request{text_.data(), size - 1};
    if (request.ends_with('\r'))
      request.remove_suffix(1);
    say(answer_(request));
  }

  void say(std::string answer) {
    text_ = std::move(answer);
    for (auto& byte : text_)
      if (byte == '\n')
        byte = ' '; // one line is the promise
    text_ += '\n';
    limit();
    asio::async_write(socket_, asio::buffer(text_),
                      [self = shared_from_this()](io_error, std::size_t) { self->close(); });
  }

  local::socket socket_;
  asio::steady_timer timer_;
  answer_function answer_;
  std::function<void()> ended_;
  std::string text_;
};

class asio_control_socket final : public control_socket {
public:
  explicit asio_control_socket(std::string path) : path_{std::move(path)}, acceptor_{context_}, pause_{context_} {}

  ~asio_control_socket() override {
    if (thread_.joinable()) {
      context_.stop();
      thread_.join();
    }
    if (listening_ && is_still_there())
      ::unlink(path_.c_str());
    // Clients that are left tell `clients_` of their end.
    acceptor_.close();
  }

  const std::string& path() const override { return path_; }

  result<void> begin() {
    if (auto free = make_room(); !free)
      return free;
    io_error failed;
    acceptor_.open({}, failed);
    if (!failed)
      acceptor_.bind(local::endpoint{path_}, failed);
    if (failed)
      return cannot("cannot listen", failed.message());
    // Until it listens nobody can connect, so there is no moment at which others could.
    if (::chmod(path_.c_str(), S_IRUSR | S_IWUSR) != 0) {
      auto why = std::string{std::strerror(errno)};
      ::unlink(path_.c_str());
      return cannot("cannot be kept from others", why);
    }
    acceptor_.listen(max_clients, failed);
    if (failed) {
      ::unlink(path_.c_str());
      return cannot("cannot listen", failed.message());
    }
    listening_ = ::lstat(path_.c_str(), &socket_file_) == 0;
    return {};
  }

  void answer_with(control_verbs verbs) override {
    verbs_ = std::move(verbs);
    accept();
    run();
  }

  /// Nobody may be there; a file that a dead process left is removed.
  result<void> make_room() const {
    sockaddr_un limits{};
    if (path_.size() >= sizeof limits.sun_path)
      return fail(error_code::configuration,
                  "a socket's path may have " + std::to_string(sizeof limits.sun_path - 1) + " bytes, this one has " +
                    std::to_string(path_.size()),
                  path_, "give a shorter one with --control-socket PATH");
    struct stat status {};
    if (::lstat(path_.c_str(), &status) != 0)
      return {};
    if (!S_ISSOCK(status.st_mode))
      return cannot("exists and is not a socket", "it is left alone");
    asio::io_context own;
    local::socket probe{own};
    io_error failed;
    probe.connect(local::endpoint{path_}, failed);
    if (!failed)
      return cannot("another process listens there", "it runs already");
    if (failed != asio::error::connection_refused)
      return cannot("cannot tell who listens there", failed.message());
    if (::unlink(path_.c_str()) != 0)
      return cannot("a dead process left it, and it cannot be removed", std::strerror(errno));
    return {};
  }

private:
  /// The directory may have been moved away since, and another process's socket may lie there now.
  bool is_still_there() const {
    struct stat status {};
    return ::lstat(path_.c_str(), &status) == 0 && status.st_dev == socket_file_.st_dev &&
           status.st_ino == socket_file_.st_ino;
  }

  tl::unexpected<error> cannot(const std::string& action, const std::string& why) const {
    return fail(error_code::configuration, action + ": " + why, path_, "give another place with --control-socket PATH");
  }

  void run() {
    thread_ = start_quiet_thread([this] { context_.run(); });
    pthread_setname_np(thread_.native_handle(), "control");
  }

  void accept() {
    acceptor_.async_accept([this](io_error failed, local::socket socket) {
      if (failed == asio::error::operation_aborted)
        return;
      if (failed) { // no descriptor left, as a rule: later there may be
        pause_.expires_after(accept_pause);
        pause_.async_wait([this](io_error cancelled) {
          if (!cancelled)
            accept();
        });
        return;
      }
      if (clients_ < max_clients) { // beyond that it is closed without a word
        ++clients_;
        std::make_shared<client_connection>(
          std::move(socket), [this](std::string_view request) { return answer(request); }, [this] { --clients_; })
          ->begin();
      }
      accept();
    });
  }

  std::string answer(std::string_view request) const {
    auto name = request.substr(0, request.find(' '));
    auto arguments = name.size() < request.size() ? request.substr(name.size() + 1) : std::string_view{};
    auto verb = verbs_.find(name);
    if (verb == verbs_.end()) {
      std::string known;
      for (auto& [each, ignored] : verbs_)
        known += (known.empty() ? "" : ", ") + each;
      return refusal("unknown verb \"" + std::string{name} + "\"", "verbs are " + known);
    }
    try {
      return verb->second(arguments);
    } catch (const std::exception& thrown) {
      return refusal(thrown.what(), "");
    } catch (...) {
      return refusal("the application could not answer", "");
    }
  }

  std::string path_;
  control_verbs verbs_;
  std::size_t clients_ = 0; ///< outlives the context, whose last clients count down
  asio::io_context context_{1};
  local::acceptor acceptor_;
  asio::steady_timer pause_;
  bool listening_ = false;
  struct stat socket_file_ {}; ///< the socket, while it listens
  std::thread thread_;
};

/// FNV-1a: equal in every build of the application and of the tool.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char byte : text)
    hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

} // namespace

result<std::unique_ptr<control_socket>> control_socket::serve(const std::string& path, control_verbs verbs) {
  auto socket = reserve(path);
  if (socket)
    (*socket)->answer_with(std::move(verbs));
  return socket;
}

result<std::unique_ptr<control_socket>> control_socket::reserve(const std::string& path) {
  auto socket = std::make_unique<asio_control_socket>(path);
  if (auto begun = socket->begin(); !begun)
    return tl::make_unexpected(begun.error());
  return socket;
}

result<void> control_socket::check(const std::string& path) { return asio_control_socket{path}.make_room(); }

std::string control_socket_path(const std::string& data_dir) {
  namespace fs = std::filesystem;
  std::error_code failed;
  auto whole = fs::weakly_canonical(fs::absolute(data_dir, failed), failed);
  auto path = ((failed ? fs::path{data_dir} : whole) / "control.sock").lexically_normal().string();
  if (path.size() < sizeof(sockaddr_un{}.sun_path))
    return path;
  auto runtime = std::getenv("XDG_RUNTIME_DIR");
  char name[64];
  std::snprintf(name, sizeof name, "/weir-%u-%016llx.sock", static_cast<unsigned>(::getuid()),
                static_cast<unsigned long long>(hash_of(path)));
  auto usable =
    runtime && runtime[0] == '/' && std::strlen(runtime) + std::strlen(name) < sizeof(sockaddr_un{}.sun_path);
  return (usable ? runtime : std::string{"/tmp"}) + name;
}

} // namespace weir::actors
