#include "actors/node/placement.hpp"

#include <set>

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;

namespace {

const placement three_nodes{{{node_id{0}, 2}, {node_id{7}, 1}, {node_id{4}, 3}}};

} // namespace

TEST_CASE("on one node a task belongs to the executor of its number modulo the executors", "[placement]") {
  auto owners = placement::of_one_node(3);
  CHECK(owners.executors() == 3);
  for (std::uint32_t i = 0; i < 20; ++i) {
    CHECK(owners.owner_of(task_index{i}) == executor_place{node_id{0}, i % 3});
    CHECK(owners.owner_of(partition_index{i}) == owners.owner_of(task_index{i}));
    CHECK(owners.owner_of(input_id{i}) == node_id{0});
  }
}

TEST_CASE("tasks are spread evenly over the executors of all nodes", "[placement]") {
  CHECK(three_nodes.executors() == 6);
  std::vector<executor_place> places;
  for (std::uint32_t i = 0; i < 6; ++i)
    places.push_back(three_nodes.owner_of(task_index{i}));
  CHECK(places ==
        std::vector<executor_place>{
          {node_id{0}, 0}, {node_id{0}, 1}, {node_id{7}, 0}, {node_id{4}, 0}, {node_id{4}, 1}, {node_id{4}, 2}});
  CHECK(three_nodes.owner_of(task_index{6}) == places[0]);
  CHECK(three_nodes.owner_of(partition_index{5}) == places[5]);
}

TEST_CASE("an executor finds its own tasks one after the other", "[placement]") {
  for (auto& owners : {placement::of_one_node(1), placement::of_one_node(4), three_nodes})
    for (auto& member : owners.members)
      for (std::uint32_t executor = 0; executor < member.executors; ++executor) {
        executor_place self{member.node, executor};
        std::set<std::size_t> own, expected;
        for (auto task = owners.next_task_of(self, 0); task < 50; task = owners.next_task_of(self, task + 1))
          own.insert(task);
        for (std::uint32_t task = 0; task < 50; ++task)
          if (owners.owner_of(task_index{task}) == self)
            expected.insert(task);
        CHECK(own == expected);
        CHECK(owners.next_task_of(self, *own.rbegin()) == *own.rbegin());
      }
}

TEST_CASE("who is not in the view has no task", "[placement]") {
  auto none = std::numeric_limits<std::size_t>::max();
  CHECK(three_nodes.next_task_of({node_id{1}, 0}, 0) == none);
  CHECK(three_nodes.next_task_of({node_id{7}, 1}, 0) == none);
  CHECK(placement{}.next_task_of({node_id{0}, 0}, 0) == none);
}

TEST_CASE("inputs are spread over the nodes, and a split lies where its input is received", "[placement]") {
  CHECK(three_nodes.owner_of(input_id{0}) == node_id{0});
  CHECK(three_nodes.owner_of(input_id{1}) == node_id{7});
  CHECK(three_nodes.owner_of(input_id{5}) == node_id{4});
  log::split received{{{input_id{1}, epoch{1}, block_sequence{1}, block_sequence{2}}}, {}, 10};
  CHECK(three_nodes.holder_of(received) == node_id{7});
  log::split read{{}, {{input_id{2}, "a", 10, 1, 0, 10}}, 10};
  CHECK(three_nodes.holder_of(read) == node_id{4});
}

TEST_CASE("an input's receiver, block store and writer are on one node, and outputs are spread over all",
          "[placement]") {
  CHECK(three_nodes.receiver_of(input_id{4}) == address{role::receiver, 4, node_id{7}});
  CHECK(three_nodes.block_store_of(input_id{4}) == address{role::block_store, 0, node_id{7}});
  CHECK(three_nodes.writer_of(input_id{4}) == address{role::checkpoint_writer, 0, node_id{7}});
  CHECK(three_nodes.sink_of(output_index{0}) == address{role::sink, 0, node_id{0}});
  CHECK(three_nodes.sink_of(output_index{2}) == address{role::sink, 2, node_id{4}});
  CHECK(placement::of_one_node(3).sink_of(output_index{2}) == address{role::sink, 2});
}
