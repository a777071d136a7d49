#include <algorithm>
#include <csignal>
#include <filesystem>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "apps/weir/application.hpp"
#include "libstream/log/data_directory.hpp"
#include "tests/process/harness.hpp"
#include "tests/skip.hpp"

namespace {

using namespace weir::process;
namespace fs = std::filesystem;

/// Runs word-count and expects one sentence on standard error that contains `words`, and the exit code.
void refuses(std::vector<std::string> arguments, int code, const std::vector<std::string>& words) {
  auto end = run(std::move(arguments));
  INFO(end.errors);
  CHECK(end.code == code);
  CHECK(end.output.empty());
  for (auto& word : words)
    CHECK(end.errors.find(word) != std::string::npos);
  CHECK(std::count(end.errors.begin(), end.errors.end(), '\n') == 1);
}

std::vector<std::string> on(const weir::tool::temporary_directory& directory, const std::string& input) {
  return word_count(directory, {"--input", input});
}

/// A port of 127.0.0.1 that someone else listens on.
class taken_port {
public:
  taken_port() : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
    REQUIRE(::listen(socket_.get(), 1) == 0);
    REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
    port_ = ntohs(address.sin_port);
  }
  std::string text() const { return std::to_string(port_); }

private:
  weir::tool::descriptor socket_;
  std::uint16_t port_ = 0;
};

/// Runs `arguments` where `directory` cannot be written: by its mode, or as root on a read-only mount of its own.
std::vector<std::string> with_read_only(const std::string& directory, std::vector<std::string> arguments) {
  if (::geteuid() != 0) {
    fs::permissions(directory, fs::perms::owner_read | fs::perms::owner_exec);
    return arguments;
  }
  std::vector<std::string> all{
    "unshare", "-m", "sh", "-c", "mount --bind \"$0\" \"$0\" && mount -o remount,ro,bind \"$0\" && exec \"$@\"",
    directory};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

/// A read-only place needs mounts of one's own when one is root.
bool can_make_read_only() {
  auto directory = fresh_directory();
  if (::geteuid() != 0 || run(with_read_only(directory.path(), {"true"})).code == 0)
    return true;
  weir::testing::skip("as root, and without the right to mount, no directory can be made read-only here");
  return false;
}

} // namespace

TEST_CASE("an unknown flag is wrong usage and the nearest one is named", "[bad_input]") {
  auto directory = fresh_directory();
  refuses({program("word-count"), "--inptu", "file:."}, 64, {"--inptu", "--input"});
  refuses({program("weir"), "sned"}, 64, {"sned", "send"});
  refuses({program("weir"), "send", "--producr", "x"}, 64, {"--producr", "--producer"});
}

TEST_CASE("a missing input directory, a bad URL and wrong values are configuration errors that name them",
          "[bad_input]") {
  auto directory = fresh_directory();
  refuses(on(directory, "file:///does/not/exist"), 78, {"/does/not/exist"});
  refuses(on(directory, "wier://127.0.0.1:0"), 78, {"wier", "weir"});
  refuses(on(directory, "weir://127.0.0.1:70000"), 78, {"70000"});
  std::vector<std::string> wrong{program("word-count"), "--input", "weir://127.0.0.1:0", "--batch-interval", "fast"};
  refuses(wrong, 78, {"fast"});
  refuses(word_count(directory, {}), 78, {"--input"});
}

TEST_CASE("acknowledged input without a log is refused", "[bad_input]") {
  refuses({program("word-count"), "--input", "weir://127.0.0.1:0", "--data-dir", "none"}, 78, {"--data-dir"});
}

TEST_CASE("a port in use is named", "[bad_input]") {
  auto directory = fresh_directory();
  taken_port port;
  refuses(on(directory, "weir://127.0.0.1:" + port.text()), 78, {port.text(), "in use"});
}

TEST_CASE("a data directory in use by another process is refused and its process named", "[bad_input]") {
  auto directory = fresh_directory();
  running first{on(directory, "weir://127.0.0.1:0")};
  first.await_ready();
  refuses(on(directory, "weir://127.0.0.1:0"), 78, {"in use", std::to_string(first.process().pid())});
  CHECK(first.is_alive());
}

TEST_CASE("a data directory of a newer version, of another application, or of nobody is refused", "[bad_input]") {
  auto directory = fresh_directory();
  auto data = directory / "data";
  {
    auto other = weir::log::data_directory::open(data, "other-application", {});
    REQUIRE(other);
  }
  refuses(on(directory, "weir://127.0.0.1:0"), 78, {"other-application", data});
  write_file(data + "/format", "weir-data 999\n");
  refuses(on(directory, "weir://127.0.0.1:0"), 78, {"999", data});
  fs::remove_all(data);
  fs::create_directory(data);
  write_file(data + "/letter", "dear reader");
  refuses(on(directory, "weir://127.0.0.1:0"), 78, {data});
  CHECK(read_file(data + "/letter") == "dear reader");
}

TEST_CASE("a data directory that cannot be is refused: below nothing, below a file", "[bad_input]") {
  auto directory = fresh_directory();
  write_file(directory / "file", "");
  for (auto path : {directory / "missing/data", directory / "file/data", directory / "file"})
    refuses({program("word-count"), "--input", "weir://127.0.0.1:0", "--data-dir", path}, 78, {path});
}

TEST_CASE("a read-only place for data or output is a disk error", "[bad_input]") {
  if (!can_make_read_only())
    return;
  auto directory = fresh_directory();
  auto closed = directory / "closed";
  fs::create_directory(closed);
  fs::create_directory(directory / "in");
  write_file(directory / "in/text", "some words\n");
  refuses(
    with_read_only(closed, {program("word-count"), "--input", "weir://127.0.0.1:0", "--data-dir", closed + "/data"}),
    74, {closed});
  refuses(with_read_only(closed, {program("word-count"), "--input", "file://" + directory / "in", "--data-dir",
                                  directory / "data", "--output", "text:" + closed + "/counts"}),
          74, {closed});
}

TEST_CASE("a file that changed before its batch committed stops the application and is named", "[bad_input]") {
  auto directory = fresh_directory();
  fs::create_directory(directory / "in");
  auto text = directory / "in/text";
  write_file(text, "a few words\n");
  auto arguments = word_count(directory, {"--input", "file://" + directory / "in"});
  {
    auto page = weir::tool::shared_page::make();
    REQUIRE(page);
    page->arm("writer.after_seal", 0); // sealed, and then it dies
    auto application = weir::tool::application::start(arguments, &*page, {});
    REQUIRE(application);
    auto end = application->process().wait(weir::tool::clock::now() + patience);
    REQUIRE(end);
    REQUIRE(end->signal == SIGKILL);
  }
  write_file(text, "quite a few words more\n");
  auto end = run(arguments);
  INFO(end.errors);
  CHECK(end.code == 65);
  CHECK(end.errors.find(text) != std::string::npos);
}
