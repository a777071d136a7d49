#include "actors/monitor/control_socket.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <future>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include "actors/monitor/control_client.hpp"
#include "tests/unit/actors/sources/temporary_directory.hpp"

using namespace weir;
using namespace weir::actors;
using weir::testing::temporary_directory;

namespace {

control_verbs some_verbs() {
  return {{"echo", [](std::string_view text) { return "{\"said\":\"" + std::string{text} + "\"}"; }},
          {"throws", [](std::string_view) -> std::string { throw std::runtime_error{"no \"luck\""}; }},
          {"large", [](std::string_view) { return std::string(3'000'000, 'x'); }},
          {"lines", [](std::string_view) { return std::string{"{\n}"}; }}};
}

/// A connection that does only what the test says.
class raw_connection {
public:
  explicit raw_connection(const std::string& path) : fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  ~raw_connection() { ::close(fd); }
  raw_connection(const raw_connection&) = delete;
  raw_connection& operator=(const raw_connection&) = delete;

  std::string read_all() const {
    std::string all;
    char bytes[4096];
    for (ssize_t got; (got = ::recv(fd, bytes, sizeof bytes, 0)) > 0;)
      all.append(bytes, static_cast<std::size_t>(got));
    return all;
  }

  int fd;
};

} // namespace

TEST_CASE("a control socket answers a verb with one line", "[control]") {
  temporary_directory directory;
  auto socket = control_socket::serve(control_socket_path(directory.path()), some_verbs());
  REQUIRE(socket);
  auto& path = (*socket)->path();
  CHECK(path == directory.path() + "/control.sock");
  CHECK(ask_control_socket(path, "echo a b") == "{\"said\":\"a b\"}");
  CHECK(ask_control_socket(path, "echo") == "{\"said\":\"\"}");
  CHECK(ask_control_socket(path, "lines") == "{ }");
  CHECK(ask_control_socket(path, "large")->size() == 3'000'000);
}

TEST_CASE("a control socket says what it cannot answer, and why", "[control]") {
  temporary_directory directory;
  auto socket = control_socket::serve(directory.path() + "/s", some_verbs());
  REQUIRE(socket);
  auto ask = [&](const std::string& request) { return *ask_control_socket((*socket)->path(), request); };
  CHECK(ask("tree") ==
        "{\"error\":{\"what\":\"unknown verb \\\"tree\\\"\",\"hint\":\"verbs are echo, large, lines, throws\"}}");
  CHECK(ask("throws") == "{\"error\":{\"what\":\"no \\\"luck\\\"\",\"hint\":\"\"}}");
  CHECK(ask("echo " + std::string(10'000, 'x')).find("too long") != std::string::npos);
  CHECK(ask("echo still there") == "{\"said\":\"still there\"}");
}

TEST_CASE("only its owner may open a control socket, and it goes with its server", "[control]") {
  temporary_directory directory;
  auto path = directory.path() + "/control.sock";
  auto socket = control_socket::serve(path, some_verbs());
  REQUIRE(socket);
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
  socket->reset();
  CHECK(::stat(path.c_str(), &found) != 0);
  auto answer = ask_control_socket(path, "echo x");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == error_code::configuration);
}

TEST_CASE("a control socket leaves alone what lies at its path after its directory was moved away", "[control]") {
  temporary_directory directory;
  auto place = directory.path() + "/data";
  std::filesystem::create_directory(place);
  auto socket = control_socket::serve(place + "/control.sock", some_verbs());
  REQUIRE(socket);
  std::filesystem::rename(place, directory.path() + "/moved");
  std::filesystem::create_directory(place);
  auto another = control_socket::serve(place + "/control.sock", some_verbs());
  REQUIRE(another);
  socket->reset();
  CHECK(ask_control_socket(place + "/control.sock", "echo x"));
}

TEST_CASE("a control socket replaces what a dead process left, never a living one's or another file", "[control]") {
  temporary_directory directory;
  auto path = directory.path() + "/control.sock";
  {
    auto left = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::bind(left, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    ::close(left);
  }
  auto socket = control_socket::serve(path, some_verbs());
  REQUIRE(socket);
  CHECK(ask_control_socket(path, "echo x"));
  auto second = control_socket::serve(path, some_verbs());
  REQUIRE_FALSE(second);
  CHECK(second.error().code == error_code::configuration);
  CHECK(second.error().what.find("another process listens") != std::string::npos);
  CHECK(ask_control_socket(path, "echo x"));
  auto file = directory.write("file", "precious");
  auto third = control_socket::serve(file, some_verbs());
  REQUIRE_FALSE(third);
  CHECK(third.error().what.find("not a socket") != std::string::npos);
}

TEST_CASE("a silent client is closed, and beyond sixteen nobody waits", "[control]") {
  temporary_directory directory;
  auto socket = control_socket::serve(directory.path() + "/s", some_verbs());
  REQUIRE(socket);
  auto begun = std::chrono::steady_clock::now();
  std::vector<std::unique_ptr<raw_connection>> silent;
  for (int i = 0; i < 16; ++i)
    silent.push_back(std::make_unique<raw_connection>((*socket)->path()));
  raw_connection one_too_many{(*socket)->path()};
  CHECK(one_too_many.read_all().empty());
  for (auto& each : silent)
    CHECK(each->read_all().empty());
  CHECK(std::chrono::steady_clock::now() - begun >= std::chrono::seconds{1});
  // Their places are free again once the server knows; it closed them before it could.
  auto answer = ask_control_socket((*socket)->path(), "echo x");
  for (int i = 0; !answer && i < 1000; ++i)
    answer = ask_control_socket((*socket)->path(), "echo x");
  CHECK(answer == "{\"said\":\"x\"}");
}

TEST_CASE("a control socket can end while clients are in the middle of something", "[control]") {
  temporary_directory directory;
  auto socket = control_socket::serve(directory.path() + "/s", some_verbs());
  REQUIRE(socket);
  raw_connection silent{(*socket)->path()}, half{(*socket)->path()}, greedy{(*socket)->path()};
  REQUIRE(::send(half.fd, "ech", 3, MSG_NOSIGNAL) == 3);
  REQUIRE(::send(greedy.fd, "large\n", 6, MSG_NOSIGNAL) == 6);
  char first;
  REQUIRE(::recv(greedy.fd, &first, 1, 0) == 1);
  socket->reset();
  CHECK(silent.read_all().empty());
}

TEST_CASE("a data directory with a long path has its control socket elsewhere, for every spelling the same",
          "[control]") {
  temporary_directory directory;
  auto deep = directory.path() + "/" + std::string(120, 'd');
  std::filesystem::create_directory(deep);
  auto path = control_socket_path(deep);
  CHECK(path.size() < sizeof(sockaddr_un{}.sun_path));
  CHECK(path == control_socket_path(deep + "/../" + std::string(120, 'd') + "/"));
  CHECK(path != control_socket_path(deep + "x"));
  CHECK(find_control_socket(deep) == path);
  auto socket = control_socket::serve(path, some_verbs());
  REQUIRE(socket);
  CHECK(ask_control_socket(path, "echo x"));
  auto too_long = control_socket::serve(deep + "/control.sock", some_verbs());
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().what.find("107 bytes") != std::string::npos);
}

TEST_CASE("a target that is neither a data directory nor a socket is named", "[control]") {
  temporary_directory directory;
  auto file = directory.write("file", "");
  CHECK(find_control_socket(directory.path()) == directory.path() + "/control.sock");
  REQUIRE_FALSE(find_control_socket(file));
  CHECK(find_control_socket(file).error().where == file);
  CHECK_FALSE(find_control_socket(directory.path() + "/nothing"));
  CHECK_FALSE(ask_control_socket(directory.path() + "/control.sock", "tree"));
}

TEST_CASE("a socket that is reserved answers those who asked early, and leaves nothing if it never answers",
          "[control]") {
  temporary_directory directory;
  auto path = directory.path() + "/socket";
  REQUIRE(control_socket::reserve(path));
  CHECK_FALSE(std::filesystem::exists(path));
  auto socket = control_socket::reserve(path);
  REQUIRE(socket);
  CHECK_FALSE(control_socket::reserve(path)); // another's by now
  auto asked = std::async(std::launch::async, [&] { return ask_control_socket(path, "echo x").has_value(); });
  (*socket)->answer_with(some_verbs());
  CHECK(asked.get());
}
