#include "actors/node/budgets.hpp"

#include <random>

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;
using limits::mib;

namespace {

/// All that a node may hold at a time with these budgets.
std::uint64_t total_of(const memory_budgets& all, std::uint64_t inputs) {
  return inputs * all.receiver_bytes + all.exchange_bytes + all.staging_bytes + all.task_bytes + all.result_bytes +
         all.write_bytes + all.pool_bytes + all.base_bytes;
}

} // namespace

TEST_CASE("the default limit has room for the default budgets", "[budgets]") {
  auto budgets = share_memory({});
  REQUIRE(budgets.has_value());
  CHECK(budgets->batch_bytes == limits::max_batch_bytes);
  CHECK(budgets->receiver_bytes == limits::max_receiver_bytes);
  CHECK(budgets->exchange_bytes >= limits::exchange_bytes);
  CHECK(budgets->staging_bytes == limits::max_unpublished_bytes);
  CHECK(budgets->sum() == total_of(*budgets, 1));
  CHECK(budgets->sum() <= limits::memory_limit);
  CHECK(least_log_limit({}, *budgets) < limits::max_log_bytes);
}

TEST_CASE("whatever is demanded, the budgets stay within the limit or it is refused with the least that would do",
          "[budgets]") {
  std::mt19937_64 random{1};
  auto between = [&](std::uint64_t low, std::uint64_t high) { return low + random() % (high - low + 1); };
  int shared = 0;
  for (int i = 0; i < 20'000; ++i) {
    memory_demand demand;
    demand.limit = std::uint64_t{1} << between(24, 40);
    demand.limit += random() % demand.limit;
    demand.inputs = between(0, 8);
    demand.executors = between(1, 64);
    demand.partitions = between(1, 256);
    demand.batches_in_flight = between(1, 16);
    demand.unpublished_bytes = between(1, 1024 * mib);
    if (between(0, 3) == 0)
      demand.batch_bytes = between(1024, 64 * mib);
    if (between(0, 3) == 0)
      demand.receiver_bytes = between(65'536, 256 * mib);
    if (between(0, 3) == 0)
      demand.exchange_bytes = between(0, 1024 * mib);
    auto budgets = share_memory(demand);
    if (!budgets) {
      CHECK(budgets.error().code == error_code::configuration);
      auto& hint = budgets.error().hint;
      auto least =
        std::stoull(hint.substr(hint.find("least ") + 6)) * (hint.find("GiB") != std::string::npos ? 1024 : 1);
      CHECK(least * mib > demand.limit);
      demand.limit = least * mib;
      budgets = share_memory(demand);
      REQUIRE(budgets.has_value());
    }
    ++shared;
    CHECK(budgets->sum() == total_of(*budgets, demand.inputs));
    CHECK(budgets->sum() <= demand.limit);
    // What each is held to, counted from the demand.
    CHECK(budgets->result_bytes >= demand.batches_in_flight * budgets->batch_bytes);
    CHECK(budgets->write_bytes > budgets->batch_bytes);
    CHECK(budgets->base_bytes > demand.limit / 16);
    CHECK(budgets->pool_bytes <= demand.limit / 8);
    CHECK(budgets->task_bytes >= std::min<std::uint64_t>(budgets->batch_bytes, limits::split_bytes));
    CHECK(budgets->batch_bytes > 0);
    CHECK(budgets->all_receivers_bytes == demand.inputs * budgets->receiver_bytes);
    CHECK(budgets->batch_bytes == demand.batch_bytes.value_or(budgets->batch_bytes));
    CHECK(budgets->receiver_bytes == demand.receiver_bytes.value_or(budgets->receiver_bytes));
    CHECK(budgets->exchange_bytes == demand.exchange_bytes.value_or(budgets->exchange_bytes));
    CHECK(budgets->staging_bytes <= demand.unpublished_bytes);
  }
  CHECK(shared == 20'000);
}

TEST_CASE("more memory never makes a budget smaller", "[budgets]") {
  memory_budgets before{};
  for (std::uint64_t limit = 128 * mib; limit <= 8192 * mib; limit += 32 * mib) {
    memory_demand demand;
    demand.limit = limit;
    auto budgets = share_memory(demand);
    REQUIRE(budgets.has_value());
    CHECK(budgets->batch_bytes >= before.batch_bytes);
    CHECK(budgets->receiver_bytes >= before.receiver_bytes);
    CHECK(budgets->staging_bytes >= before.staging_bytes);
    before = *budgets;
  }
}

TEST_CASE("the least memory that a refusal names is the least that does", "[budgets]") {
  for (std::uint64_t executors : {1, 2, 16})
    for (std::uint64_t unpublished : {std::uint64_t{1}, std::uint64_t{64 * limits::mib}}) {
      memory_demand demand;
      demand.executors = executors;
      demand.unpublished_bytes = unpublished;
      demand.limit = limits::mib;
      auto refused = share_memory(demand);
      REQUIRE_FALSE(refused.has_value());
      auto least = std::stoull(refused.error().hint.substr(std::string{"give at least "}.size()));
      INFO(refused.error().message());
      demand.limit = least * limits::mib;
      CHECK(share_memory(demand).has_value());
      demand.limit = (least - 1) * limits::mib;
      CHECK_FALSE(share_memory(demand).has_value());
    }
}
