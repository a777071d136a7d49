#include "bench/yardsticks/keyed_sum.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>

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
using keyed_records = std::span<const std::pair<Key, std::uint64_t>>;

template <class Key>
class sum_alone {
public:
  sum_alone(keyed_records<Key> records, std::uint64_t keys) : records_{records}, keys_{keys}, table_{keys} {}

  void work(int times) {
    for (int i = 0; i < times; ++i) {
      table_.clear();
      if (keys_ <= cached_keys)
        table_.add_each(records_);
      else
        table_.add_ahead(records_);
    }
  }
  digest result() const { return table_.result(); }

private:
  keyed_records<Key> records_;
  std::uint64_t keys_;
  sum_table<Key> table_;
};

template <class Key>
class sum_exchanged {
public:
  sum_exchanged(keyed_records<Key> records, std::uint64_t keys)
    : records_{records}, tables_{sum_table<Key>{keys * 5 / 8 + 64}, sum_table<Key>{keys * 5 / 8 + 64}} {
    for (auto& from : shares_)
      for (auto& to : from)
        to.resize(exchanged);
  }

  void work(int times) {
    run_pair([&](int number, auto meet) {
      auto me = static_cast<std::size_t>(number);
      for (int i = 0; i < times; ++i) {
        tables_[me].clear();
        for (std::size_t base = 0; base < records_.size(); base += 2 * exchanged) {
          auto from = std::min(records_.size(), base + me * exchanged);
          auto to = std::min(records_.size(), from + exchanged);
          share_out(records_.subspan(from, to - from), me);
          meet();
          for (std::size_t k = 0; k < 2; ++k)
            tables_[me].add_ahead({shares_[k][me].data(), sizes_[k][me]});
          meet();
        }
      }
    });
  }
  digest result() const { return joined(tables_[0].result(), tables_[1].result()); }

private:
  /// Each record is written to both shares and kept by one: no branch to mispredict.
  void share_out(keyed_records<Key> records, std::size_t me) {
    std::array ends{shares_[me][0].data(), shares_[me][1].data()};
    for (auto& each : records) {
      auto owner = static_cast<std::size_t>(owner_of(each.first));
      *ends[0] = each;
      *ends[1] = each;
      ends[0] += 1 - owner;
      ends[1] += owner;
    }
    for (std::size_t k = 0; k < 2; ++k)
      sizes_[me][k] = static_cast<std::size_t>(ends[k] - shares_[me][k].data());
  }

  keyed_records<Key> records_;
  std::array<sum_table<Key>, 2> tables_;
  std::array<std::array<std::vector<std::pair<Key, std::uint64_t>>, 2>, 2> shares_;
  std::array<std::array<std::size_t, 2>, 2> sizes_{};
};

template <class Loop, class Records>
hand_loop<digest> ready(Records records, std::uint64_t keys) {
  auto loop = std::make_shared<Loop>(records, keys);
  return {[loop](int times) { loop->work(times); }, [loop] { return loop->result(); }};
}

template <class Key>
hand_loop<digest> sum_by_hand(keyed_records<Key> records, std::uint64_t keys, std::uint32_t threads) {
  return threads == 1 ? ready<sum_alone<Key>>(records, keys) : ready<sum_exchanged<Key>>(records, keys);
}

} // namespace

hand_loop<digest> pair_sum_by_hand(std::span<const number_pair> pairs, std::uint64_t keys, std::uint32_t threads) {
  return sum_by_hand<std::uint64_t>(pairs, keys, threads);
}

hand_loop<digest> visit_sum_by_hand(std::span<const std::pair<visit, std::uint64_t>> visits, std::uint64_t keys,
                                    std::uint32_t threads) {
  return sum_by_hand<visit>(visits, keys, threads);
}

} // namespace weir::bench
