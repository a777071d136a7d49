#include "actors/node/process_limits.hpp"

#include <sys/resource.h>

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;

TEST_CASE("a process that may have what a run needs is not refused, whatever it needs", "[limits]") {
  CHECK(check_process({}));
  CHECK(check_process({8, 8}));
}

TEST_CASE("too few descriptors are an error that names the limit, how many there are and what to do", "[limits]") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  auto few = before;
  few.rlim_cur = std::min<rlim_t>(before.rlim_cur, 64);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  auto refused = check_process({100, 0});
  auto fine = check_process({8, 0}); // those of before were given back
  ::setrlimit(RLIMIT_NOFILE, &before);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().exit_code() == 78);
  CHECK_THAT(refused.error().message(), Catch::Contains("limit of open files") && Catch::Contains("its limit is 64") &&
                                          Catch::Contains("needs 100") && Catch::Contains("ulimit -n"));
  CHECK(fine);
}
