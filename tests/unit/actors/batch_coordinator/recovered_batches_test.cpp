#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "actors/application/application_services.hpp"
#include "actors/batch_coordinator/recovered_batches.hpp"
#include "actors/node/node_services.hpp"
#include "libstream/api/dstream.hpp"
#include "libstream/log/batch_log.hpp"
#include "libstream/log/memory_store.hpp"
#include "libstream/plan/dated_data.hpp"
#include "tests/unit/actors/sources/temporary_directory.hpp"

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
                                    const std::vector<log::static_table>& now,
                                    std::shared_ptr<const plan::physical_plan> plan = nullptr) {
  application_services application;
  auto store = std::make_shared<log::memory_store>();
  application.plan = std::move(plan);
  application.static_tables = now;
  log::batch_record sealed;
  sealed.id = batch_id{1};
  sealed.time_ms = 1000;
  sealed.epoch = weir::epoch{1};
  sealed.tables = before;
  log::transaction changes;
  REQUIRE(log::seal(changes, *store, sealed));
  REQUIRE(store->commit(changes));
  return recover_batches(application, {}, log::readable_batch_log{store});
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

TEST_CASE("a batch that an older program sealed goes on if its files have the size and time that they had",
          "[recovery]") {
  testing::temporary_directory directory;
  auto path = directory.path() + "/lines";
  std::ofstream{path} << "one\n";
  auto plan_now = [&] {
    stream_context ctx;
    auto lines = read_text(path).named("table");
    ctx.text_input().transform([lines](auto batch) { return batch.union_with(lines); }).named("all").print();
    return ctx.plan().value();
  };
  auto tables_now = [](auto& of) {
    std::vector<log::static_table> found;
    for (auto& [name, digest] : of)
      found.push_back({name, digest});
    return found;
  };
  auto plan = plan_now();
  auto dated = plan::dated_digests_of(*plan);
  auto before = tables_now(dated);
  REQUIRE(before.size() == 1);
  auto content = plan->static_data();
  REQUIRE(tables_now(content) != before);
  CHECK(recovered(before, tables_now(content), plan).has_value());
  std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) + std::chrono::hours{1});
  auto refused = recovered(before, tables_now(content), plan_now());
  REQUIRE_FALSE(refused.has_value());
  CHECK_THAT(refused.error().message(), Catch::Contains("static data has changed"));
}

namespace {

std::shared_ptr<const plan::physical_plan> two_sums(const std::string& first, const std::string& second,
                                                    const std::string& parsing = "parse") {
  stream_context ctx;
  auto pairs = ctx.text_input().map([](std::string_view line) { return std::pair{line, 1}; }).named(parsing);
  for (auto& name : {first, second})
    pairs.reduce_by_key(std::plus<>{}).named(name).print();
  return ctx.plan().value();
}

stage_index stage_of(const plan::physical_plan& plan, const std::string& root) {
  for (auto& stage : plan.stages())
    if (stage.operators.front().name == root)
      return stage.index;
  FAIL("no stage " + root);
  return {};
}

/// What a start with `now` makes of a decision under `before`.
recovered_batches settled(const plan::physical_plan& before, std::shared_ptr<const plan::physical_plan> now,
                          log::exclusion what) {
  what.plan = what.plan == 0 ? 0 : before.fingerprint();
  application_services application;
  auto store = std::make_shared<log::memory_store>();
  application.plan = std::move(now);
  log::batch_record sealed;
  sealed.id = batch_id{1};
  sealed.time_ms = 1000;
  sealed.amendment = {1, false, {what}};
  log::transaction changes;
  REQUIRE(log::seal(changes, *store, sealed));
  REQUIRE(store->commit(changes));
  return recover_batches(application, {}, log::readable_batch_log{store}).value();
}

} // namespace

// They were kept by the place of the stage in the plan: after outputs were swapped, another operator lost the key.
TEST_CASE("a key stays left out of the operator that failed on it, wherever that stands in an upgraded program",
          "[recovery]") {
  auto before = two_sums("a", "b");
  auto after = two_sums("b", "a");
  CHECK(stage_of(*before, "a") == stage_of(*after, "b"));
  auto noted = GENERATE(std::uint64_t{0}, std::uint64_t{1}); // by an older version, by this one
  log::exclusion key{stage_of(*before, "a"), task_index{1}, 77, "a", "overflow", noted, noted > 0};
  auto found = settled(*before, after, key);
  CHECK(found.reconsidered.empty());
  auto& excluded = found.open.at(0).amendment.excluded;
  REQUIRE(excluded.size() == 1);
  CHECK(excluded[0].stage == stage_of(*after, "a"));
  CHECK(excluded[0].position == 77);
  CHECK(excluded[0].of_key);
  CHECK(excluded[0].plan == after->fingerprint());
  CHECK(settled(*before, before, key).open.at(0).amendment.excluded.at(0).stage == key.stage);
}

TEST_CASE("a record stays left out of the stage of the input, not of one behind it that has the same operator",
          "[recovery]") {
  auto before = two_sums("a", "b");
  auto after = two_sums("b", "a");
  log::exclusion record{stage_of(*before, before->stages().front().operators.front().name),
                        task_index{0},
                        5,
                        "a",
                        "overflow while combining",
                        1,
                        false};
  auto found = settled(*before, after, record);
  REQUIRE(found.open.at(0).amendment.excluded.size() == 1);
  CHECK(after->stages().at(found.open.at(0).amendment.excluded[0].stage.value).reads_text);
}

TEST_CASE("what an operator failed on that is gone, or has no name of its own, is computed again", "[recovery]") {
  auto before = two_sums("a", "b");
  SECTION("gone") {
    auto found = settled(*before, two_sums("b", "c"), {stage_of(*before, "a"), task_index{1}, 77, "a", "no", 1, true});
    CHECK(found.open.at(0).amendment.excluded.empty());
    REQUIRE(found.reconsidered.size() == 1);
    CHECK(found.reconsidered[0].first == batch_id{1});
    CHECK(found.reconsidered[0].second.operator_name == "a");
  }
  SECTION("without a name of its own") {
    auto unnamed = two_sums("a", "b", "");
    auto name = unnamed->stages().front().operators.at(1).name; // by its position
    log::exclusion record{stage_index{0}, task_index{0}, 5, name, "no", 1, false};
    CHECK(settled(*unnamed, two_sums("b", "a", ""), record).reconsidered.size() == 1);
    CHECK(settled(*unnamed, two_sums("a", "b", ""), record).reconsidered.empty()); // the same program
  }
}

namespace {

/// What a start says whose only input is given up, and that finds a batch that was sealed with this split.
result<recovered_batches> recovered_without(const std::string& input, const log::split& split) {
  application_services application;
  node_services node;
  auto store = std::make_shared<log::memory_store>();
  application.settings.inputs = {input_url::given_up(input)};
  log::batch_record sealed;
  sealed.id = batch_id{1};
  sealed.time_ms = 1000;
  sealed.epoch = weir::epoch{1};
  sealed.splits = {split};
  log::transaction changes;
  REQUIRE(log::seal(changes, *store, sealed));
  REQUIRE(store->commit(changes));
  return recover_batches(application, node, log::readable_batch_log{store});
}

} // namespace

TEST_CASE("an input that is read again cannot be given up while a batch that is not committed needs it", "[recovery]") {
  log::split of_file;
  of_file.ranges.push_back({input_id{0}, "words", 100, 1, 0, 50});
  auto refused = recovered_without("file:///in", of_file);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == error_code::configuration);
  CHECK_THAT(refused.error().message(), Catch::Contains("file:///in is needed by batch 1, which is not committed"));
}
