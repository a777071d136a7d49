#include "bench/yardsticks/shuffles.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <vector>

#include "bench/yardsticks/pair.hpp"
#include "bench/yardsticks/slots.hpp"

namespace weir::bench {

namespace {

constexpr std::size_t ahead = 16; ///< records whose slots are asked for before they are used

std::uint64_t spread(std::uint64_t key) { return key * 0x9e3779b97f4a7c15u; }
/// By another hash than the slot.
std::size_t owner_of(std::uint64_t key) { return static_cast<std::size_t>(spread(key ^ key >> 32) >> 20 & 1); }

/// Numbers keys from 0 in the order in which they come.
class key_table {
public:
  explicit key_table(std::uint64_t keys)
    : slots_{std::bit_ceil(std::max<std::uint64_t>(16, 2 * keys))}, shift_{64 - std::countr_zero(slots_.size())} {}

  void clear() {
    std::memset(static_cast<void*>(slots_.begin()), 0, slots_.size() * sizeof(slot));
    keys_.clear();
  }
  void ask_for(std::uint64_t key) { __builtin_prefetch(&slots_[place(key)], 1); }
  std::uint32_t number(std::uint64_t key) {
    for (auto at = place(key);; at = (at + 1) & slots_.mask()) {
      if (slots_[at].key == key)
        return slots_[at].number;
      if (slots_[at].key == 0) {
        slots_[at] = {key, static_cast<std::uint32_t>(keys_.size())};
        keys_.push_back(key);
        return slots_[at].number;
      }
    }
  }
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  std::uint32_t find(std::uint64_t key) const {
    for (auto at = place(key);; at = (at + 1) & slots_.mask()) {
      if (slots_[at].key == key)
        return slots_[at].number;
      if (slots_[at].key == 0)
        return none;
    }
  }
  const std::vector<std::uint64_t>& keys() const { return keys_; }

private:
  struct slot {
    std::uint64_t key;
    std::uint32_t number;
  };
  std::size_t place(std::uint64_t key) const { return spread(key) >> shift_; }

  slot_array<slot> slots_;
  int shift_;
  std::vector<std::uint64_t> keys_;
};

/// The values of each key side by side.
class groups {
public:
  groups(std::span<const number_pair> pairs, key_table& keys) {
    numbers_.resize(pairs.size());
    std::size_t i = 0;
    for (; i + ahead <= pairs.size(); i += ahead) {
      for (std::size_t j = 0; j < ahead; ++j)
        keys.ask_for(pairs[i + j].first);
      for (std::size_t j = 0; j < ahead; ++j)
        numbers_[i + j] = keys.number(pairs[i + j].first);
    }
    for (; i < pairs.size(); ++i)
      numbers_[i] = keys.number(pairs[i].first);
    begins_.assign(keys.keys().size() + 1, 0);
    for (auto number : numbers_)
      ++begins_[number + 1];
    for (std::size_t key = 1; key < begins_.size(); ++key)
      begins_[key] += begins_[key - 1];
    auto next = begins_;
    values_.resize(pairs.size());
    for (std::size_t at = 0; at < pairs.size(); ++at)
      values_[next[numbers_[at]]++] = pairs[at].second;
  }
  std::span<const std::uint64_t> of(std::size_t key) const {
    return {values_.data() + begins_[key], begins_[key + 1] - begins_[key]};
  }

private:
  std::vector<std::uint32_t> numbers_;
  std::vector<std::uint32_t> begins_;
  std::vector<std::uint64_t> values_;
};

digest join_once(std::span<const number_pair> left, std::span<const number_pair> right, key_table& keys) {
  keys.clear();
  groups values{right, keys};
  digest all{};
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (i + ahead < left.size())
      keys.ask_for(left[i + ahead].first);
    if (auto number = keys.find(left[i].first); number != key_table::none)
      for (auto value : values.of(number))
        all = joined(all, digest_of(left[i].first, left[i].second * value));
  }
  return all;
}

digest group_once(std::span<const number_pair> pairs, key_table& keys) {
  keys.clear();
  groups values{pairs, keys};
  digest all{};
  for (std::size_t key = 0; key < keys.keys().size(); ++key) {
    auto of_key = values.of(key);
    std::vector<std::uint64_t> group{of_key.begin(), of_key.end()}; // what somebody would be handed
    std::uint64_t sum = 0;
    for (auto value : group)
      sum += value;
    all = joined(all, digest_of(keys.keys()[key], sum));
  }
  return all;
}

digest distinct_once(std::span<const std::uint64_t> numbers, key_table& keys) {
  keys.clear();
  std::size_t i = 0;
  for (; i + ahead <= numbers.size(); i += ahead) {
    for (std::size_t j = 0; j < ahead; ++j)
      keys.ask_for(numbers[i + j]);
    for (std::size_t j = 0; j < ahead; ++j)
      keys.number(numbers[i + j]);
  }
  for (; i < numbers.size(); ++i)
    keys.number(numbers[i]);
  digest all{};
  for (auto key : keys.keys())
    all = joined(all, digest_of(key, 1));
  return all;
}

digest digest_in_order(std::span<const std::uint64_t> sorted) {
  digest all{};
  for (auto number : sorted)
    all = joined(all, digest_of(number, 1));
  return all;
}

/// Each of two threads hands the other what it owns, then works on what is its own.
template <class Record, class KeyOf>
void share_out(std::span<const Record> records, std::array<std::array<std::vector<Record>, 2>, 2>& shares,
               std::size_t me, KeyOf owner) {
  for (auto& share : shares[me]) {
    share.clear();
    share.reserve(records.size());
  }
  for (auto& record : records.subspan(me * (records.size() / 2), me == 0 ? records.size() / 2 : std::dynamic_extent))
    shares[me][owner(record)].push_back(record);
}

template <class Record>
std::vector<Record> gathered(const std::array<std::array<std::vector<Record>, 2>, 2>& shares, std::size_t me) {
  std::vector<Record> mine;
  mine.reserve(shares[0][me].size() + shares[1][me].size());
  mine.insert(mine.end(), shares[0][me].begin(), shares[0][me].end());
  mine.insert(mine.end(), shares[1][me].begin(), shares[1][me].end());
  return mine;
}

constexpr auto pair_owner = [](const number_pair& pair) { return owner_of(pair.first); };

} // namespace

digest join_by_hand(std::span<const number_pair> left, std::span<const number_pair> right, std::uint64_t keys,
                    int times) {
  key_table table{keys};
  digest all{};
  for (int i = 0; i < times; ++i)
    all = join_once(left, right, table);
  return all;
}

digest join_by_two(std::span<const number_pair> left, std::span<const number_pair> right, std::uint64_t keys,
                   int times) {
  std::array<key_table, 2> tables{key_table{keys * 5 / 8 + 64}, key_table{keys * 5 / 8 + 64}};
  std::array<std::array<std::vector<number_pair>, 2>, 2> lefts, rights;
  std::array<digest, 2> results;
  run_pair([&](int number, auto meet) {
    auto me = static_cast<std::size_t>(number);
    for (int i = 0; i < times; ++i) {
      share_out(left, lefts, me, pair_owner);
      share_out(right, rights, me, pair_owner);
      meet();
      results[me] = join_once(gathered(lefts, me), gathered(rights, me), tables[me]);
      meet();
    }
  });
  return joined(results[0], results[1]);
}

digest sort_by_hand(std::span<const std::uint64_t> numbers, int times) {
  std::vector<std::uint64_t> sorted;
  for (int i = 0; i < times; ++i) {
    sorted.assign(numbers.begin(), numbers.end());
    std::sort(sorted.begin(), sorted.end());
  }
  return digest_in_order(sorted);
}

digest sort_by_two(std::span<const std::uint64_t> numbers, int times) {
  std::array<std::array<std::vector<std::uint64_t>, 2>, 2> shares;
  std::array<digest, 2> results;
  run_pair([&](int number, auto meet) {
    auto me = static_cast<std::size_t>(number);
    for (int i = 0; i < times; ++i) {
      share_out(numbers, shares, me, [](std::uint64_t each) { return static_cast<std::size_t>(each >> 63); });
      meet();
      auto mine = gathered(shares, me);
      std::sort(mine.begin(), mine.end());
      results[me] = digest_in_order(mine);
      meet();
    }
  });
  return joined(results[0], results[1]);
}

digest distinct_by_hand(std::span<const std::uint64_t> numbers, std::uint64_t keys, int times) {
  key_table table{keys};
  digest all{};
  for (int i = 0; i < times; ++i)
    all = distinct_once(numbers, table);
  return all;
}

digest distinct_by_two(std::span<const std::uint64_t> numbers, std::uint64_t keys, int times) {
  std::array<key_table, 2> tables{key_table{keys * 5 / 8 + 64}, key_table{keys * 5 / 8 + 64}};
  std::array<std::array<std::vector<std::uint64_t>, 2>, 2> shares;
  std::array<digest, 2> results;
  run_pair([&](int number, auto meet) {
    auto me = static_cast<std::size_t>(number);
    for (int i = 0; i < times; ++i) {
      share_out(numbers, shares, me, owner_of);
      meet();
      results[me] = distinct_once(gathered(shares, me), tables[me]);
      meet();
    }
  });
  return joined(results[0], results[1]);
}

digest group_by_hand(std::span<const number_pair> pairs, std::uint64_t keys, int times) {
  key_table table{keys};
  digest all{};
  for (int i = 0; i < times; ++i)
    all = group_once(pairs, table);
  return all;
}

digest group_by_two(std::span<const number_pair> pairs, std::uint64_t keys, int times) {
  std::array<key_table, 2> tables{key_table{keys * 5 / 8 + 64}, key_table{keys * 5 / 8 + 64}};
  std::array<std::array<std::vector<number_pair>, 2>, 2> shares;
  std::array<digest, 2> results;
  run_pair([&](int number, auto meet) {
    auto me = static_cast<std::size_t>(number);
    for (int i = 0; i < times; ++i) {
      share_out(pairs, shares, me, pair_owner);
      meet();
      results[me] = group_once(gathered(shares, me), tables[me]);
      meet();
    }
  });
  return joined(results[0], results[1]);
}

} // namespace weir::bench
