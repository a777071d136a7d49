#include "actors/checkpoint_writer/parked_requests.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace weir::actors;

TEST_CASE("what waits is tried until nothing gets on any more, in the order in which it came", "[parked_requests]") {
  parked_requests parked;
  std::vector<std::string> order;
  bool seal_may = false, commit_may = false;
  parked.park([&] {
    if (commit_may)
      order.push_back("commit");
    return commit_may;
  });
  parked.park([&] {
    if (seal_may) {
      order.push_back("seal");
      commit_may = true; // which the commit has waited for
    }
    return seal_may;
  });
  parked.try_again();
  CHECK(parked.size() == 2);
  seal_may = true;
  parked.try_again();
  CHECK(order == std::vector<std::string>{"seal", "commit"});
  CHECK(parked.size() == 0);
}

TEST_CASE("only so many requests wait, and the oldest goes", "[parked_requests]") {
  parked_requests parked;
  std::vector<std::size_t> tried;
  for (std::size_t i = 0; i <= parked_requests::most; ++i)
    parked.park([&tried, i] {
      tried.push_back(i);
      return true;
    });
  CHECK(parked.size() == parked_requests::most);
  parked.try_again();
  CHECK(tried.size() == parked_requests::most);
  CHECK(tried.front() == 1);
}
