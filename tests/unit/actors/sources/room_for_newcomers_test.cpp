#include "actors/sources/room_for_newcomers.hpp"

#include <vector>

#include <catch2/catch.hpp>

using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

using standings = std::vector<connection_standing>;

const std::chrono::steady_clock::time_point start{1h};

connection_standing greeting(connection_id id, std::chrono::seconds at) { return {id, false, false, start + at}; }
connection_standing silent(connection_id id, std::chrono::seconds at) { return {id, true, false, start + at}; }
connection_standing sender(connection_id id, std::chrono::seconds at) { return {id, true, true, start + at}; }

std::optional<connection_id> chosen(const standings& all) { return first_to_go(all, start + 60s, 1s); }

} // namespace

TEST_CASE("a newcomer takes the place of who has said no HELLO, then of who has been silent longest", "[ingest]") {
  CHECK(chosen({sender(1, 0s), silent(2, 1s), greeting(3, 9s), greeting(4, 8s)}) == 4);
  CHECK(chosen({greeting(4, 8s), silent(2, 1s)}) == 4);
  CHECK(chosen({sender(1, 0s), silent(2, 2s), silent(3, 1s)}) == 3);
}

TEST_CASE("a newcomer takes no place of a sender or of one that has just come", "[ingest]") {
  CHECK_FALSE(chosen({}));
  CHECK_FALSE(chosen({sender(1, 0s), sender(2, 1s)}));
  CHECK_FALSE(chosen({sender(1, 0s), silent(2, 60s), greeting(3, 60s)}));
  CHECK(chosen({silent(2, 59s), greeting(3, 60s)}) == 2);
}
