#include "tests/process/harness.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace weir::process {

namespace {

tool::subprocess started(std::vector<std::string> arguments) {
  std::signal(SIGPIPE, SIG_IGN);
  tool::command program;
  program.arguments = std::move(arguments);
  program.output = tool::redirection::pipe();
  program.errors = tool::redirection::pipe();
  auto started = tool::subprocess::start(program);
  if (!started)
    FAIL(started.error().message());
  return std::move(*started);
}

} // namespace

std::string program(const std::string& name) {
  auto folder = std::getenv("WEIR_BIN_DIR");
  if (!folder)
    FAIL("WEIR_BIN_DIR is not set: name the folder of the programs under test");
  return std::string{folder} + "/" + name;
}

tool::temporary_directory fresh_directory() {
  auto directory = tool::temporary_directory::make("weir-test");
  if (!directory)
    FAIL(directory.error().message());
  return std::move(*directory);
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file << bytes;
  file.close();
  if (!file)
    FAIL("cannot write " << path);
}

std::string read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file)
    FAIL("cannot read " << path);
  return {std::istreambuf_iterator<char>{file}, {}};
}

finished run(std::vector<std::string> arguments, const std::string& input, std::chrono::milliseconds limit) {
  auto directory = fresh_directory();
  tool::command program;
  program.arguments = std::move(arguments);
  if (!input.empty())
    program.input = tool::redirection::file(input);
  program.output = tool::redirection::file(directory / "output");
  program.errors = tool::redirection::file(directory / "errors");
  auto process = tool::subprocess::start(program);
  if (!process)
    FAIL(process.error().message());
  auto end = process->wait(tool::clock::now() + limit);
  finished left{end ? end->code : -1, read_file(directory / "output"), read_file(directory / "errors")};
  if (!end)
    FAIL(program.arguments[0] << " " << program.arguments.back() << " does not end within " << limit.count() << " ms:\n"
                              << left.errors);
  return left;
}

running::running(std::vector<std::string> arguments, bool read_output)
  : process_{started(std::move(arguments))}, read_output_{read_output} {}

void running::listen() {
  tool::read_available(process_.errors(), errors_);
  if (read_output_)
    tool::read_available(process_.output(), output_);
}

void running::await(const std::string& awaited, const std::function<bool()>& holds, std::chrono::milliseconds limit) {
  auto deadline = tool::clock::now() + limit;
  for (;;) {
    auto over = process_.ended().has_value();
    listen();
    if (holds())
      return;
    if (over || tool::clock::now() > deadline)
      FAIL((over ? "ended with " + process_.ended()->text() + " before: " : "waited in vain for: ") << awaited << "\n"
                                                                                                    << errors_);
    pollfd watched{process_.errors(), POLLIN, 0};
    ::poll(&watched, 1, 5);
  }
}

void running::await_words(const std::string& text) {
  await("\"" + text + "\"", [&] { return errors_.find(text) != std::string::npos; });
}

std::string running::await_ready() {
  const std::string words = "ready input=";
  std::string url;
  await("the ready line", [&] {
    auto from = errors_.find(words);
    auto end = from == std::string::npos ? from : errors_.find('\n', from);
    if (end != std::string::npos)
      url = errors_.substr(from + words.size(), end - from - words.size());
    return end != std::string::npos;
  });
  return url;
}

finished running::await_end(std::chrono::milliseconds limit) {
  auto deadline = tool::clock::now() + limit;
  while (!process_.wait(std::min(deadline, tool::clock::now() + 20ms))) {
    listen(); // a program whose words nobody reads does not end
    if (tool::clock::now() > deadline)
      FAIL("does not end within " << limit.count() << " ms:\n" << errors_);
  }
  listen();
  return {process_.ended()->code, output_, errors_};
}

std::uint64_t running::resident_bytes() const {
  std::ifstream status{"/proc/" + std::to_string(process_.pid()) + "/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:"))
      return std::stoull(line.substr(6)) * 1024;
  FAIL("the process has no VmRSS: it is gone");
  return 0;
}

std::vector<std::string> word_count(const tool::temporary_directory& directory, const std::vector<std::string>& more) {
  std::vector<std::string> arguments{
    program("word-count"), "--data-dir", directory / "data", "--output", "text:" + directory / "out/counts",
    "--batch-interval",    "50ms",       "--log-level",      "info"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::vector<std::string> send(const std::string& file, const std::string& url, const std::string& producer) {
  return {program("weir"), "send", file, "--to", url, "--producer", producer};
}

void generate(const std::string& path, std::uint64_t lines, std::uint64_t seed) {
  auto generated =
    run({program("weir"), "generate", "generate://?count=" + std::to_string(lines) + "&seed=" + std::to_string(seed)});
  REQUIRE(generated.code == 0);
  write_file(path, generated.output);
}

void check_counts(const tool::temporary_directory& directory, const std::vector<std::string>& texts) {
  tool::word_counts expected;
  for (auto& text : texts)
    REQUIRE(tool::count_words(text, expected));
  REQUIRE_FALSE(expected.empty());
  tool::output_watch watch{directory / "out/counts"};
  REQUIRE(watch.finish());
  for (auto& violation : watch.violations())
    UNSCOPED_INFO(violation);
  CHECK(watch.violations().empty());
  auto published = watch.totals();
  REQUIRE(published);
  auto outcome = tool::compare(expected, *published);
  CHECK(outcome.lost == 0);
  CHECK(outcome.duplicated == 0);
  CHECK(outcome.published == outcome.words);
}

raw_client::raw_client(const std::string& url) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    FAIL("cannot connect to " << url << ": " << std::strerror(errno));
}

std::size_t raw_client::send(const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    auto count = ::send(socket_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count <= 0)
      break;
    sent += static_cast<std::size_t>(count);
  }
  return sent;
}

bool raw_client::is_closed_within(std::chrono::milliseconds limit) {
  auto deadline = tool::clock::now() + limit;
  char dropped[4096];
  while (tool::clock::now() < deadline) {
    pollfd watched{socket_.get(), POLLIN, 0};
    if (::poll(&watched, 1, 100) <= 0)
      continue;
    auto count = ::recv(socket_.get(), dropped, sizeof dropped, MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
      return true;
  }
  return false;
}

} // namespace weir::process
