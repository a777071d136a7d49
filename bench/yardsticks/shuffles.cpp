#include "bench/yardsticks/shuffles.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>
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
  void fill(std::span<const number_pair> pairs, key_table& keys) {
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
    next_ = begins_;
    values_.resize(pairs.size());
    for (std::size_t at = 0; at < pairs.size(); ++at)
      values_[next_[numbers_[at]]++] = pairs[at].second;
  }
  std::span<const std::uint64_t> of(std::size_t key) const {
    return {values_.data() + begins_[key], begins_[key + 1] - begins_[key]};
  }

private:
  std::vector<std::uint32_t> numbers_;
  std::vector<std::uint32_t> begins_, next_;
  std::vector<std::uint64_t> values_;
};

/// What a thread works in.
struct workplace {
  explicit workplace(std::uint64_t most_keys) : keys{most_keys} {}
  key_table keys;
  groups values;
};

digest join_once(std::span<const number_pair> left, std::span<const number_pair> right, workplace& in) {
  in.keys.clear();
  in.values.fill(right, in.keys);
  digest all{};
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (i + ahead < left.size())
      in.keys.ask_for(left[i + ahead].first);
    if (auto number = in.keys.find(left[i].first); number != key_table::none)
      for (auto value : in.values.of(number))
        all = joined(all, digest_of(left[i].first, left[i].second * value));
  }
  return all;
}

digest group_once(std::span<const number_pair> pairs, workplace& in) {
  in.keys.clear();
  in.values.fill(pairs, in.keys);
  digest all{};
  for (std::size_t key = 0; key < in.keys.keys().size(); ++key) {
    auto of_key = in.values.of(key);
    std::vector<std::uint64_t> group{of_key.begin(), of_key.end()}; // what somebody would be handed
    std::uint64_t sum = 0;
    for (auto value : group)
      sum += value;
    all = joined(all, digest_of(in.keys.keys()[key], sum));
  }
  return all;
}

digest distinct_once(std::span<const std::uint64_t> numbers, workplace& in) {
  auto& keys = in.keys;
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

digest sort_once(std::vector<std::uint64_t>& numbers) {
  std::sort(numbers.begin(), numbers.end());
  return digest_in_order(numbers);
}

/// Each of two threads hands the other what it owns, then works on what is its own.
template <class Record>
class exchange {
public:
  template <class Owner>
  void share_out(std::span<const Record> records, std::size_t me, Owner owner) {
    for (auto& share : shares_[me]) {
      share.clear();
      share.reserve(records.size());
    }
    for (auto& record : records.subspan(me * (records.size() / 2), me == 0 ? records.size() / 2 : std::dynamic_extent))
      shares_[me][owner(record)].push_back(record);
  }
  /// What `me` owns, once both have shared out.
  std::vector<Record>& gathered(std::size_t me) {
    auto& mine = owned_[me];
    mine.clear();
    for (auto& from : shares_)
      mine.insert(mine.end(), from[me].begin(), from[me].end());
    return mine;
  }

private:
  std::array<std::array<std::vector<Record>, 2>, 2> shares_;
  std::array<std::vector<Record>, 2> owned_;
};

constexpr auto pair_owner = [](const number_pair& pair) { return owner_of(pair.first); };
constexpr auto upper_half = [](std::uint64_t number) { return static_cast<std::size_t>(number >> 63); };

/// `compute()` works on the whole, on one thread.
template <class Once>
hand_loop<digest> alone(Once compute) {
  return hand_loop<digest>{[compute](int times) {
    digest all{};
    for (int i = 0; i < times; ++i)
      all = compute();
    return all;
  }};
}

/// `share(me)` hands over, `compute(me)` works on what `me` owns, on two threads.
template <class Share, class Once>
hand_loop<digest> exchanged(Share share, Once compute) {
  return hand_loop<digest>{[share, compute](int times) {
    std::array<digest, 2> results;
    run_pair([&](int number, auto meet) {
      auto me = static_cast<std::size_t>(number);
      for (int i = 0; i < times; ++i) {
        share(me);
        meet();
        results[me] = compute(me);
        meet();
      }
    });
    return joined(results[0], results[1]);
  }};
}

using workplaces = std::array<workplace, 2>;
std::shared_ptr<workplaces> two_workplaces(std::uint64_t keys) {
  return std::make_shared<workplaces>(workplaces{workplace{keys * 5 / 8 + 64}, workplace{keys * 5 / 8 + 64}});
}

} // namespace

hand_loop<digest> join_by_hand(std::span<const number_pair> left, std::span<const number_pair> right,
                               std::uint64_t keys, std::uint32_t threads) {
  if (threads == 1)
    return alone([=, in = std::make_shared<workplace>(keys)] { return join_once(left, right, *in); });
  auto lefts = std::make_shared<exchange<number_pair>>(), rights = std::make_shared<exchange<number_pair>>();
  auto share = [=](std::size_t me) {
    lefts->share_out(left, me, pair_owner);
    rights->share_out(right, me, pair_owner);
  };
  return exchanged(share, [=, in = two_workplaces(keys)](std::size_t me) {
    return join_once(lefts->gathered(me), rights->gathered(me), (*in)[me]);
  });
}

hand_loop<digest> sort_by_hand(std::span<const std::uint64_t> numbers, std::uint32_t threads) {
  if (threads == 1)
    return alone([numbers, sorted = std::make_shared<std::vector<std::uint64_t>>()] {
      sorted->assign(numbers.begin(), numbers.end());
      return sort_once(*sorted);
    });
  auto shares = std::make_shared<exchange<std::uint64_t>>();
  return exchanged([=](std::size_t me) { shares->share_out(numbers, me, upper_half); },
                   [=](std::size_t me) { return sort_once(shares->gathered(me)); });
}

hand_loop<digest> distinct_by_hand(std::span<const std::uint64_t> numbers, std::uint64_t keys, std::uint32_t threads) {
  if (threads == 1)
    return alone([=, in = std::make_shared<workplace>(keys)] { return distinct_once(numbers, *in); });
  auto shares = std::make_shared<exchange<std::uint64_t>>();
  return exchanged(
    [=](std::size_t me) { shares->share_out(numbers, me, owner_of); },
    [=, in = two_workplaces(keys)](std::size_t me) { return distinct_once(shares->gathered(me), (*in)[me]); });
}

hand_loop<digest> group_by_hand(std::span<const number_pair> pairs, std::uint64_t keys, std::uint32_t threads) {
  if (threads == 1)
    return alone([=, in = std::make_shared<workplace>(keys)] { return group_once(pairs, *in); });
  auto shares = std::make_shared<exchange<number_pair>>();
  return exchanged(
    [=](std::size_t me) { shares->share_out(pairs, me, pair_owner); },
    [=, in = two_workplaces(keys)](std::size_t me) { return group_once(shares->gathered(me), (*in)[me]); });
}

} // namespace weir::bench
