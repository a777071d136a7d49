#include "actors/batch_coordinator/publication_order.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;

namespace {

constexpr output_index counts{0}, words{1};

batch_progress committed(std::uint64_t number, std::set<output_index> outputs) {
  log::commit_record record;
  record.id = batch_id{number};
  return {record, std::move(outputs)};
}

batch_progress open(std::uint64_t number) {
  log::batch_record record;
  record.id = batch_id{number};
  return {record, 1};
}

using asked = std::vector<std::tuple<std::uint32_t, std::uint64_t, std::uint64_t>>; ///< output, batch, oldest

asked of(publication_order& order, const open_batches& batches) {
  asked requests;
  for (auto& each : order.ask(batches))
    requests.emplace_back(each.output.value, each.commit->id.value, each.oldest.value);
  return requests;
}

} // namespace

TEST_CASE("outputs are asked for committed batches in their order, once", "[publication_order]") {
  publication_order order;
  open_batches batches;
  batches.emplace(batch_id{1}, committed(1, {counts, words}));
  batches.emplace(batch_id{2}, committed(2, {words}));
  CHECK(of(order, batches) == asked{{0, 1, 1}, {1, 1, 1}, {1, 2, 1}});
  CHECK(of(order, batches).empty());
  batches.emplace(batch_id{3}, committed(3, {counts}));
  CHECK(of(order, batches) == asked{{0, 3, 1}});
}

TEST_CASE("a sink that says who it is is asked from the oldest batch on, once", "[publication_order]") {
  publication_order order;
  open_batches batches;
  batches.emplace(batch_id{1}, committed(1, {counts, words}));
  batches.emplace(batch_id{2}, committed(2, {counts}));
  CHECK(of(order, batches) == asked{{0, 1, 1}, {1, 1, 1}, {0, 2, 1}});
  CHECK(order.is_ready(counts, 7));
  CHECK_FALSE(order.is_ready(counts, 7)); // it comes twice
  auto requests = order.ask(batches);
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].incarnation == 7);
  CHECK(requests[0].commit->id == batch_id{1});
  CHECK(requests[0].after == batch_id{0});
  CHECK(requests[1].after == batch_id{1});
  CHECK(order.is_ready(counts, 8));
  CHECK(order.ask(batches)[0].incarnation == 8);
}

TEST_CASE("no output is asked for a batch behind one whose commit is not known", "[publication_order]") {
  publication_order order;
  open_batches batches;
  batches.emplace(batch_id{1}, committed(1, {counts}));
  batches.emplace(batch_id{2}, open(2));
  batches.emplace(batch_id{3}, committed(3, {counts}));
  CHECK(of(order, batches) == asked{{0, 1, 1}});
  batches.erase(batch_id{2});
  CHECK(of(order, batches) == asked{{0, 3, 1}});
}

TEST_CASE("an output is asked again for all that it has not published", "[publication_order]") {
  publication_order order;
  open_batches batches;
  for (std::uint64_t number : {1, 2})
    batches.emplace(batch_id{number}, committed(number, {counts, words}));
  CHECK(of(order, batches).size() == 4);
  batches.at(batch_id{1}).output_published(words);
  order.ask_again(words);
  CHECK(of(order, batches) == asked{{1, 2, 2}});
  order.ask_all_again();
  CHECK(of(order, batches) == asked{{0, 1, 1}, {0, 2, 1}, {1, 2, 2}});
}
