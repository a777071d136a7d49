#include <catch2/catch.hpp>

#include "actors/node/newest_coordinator.hpp"
#include "actors/node/role.hpp"

using namespace weir;
using namespace weir::actors;

TEST_CASE("people do not read of a node as long as there is one", "[address]") {
  CHECK(to_string(address{role::receiver, 2}) == "receiver-2");
  CHECK(to_string(address{role::supervisor, 1}) == "storage");
  CHECK(to_string(address{role::receiver, 2, node_id{3}}) == "receiver-2@3");
  CHECK(to_string(address{role::supervisor, 1, node_id{3}}) == "storage@3");
}

TEST_CASE("addresses are the same only on the same node, and those of a node stand together", "[address]") {
  address here{role::sink, 0}, there{role::sink, 0, node_id{1}};
  CHECK(here != there);
  CHECK(here < there);
  CHECK(address{role::sink, 9} < address{role::checkpoint_writer, 0, node_id{1}});
  CHECK(address{role::checkpoint_writer, 9} < address{role::sink, 0});
}

TEST_CASE("what an older coordinator says counts no more once a newer one was heard", "[address]") {
  newest_coordinator heard;
  CHECK(heard.hears(epoch{3}));
  CHECK(heard.hears(epoch{3}));
  CHECK_FALSE(heard.hears(epoch{2}));
  CHECK(heard.hears(epoch{5}));
  CHECK_FALSE(heard.hears(epoch{3}));
  CHECK(heard.epoch() == epoch{5});
}
