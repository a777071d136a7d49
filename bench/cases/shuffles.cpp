#include <map>
#include <set>

#include "bench/inputs/pair_inputs.hpp"
#include "bench/throughput.hpp"
#include "bench/yardsticks/shuffles.hpp"
#include "libstream/api/dstream.hpp"

/// Joins, sorting, distinct records and groups, beside loops written by hand.
namespace weir::bench {

namespace {

using pair_list = std::shared_ptr<const std::vector<number_pair>>;
using number_list = std::shared_ptr<const std::vector<std::uint64_t>>;

/// A digest of all records a chunk; `Digest(record)`.
template <class Record, class Digest>
auto digested(const dstream<Record>& records, Digest digest_of_record) {
  return records.template map_chunks<std::pair<unsigned, digest>>([=](std::span<const Record> chunk, auto& emit) {
    digest all{};
    for (auto& record : chunk)
      all = joined(all, digest_of_record(record));
    emit(std::pair{0u, all});
  });
}

void show(stream_context& ctx, const dstream<std::pair<unsigned, digest>>& digests) {
  digests.reduce_by_key(joined)
    .map([](const std::pair<unsigned, digest>& all) { return text_of(all.second); })
    .named("digest")
    .write_to(ctx.output());
}

throughput_case made_case(std::string name, std::size_t records, std::size_t record_bytes) {
  throughput_case made;
  made.name = std::move(name);
  made.records = records;
  made.bytes = records * record_bytes;
  made.target_alone = made.target_pair = 0.6;
  return made;
}

std::vector<std::uint64_t> firsts(const std::vector<number_pair>& pairs) {
  std::vector<std::uint64_t> numbers;
  for (auto& [first, second] : pairs)
    numbers.push_back(first);
  return numbers;
}

/// Facts with a table that has each key once.
throughput_case join_case(std::size_t count, std::uint64_t keys) {
  auto left = std::make_shared<const std::vector<number_pair>>(make_pairs(count, keys));
  std::map<std::uint64_t, std::uint64_t> table;
  for (auto& [key, value] : make_pairs(2 * keys, keys))
    table[key] = value;
  auto right = std::make_shared<const std::vector<number_pair>>(table.begin(), table.end());
  auto made = made_case("join/table", left->size() + right->size(), sizeof(number_pair));
  made.constant = [=](stream_context& ctx, std::uint32_t slices) {
    auto both = ctx.constant(*left, slices).join(ctx.constant(*right, slices));
    show(ctx, digested(both, [](auto& each) { return digest_of(each.first, each.second.first * each.second.second); }));
  };
  digest all{};
  for (auto& [key, value] : *left)
    if (auto found = table.find(key); found != table.end())
      all = joined(all, digest_of(key, value * found->second));
  made.expected = {text_of(all)};
  made.yardstick = [=](std::uint32_t threads) { return shown(join_by_hand(*left, *right, keys, threads)); };
  return made;
}

/// Looks at the order as well: what is out of it spoils the digest.
struct ordered_digest {
  std::uint64_t last = 0;
  digest operator()(std::uint64_t number) {
    auto right = digest_of(number, 1);
    if (number < std::exchange(last, number))
      std::get<0>(right) += 1'000'000'000;
    return right;
  }
};

throughput_case sort_case(std::size_t count) {
  auto numbers = std::make_shared<const std::vector<std::uint64_t>>(firsts(make_random_pairs(count)));
  auto made = made_case("sort/numbers", count, sizeof(std::uint64_t));
  made.constant = [=](stream_context& ctx, std::uint32_t slices) {
    auto sorted = ctx.constant(*numbers, slices).sort_by();
    show(ctx, sorted.map_chunks<std::pair<unsigned, digest>>(
                [look = ordered_digest{}](std::span<const std::uint64_t> chunk, auto& emit) mutable {
                  digest all{};
                  for (auto number : chunk)
                    all = joined(all, look(number));
                  emit(std::pair{0u, all});
                }));
  };
  digest all{};
  for (auto number : *numbers)
    all = joined(all, digest_of(number, 1));
  made.expected = {text_of(all)};
  made.yardstick = [=](std::uint32_t threads) { return shown(sort_by_hand(*numbers, threads)); };
  return made;
}

throughput_case distinct_case(std::size_t count, std::uint64_t keys) {
  auto numbers = std::make_shared<const std::vector<std::uint64_t>>(firsts(make_pairs(count, keys)));
  auto made = made_case("distinct/numbers", count, sizeof(std::uint64_t));
  made.constant = [=](stream_context& ctx, std::uint32_t slices) {
    show(ctx,
         digested(ctx.constant(*numbers, slices).distinct(), [](std::uint64_t each) { return digest_of(each, 1); }));
  };
  digest all{};
  for (auto number : std::set<std::uint64_t>{numbers->begin(), numbers->end()})
    all = joined(all, digest_of(number, 1));
  made.expected = {text_of(all)};
  made.yardstick = [=](std::uint32_t threads) { return shown(distinct_by_hand(*numbers, keys, threads)); };
  return made;
}

throughput_case group_case(std::size_t count, std::uint64_t keys) {
  auto pairs = std::make_shared<const std::vector<number_pair>>(make_pairs(count, keys));
  auto made = made_case("group/numbers", count, sizeof(number_pair));
  made.constant = [=](stream_context& ctx, std::uint32_t slices) {
    show(ctx, digested(ctx.constant(*pairs, slices).group_by_key(), [](auto& group) {
           std::uint64_t sum = 0;
           for (auto value : group.second)
             sum += value;
           return digest_of(group.first, sum);
         }));
  };
  std::map<std::uint64_t, std::uint64_t> sums;
  for (auto& [key, value] : *pairs)
    sums[key] += value;
  digest all{};
  for (auto& [key, sum] : sums)
    all = joined(all, digest_of(key, sum));
  made.expected = {text_of(all)};
  made.yardstick = [=](std::uint32_t threads) { return shown(group_by_hand(*pairs, keys, threads)); };
  return made;
}

benchmark of(const char* name, std::function<throughput_case(std::size_t)> make) {
  return {name, [=](const setting& with, const auto& report) {
            measure_throughput(make(with.quick ? 200'000 : 2'000'000), with, report);
          }};
}

} // namespace

std::vector<benchmark> shuffle_benchmarks() {
  return {
    of("join/table", [](std::size_t count) { return join_case(count, count / 8); }),
    of("sort/numbers", sort_case),
    of("distinct/numbers", [](std::size_t count) { return distinct_case(count, count / 4); }),
    of("group/numbers", [](std::size_t count) { return group_case(count, count / 8); }),
  };
}

} // namespace weir::bench
