#include "bench/yardsticks/keyed_sum.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "bench/yardsticks/pair.hpp"
#include "bench/yardsticks/slots.hpp"

namespace weir::bench {

namespace {

/// Records whose slots are asked for before the first of them is used.
constexpr std::size_t group = 16;
/// Tables of fewer keys stay in the cache: asking ahead only costs.
constexpr std::uint64_t cached_keys = 50'000;
/// Records that a thread shares out at a time.
constexpr std::size_t exchanged = 100'000;

std::uint64_t spread(std::uint64_t key) { return key * 0x9e3779b97f4a7c15u; }
std::uint64_t spread(const visit& key) {
  return spread(key.customer ^ (std::uint64_t{key.shop} << 32 | key.day) * 0xe7037ed1a0b428dbu);
}
bool empty(std::uint64_t key) { return key == 0; }
bool empty(const visit& key) { return key.customer == 0; }
/// Which thread owns a key: by another hash than its slot, so that halves of the keys do not gather in halves of the table.
int owner_of(std::uint64_t key) { return static_cast<int>(spread(key ^ key >> 32) >> 20 & 1); }
int owner_of(const visit& key) { return owner_of(key.customer); }

template <class Key>
class sum_table {
public:
  struct slot {
    Key key;
    std::uint64_t sum;
  };
  using record = std::pair<Key, std::uint64_t>;

  explicit sum_table(std::uint64_t keys)
    : slots_{std::bit_ceil(std::max<std::uint64_t>(16, 2 * keys))}, shift_{64 - std::countr_zero(slots_.size())} {}

  void clear() { std::memset(static_cast<void*>(slots_.begin()), 0, slots_.size() * sizeof(slot)); }

  void add(const record& from) {
    for (auto at = place(from.first);; at = (at + 1) & slots_.mask()) {
      auto& here = slots_[at];
      if (here.key == from.first) {
        here.sum += from.second;
        return;
      }
      if (empty(here.key)) {
        here = {from.first, from.second};
        return;
      }
    }
  }

  void add_each(std::span<const record> records) {
    for (auto& from : records)
      add(from);
  }

  void add_ahead(std::span<const record> records) {
    std::size_t i = 0;
    for (; i + group <= records.size(); i += group) {
      for (std::size_t j = 0; j < group; ++j)
        __builtin_prefetch(&slots_[place(records[i + j].first)], 1);
      for (std::size_t j = 0; j < group; ++j)
        add(records[i + j]);
    }
    add_each(records.subspan(i));
  }

  digest result() const {
    std::uint64_t keys = 0, sum = 0, check = 0;
    for (auto& here : slots_)
      if (!empty(here.key)) {
        ++keys;
        sum += here.sum;
        check += weight_of(here.key) * here.sum;
      }
    return {keys, sum, check};
  }

private:
  std::size_t place(const Key& key) const { return spread(key) >> shift_; }

  slot_array<slot> slots_;
  int shift_;
};

template <class Key>
digest sum_alone(std::span<const std::pair<Key, std::uint64_t>> records, std::uint64_t keys, int times) {
  sum_table<Key> table{keys};
  for (int i = 0; i < times; ++i) {
    table.clear();
    if (keys <= cached_keys)
      table.add_each(records);
    else
      table.add_ahead(records);
  }
  return table.result();
}

template <class Key>
digest sum_exchanged(std::span<const std::pair<Key, std::uint64_t>> records, std::uint64_t keys, int times) {
  using record = std::pair<Key, std::uint64_t>;
  std::array<sum_table<Key>, 2> tables{sum_table<Key>{keys * 5 / 8 + 64}, sum_table<Key>{keys * 5 / 8 + 64}};
  std::array<std::array<std::vector<record>, 2>, 2> shares;
  std::array<std::array<std::size_t, 2>, 2> sizes{};
  for (auto& from : shares)
    for (auto& to : from)
      to.resize(exchanged);
  std::array<digest, 2> results;
  run_pair([&](int me, auto meet) {
    auto mine = static_cast<std::size_t>(me);
    for (int i = 0; i < times; ++i) {
      tables[mine].clear();
      for (std::size_t base = 0; base < records.size(); base += 2 * exchanged) {
        auto from = std::min(records.size(), base + mine * exchanged);
        auto to = std::min(records.size(), from + exchanged);
        std::array<record*, 2> ends{shares[mine][0].data(), shares[mine][1].data()};
        for (auto& each : records.subspan(from, to - from)) {
          auto owner =
            static_cast<std::size_t>(owner_of(each.first)); // written to both, kept by one: no branch to mispredict
          *ends[0] = each;
          *ends[1] = each;
          ends[0] += 1 - owner;
          ends[1] += owner;
        }
        for (std::size_t k = 0; k < 2; ++k)
          sizes[mine][k] = static_cast<std::size_t>(ends[k] - shares[mine][k].data());
        meet();
        for (std::size_t k = 0; k < 2; ++k)
          tables[mine].add_ahead({shares[k][mine].data(), sizes[k][mine]});
        meet();
      }
      results[mine] = tables[mine].result();
    }
  });
  return joined(results[0], results[1]);
}

} // namespace

digest sum_pairs_by_hand(std::span<const number_pair> pairs, std::uint64_t keys, int times) {
  return sum_alone<std::uint64_t>(pairs, keys, times);
}

digest sum_pairs_by_two(std::span<const number_pair> pairs, std::uint64_t keys, int times) {
  return sum_exchanged<std::uint64_t>(pairs, keys, times);
}

digest sum_visits_by_hand(std::span<const std::pair<visit, std::uint64_t>> visits, std::uint64_t keys, int times) {
  return sum_alone<visit>(visits, keys, times);
}

digest sum_visits_by_two(std::span<const std::pair<visit, std::uint64_t>> visits, std::uint64_t keys, int times) {
  return sum_exchanged<visit>(visits, keys, times);
}

} // namespace weir::bench
