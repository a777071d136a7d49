#include "actors/monitor/bounded_writer.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <unistd.h>

using namespace weir::actors;

namespace {

struct pipe_of_test {
  int ends[2] = {-1, -1};
  pipe_of_test() { REQUIRE(::pipe(ends) == 0); }
  ~pipe_of_test() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  std::string read_all() {
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    std::string all(1 << 20, '\0');
    std::size_t size = 0;
    for (ssize_t got; (got = ::read(ends[0], all.data() + size, all.size() - size)) > 0;)
      size += static_cast<std::size_t>(got);
    all.resize(size);
    return all;
  }
};

std::string line_of(int number) { return std::to_string(number) + std::string(999, '.') + "\n"; }

} // namespace

TEST_CASE("a reader that stands still stops nobody, and learns how many lines it missed", "[bounded_writer]") {
  pipe_of_test pipe;
  bounded_writer writer{pipe.ends[1], 1};
  for (int i = 0; i < 1000; ++i)
    writer.write(line_of(i)); // a megabyte into a pipe of 64 KiB
  auto missed = writer.left_out();
  CHECK(missed > 900);
  auto before = pipe.read_all();
  writer.write("and on\n");
  auto after = pipe.read_all();
  CHECK(writer.left_out() == 0);
  auto all = before + after;
  std::size_t lines = 0;
  for (std::size_t from = 0; from < all.size(); ++lines) {
    auto end = all.find('\n', from);
    REQUIRE(end != std::string::npos); // all lines are whole
    if (lines < 1000 - missed)
      REQUIRE(all.substr(from, end + 1 - from) == line_of(static_cast<int>(lines)));
    from = end + 1;
  }
  CHECK(lines == 1000 - missed + 2);
  CHECK(all.find(std::to_string(missed) + " lines were left out here") != std::string::npos);
  CHECK(all.ends_with("and on\n"));
}

TEST_CASE("a line longer than the pipe is written while its reader reads, and dropped lines are whole ones",
          "[bounded_writer]") {
  pipe_of_test pipe;
  bounded_writer writer{pipe.ends[1], 1};
  std::string giant(200'000, 'x');
  writer.write(giant + "\n");
  std::string all;
  for (int i = 0; i < 10; ++i) {
    all += pipe.read_all();
    writer.write("short\n");
  }
  all += pipe.read_all();
  CHECK(all.substr(0, giant.size() + 1) == giant + "\n");
  CHECK(all.ends_with("short\n"));
}

TEST_CASE("a closed reader is no reader", "[bounded_writer]") {
  auto closed = ::open("/dev/null", O_RDONLY);
  bounded_writer writer{closed, 1};
  writer.write("nobody is there\n");
  CHECK(writer.left_out() == 0);
  ::close(closed);
}
