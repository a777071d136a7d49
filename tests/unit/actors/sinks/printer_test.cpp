#include "actors/sinks/printer.hpp"

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

/// A pipe that nobody reads unless told to.
struct unread_pipe {
  int ends[2];
  unread_pipe() {
    std::signal(SIGPIPE, SIG_IGN);
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    ::fcntl(ends[1], F_SETPIPE_SZ, 4096);
  }
  ~unread_pipe() {
    close_reader();
    ::close(ends[1]);
  }
  void close_reader() {
    if (ends[0] >= 0)
      ::close(ends[0]);
    ends[0] = -1;
  }
  std::string read() {
    std::string all;
    char bytes[65536];
    for (;;) {
      auto got = ::read(ends[0], bytes, sizeof bytes);
      if (got <= 0)
        return all;
      all.append(bytes, static_cast<std::size_t>(got));
    }
  }
};

std::string text_of(char of, std::size_t size) { return std::string(size - 1, of) + '\n'; }

} // namespace

TEST_CASE("what finds no room is refused as full, and gone on with where it stopped", "[print]") {
  unread_pipe pipe;
  printer to{pipe.ends[1], 1ms};
  auto text = text_of('a', 30'000);
  std::string seen;
  auto done = to.print(text);
  for (int again = 0; !done && again < 100; ++again) {
    CHECK(done.error().full);
    CHECK_THAT(done.error().message(), Catch::Contains("standard output") && Catch::Contains("does not read"));
    seen += pipe.read();
    done = to.print(text);
  }
  CHECK(done);
  CHECK((seen + pipe.read()) == text);
}

TEST_CASE("texts of two outputs do not tear each other, and each appears once", "[print]") {
  unread_pipe pipe;
  printer to{pipe.ends[1], 1ms};
  auto first = text_of('a', 10'000), second = text_of('b', 10'000);
  std::string seen;
  bool first_done = false, second_done = false;
  for (int again = 0; !(first_done && second_done) && again < 100; ++again) {
    first_done = first_done || to.print(first).has_value();
    second_done = second_done || to.print(second).has_value();
    seen += pipe.read();
  }
  seen += pipe.read();
  CHECK(seen == first + second);
  for (int again = 0; again < 2; ++again) { // the same text may well come another time
    CHECK(to.print("words\n"));
    CHECK(pipe.read() == "words\n");
  }
}

TEST_CASE("a reader that has gone is an error that does not pass", "[print]") {
  unread_pipe pipe;
  printer to{pipe.ends[1], 1ms};
  pipe.close_reader();
  auto done = to.print("words\n");
  REQUIRE_FALSE(done);
  CHECK_FALSE(done.error().full);
  CHECK(done.error().exit_code() == 74);
  CHECK_THAT(done.error().message(), Catch::Contains("its reader has gone"));
}

TEST_CASE("a descriptor that is closed is an error that says so, a full disk one that passes", "[print]") {
  auto closed = ::open("/dev/null", O_RDONLY | O_CLOEXEC); // as missing descriptors are opened
  CHECK_THAT(printer{closed}.print("x").error().message(), Catch::Contains("it is closed"));
  ::close(closed);
  auto full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  CHECK(printer{full}.print("x").error().full);
  ::close(full);
}
