#include <unordered_map>

#include "bench/inputs/pair_inputs.hpp"
#include "bench/throughput.hpp"
#include "bench/yardsticks/chain.hpp"
#include "bench/yardsticks/keyed_sum.hpp"
#include "libstream/api/dstream.hpp"

/// Sums by key and a chain of user functions, over records that are no text.
namespace weir::bench {

namespace {

std::uint64_t add(std::uint64_t a, std::uint64_t b) { return a + b; }

template <class Key>
lines sum_naively(const std::vector<std::pair<Key, std::uint64_t>>& records) {
  auto hash = [](const Key& key) { return static_cast<std::size_t>(weight_of(key)); };
  std::unordered_map<Key, std::uint64_t, decltype(hash)> sums{16, hash};
  for (auto& [key, value] : records)
    sums[key] += value;
  digest all;
  for (auto& [key, sum] : sums)
    all = joined(all, digest_of(key, sum));
  return {text_of(all)};
}

/// Ends a stream of sums: one line a batch that tells whether all of them are right.
template <class Key>
void show_digest(stream_context& ctx, const dstream<std::pair<Key, std::uint64_t>>& sums) {
  sums.map([](const std::pair<Key, std::uint64_t>& sum) {
        return std::pair{0u, digest_of(sum.first, sum.second)};
      })
    .reduce_by_key(joined)
    .map([](const std::pair<unsigned, digest>& all) { return text_of(all.second); })
    .named("digest")
    .write_to(ctx.output());
}

template <class Record>
throughput_case over_records(std::string name, const std::vector<Record>& records) {
  throughput_case made;
  made.name = std::move(name);
  made.records = records.size();
  made.bytes = records.size() * sizeof(Record);
  return made;
}

using pair_list = std::shared_ptr<const std::vector<number_pair>>;

throughput_case sum_case(std::string name, std::size_t count, std::uint64_t keys) {
  auto records = std::make_shared<const std::vector<number_pair>>(make_pairs(count, keys));
  auto made = over_records(std::move(name), *records);
  made.constant = [=](stream_context& ctx, std::uint32_t slices) {
    show_digest(ctx, ctx.constant(*records, slices).reduce_by_key([](auto a, auto b) { return a + b; }));
  };
  made.expected = sum_naively(*records);
  made.yardstick = [=](std::uint32_t threads) { return shown(pair_sum_by_hand(*records, keys, threads)); };
  return made;
}

throughput_case struct_case(std::string name, std::size_t count, std::uint64_t keys) {
  auto records = std::make_shared<const std::vector<std::pair<visit, std::uint64_t>>>(make_visits(count, keys));
  auto made = over_records(std::move(name), *records);
  made.constant = [=](stream_context& ctx, std::uint32_t slices) {
    show_digest(ctx, ctx.constant(*records, slices).reduce_by_key(add));
  };
  made.expected = sum_naively(*records);
  made.yardstick = [=](std::uint32_t threads) { return shown(visit_sum_by_hand(*records, keys, threads)); };
  return made;
}

throughput_case chain_case(std::string name, std::size_t count) {
  auto records = std::make_shared<const std::vector<number_pair>>(make_random_pairs(count));
  auto made = over_records(std::move(name), *records);
  made.constant = [=](stream_context& ctx, std::uint32_t slices) {
    show_digest(ctx, ctx.constant(*records, slices)
                       .map([](const number_pair& record) { return chain::scale(record); })
                       .filter([](const number_pair& record) { return chain::three_quarters(record); })
                       .flat_map(chain::split{})
                       .filter([](const number_pair& record) { return chain::rare(record); })
                       .reduce_by_key([](auto a, auto b) { return a + b; }));
  };
  std::vector<number_pair> through;
  auto keep = [&](const number_pair& record) {
    if (chain::rare(record))
      through.push_back(record);
  };
  for (auto& record : *records)
    if (auto scaled = chain::scale(record); chain::three_quarters(scaled))
      chain::split{}(scaled, keep);
  made.expected = sum_naively(through);
  made.yardstick = [=](std::uint32_t threads) {
    return shown(hand_loop<digest>{[=](int times) {
      return threads == 1 ? run_chain_fused(*records, times) : run_chain_fused_by_two(*records, times);
    }});
  };
  made.target_alone = made.target_pair = 0.85;
  return made;
}

/// 32 MB a batch, as long as that holds a few records a key.
std::size_t batch_records(const setting& with, std::uint64_t keys) {
  return with.quick ? 200'000 : keys > 5'000'000 ? 8'000'000 : 2'000'000;
}

benchmark sums(std::string name, std::uint64_t keys) {
  return {name, [=](const setting& with, const auto& report) {
            measure_throughput(sum_case(name, batch_records(with, keys), keys), with, report);
          }};
}

} // namespace

std::vector<benchmark> pair_benchmarks() {
  return {
    sums("keyed-sum/10k", 10'000),
    sums("keyed-sum/1m", 1'000'000),
    sums("keyed-sum/10m", 10'000'000),
    {"keyed-sum/struct",
     [](const setting& with, const auto& report) {
       measure_throughput(struct_case("keyed-sum/struct", batch_records(with, 100'000), 100'000), with, report);
     }},
    {"chain/user-lambdas",
     [](const setting& with, const auto& report) {
       measure_throughput(chain_case("chain/user-lambdas", batch_records(with, 0)), with, report);
     }},
  };
}

} // namespace weir::bench
