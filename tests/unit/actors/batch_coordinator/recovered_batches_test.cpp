#include <catch2/catch.hpp>

#include "actors/batch_coordinator/recovered_batches.hpp"
#include "libstream/api/dstream.hpp"
#include "libstream/log/batch_log.hpp"
#include "libstream/log/memory_store.hpp"

using namespace weir;
using namespace weir::actors;

namespace {

using table = std::vector<std::pair<std::string, int>>;

std::vector<log::static_table> tables_of(const table& prices, const char* name) {
  stream_context ctx;
  auto joined = ctx.text_input()
                  .map([](std::string_view line) {
                    return std::pair{line, 1};
                  })
                  .join(dataset<std::pair<std::string, int>>::from(prices).named(name));
  joined.named("priced").print();
  std::vector<log::static_table> found;
  auto plan = ctx.plan().value();
  auto data = plan->static_data();
  for (auto& [operator_name, digest] : data)
    found.push_back({operator_name, digest});
  return found;
}

/// What a start says that has `now`, and finds a batch that was sealed with `before`.
result<recovered_batches> recovered(const std::vector<log::static_table>& before,
                                    const std::vector<log::static_table>& now) {
  services services;
  services.store = std::make_shared<log::memory_store>();
  services.static_tables = now;
  log::batch_record sealed;
  sealed.id = batch_id{1};
  sealed.time_ms = 1000;
  sealed.epoch = weir::epoch{1};
  sealed.tables = before;
  log::transaction changes;
  REQUIRE(log::seal(changes, *services.store, sealed));
  REQUIRE(services.store->commit(changes));
  input_queue queue;
  return recover_batches(services, queue);
}

} // namespace

TEST_CASE("a batch that was sealed with other static data is refused, and the table is named", "[recovery]") {
  auto before = tables_of({{"tea", 3}}, "prices");
  REQUIRE(before.size() == 1);
  CHECK(recovered(before, before).has_value());
  auto changed = recovered(before, tables_of({{"tea", 4}}, "prices"));
  REQUIRE_FALSE(changed.has_value());
  CHECK(changed.error().code == error_code::configuration);
  CHECK_THAT(changed.error().message(), Catch::Contains("batch 1") && Catch::Contains("operator prices"));
  CHECK(recovered(before, tables_of({{"tea", 4}}, "new-prices")).has_value()); // another table
  CHECK(recovered(before, {}).has_value());
}
