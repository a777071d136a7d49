#include "libstream/base/ensure.hpp"

#include <array>
#include <csignal>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "libstream/base/ids.hpp"

using namespace weir;

namespace {

struct child_end {
  int status = 0;
  std::string errors;
};

/// Runs `body` in a child, and says how it ended and what it wrote to standard error.
template <class Body>
child_end in_child(Body body) {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  auto child = ::fork();
  if (child == 0) {
    ::dup2(pipe[1], STDERR_FILENO);
    ::signal(SIGABRT, SIG_DFL); // not the test framework's
    body();
    ::_exit(0);
  }
  REQUIRE(child > 0);
  ::close(pipe[1]);
  child_end end;
  std::array<char, 512> bytes{};
  for (ssize_t count = 0; (count = ::read(pipe[0], bytes.data(), bytes.size())) > 0;)
    end.errors.append(bytes.data(), static_cast<std::size_t>(count));
  ::close(pipe[0]);
  REQUIRE(::waitpid(child, &end.status, 0) == child);
  return end;
}

} // namespace

TEST_CASE("a broken promise ends the process and says which, with its facts and its place", "[ensure]") {
  auto end =
    in_child([] { ensure(false, "sequences have no gap", "input", input_id{3}, "name", "a\x1b[2Jb", "bytes", 17); });
  CHECK(WIFSIGNALED(end.status));
  CHECK(WTERMSIG(end.status) == SIGABRT);
  CHECK(end.errors.find("broken promise: sequences have no gap (input=3 name=a\\x1b[2Jb bytes=17)") == 0);
  CHECK(end.errors.find("ensure_test.cpp:") != std::string::npos);
  CHECK(end.errors.find('\n') == end.errors.size() - 1); // one line
}

TEST_CASE("a promise that holds changes nothing", "[ensure]") {
  ensure(true, "facts are put into words only when they are needed", "number", 1);
  expect_debug(true, "and here", "number", 1);
  CHECK(broken_expectations() == 0);
}

TEST_CASE("an expectation that does not hold ends a build with assertions, and is counted by another", "[ensure]") {
  auto end = in_child([] {
    expect_debug(false, "a position lies in its table", "position", 9);
    if (broken_expectations() != 1)
      ::_exit(2);
  });
#ifdef NDEBUG
  CHECK(WIFEXITED(end.status));
  CHECK(WEXITSTATUS(end.status) == 0);
#else
  CHECK(WIFSIGNALED(end.status));
  CHECK(end.errors.find("a position lies in its table (position=9)") != std::string::npos);
#endif
}
