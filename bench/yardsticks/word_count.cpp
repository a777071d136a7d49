#include "bench/yardsticks/word_count.hpp"

#include <algorithm>
#include <memory>

#include "bench/yardsticks/pair.hpp"
#include "bench/yardsticks/word_table.hpp"

namespace weir::bench {

namespace {

void count(std::string_view text, probing how, word_table& into) {
  if (how == probing::few_keys)
    count_words<32>(text, into);
  else
    count_words<256>(text, into);
}

digest digest_of_table(const word_table& table) {
  std::uint64_t keys = 0, sum = 0, check = 0;
  for (auto& slot : table.slots())
    if (slot.count > 0) {
      ++keys;
      sum += slot.count;
      check += weight_of(slot.text()) * slot.count;
    }
  digest all{keys, sum, check};
  for (auto& [word, times] : table.longer())
    all = joined(all, digest_of(std::string_view{word}, times));
  return all;
}

using frequent = std::pair<std::uint64_t, std::string>;
bool before(const frequent& a, const frequent& b) {
  return a.first != b.first ? a.first > b.first : a.second < b.second;
}

/// Keeps the n best in a heap whose worst is in front.
void select_top(const word_table& table, std::size_t n, std::vector<frequent>& best) {
  auto offer = [&](std::uint64_t times, std::string_view word) {
    frequent candidate{times, word};
    if (best.size() == n) {
      if (!before(candidate, best.front()))
        return;
      std::pop_heap(best.begin(), best.end(), before);
      best.pop_back();
    }
    best.push_back(std::move(candidate));
    std::push_heap(best.begin(), best.end(), before);
  };
  for (auto& slot : table.slots())
    if (slot.count > 0 && (best.size() < n || slot.count >= best.front().first))
      offer(slot.count, slot.text());
  for (auto& [word, times] : table.longer())
    offer(times, word);
}

std::vector<std::string> lines_of(std::vector<frequent> best) {
  std::sort(best.begin(), best.end(), before);
  std::vector<std::string> lines;
  for (auto& [times, word] : best)
    lines.push_back(word + '\t' + std::to_string(times));
  return lines;
}

/// On one thread, in one table.
class count_alone {
public:
  count_alone(std::string_view text, probing how) : text_{text}, how_{how} {}

  template <class Use>
  void run(int times, const Use& use) {
    for (int i = 0; i < times; ++i) {
      table_.clear();
      count(text_, how_, table_);
      use(0, table_);
    }
  }
  digest counts() const { return digest_of_table(table_); }

private:
  std::string_view text_;
  probing how_;
  word_table table_;
};

/// On two threads, with an exchange in between.
class count_exchanged {
public:
  count_exchanged(std::string_view text, probing how) : how_{how} {
    auto middle = text.find('\n', text.size() / 2) + 1;
    halves_[0] = text.substr(0, middle);
    halves_[1] = text.substr(middle);
  }

  /// Calls `use(me, table)` with the table of all words whose hash is `me`'s, on both threads.
  template <class Use>
  void run(int times, const Use& use) {
    run_pair([&](int me, auto meet) {
      for (int i = 0; i < times; ++i) {
        locals_[me].clear();
        count(halves_[me], how_, locals_[me]);
        meet();
        merged_[me].clear();
        for (auto& local : locals_)
          merge(local, me);
        use(me, merged_[me]);
        meet();
      }
    });
  }
  digest counts() const { return joined(digest_of_table(merged_[0]), digest_of_table(merged_[1])); }

private:
  void merge(const word_table& local, int me) {
    auto mine = static_cast<std::uint64_t>(me);
    for (auto& slot : local.slots())
      if (slot.count > 0 && slot.hash >> 63 == mine)
        merged_[me].add(slot.word, slot.hash, slot.count);
    for (auto& [word, times] : local.longer())
      if ((weight_of(std::string_view{word}) >> 63) == mine)
        merged_[me].add_longer(word, times);
  }

  probing how_;
  std::string_view halves_[2];
  word_table locals_[2], merged_[2];
};

template <class Counter>
hand_loop<digest> digesting(std::string_view text, probing how) {
  auto counter = std::make_shared<Counter>(text, how);
  return {[counter](int times) { counter->run(times, [](int, const word_table&) {}); },
          [counter] { return counter->counts(); }};
}

template <class Counter>
hand_loop<std::vector<std::string>> selecting(std::string_view text, std::size_t n) {
  return hand_loop<std::vector<std::string>>{
    [counter = std::make_shared<Counter>(text, probing::few_keys), n](int times) {
      std::vector<frequent> best[2];
      counter->run(times, [&](int me, const word_table& table) {
        best[me].clear();
        select_top(table, n, best[me]);
      });
      best[0].insert(best[0].end(), best[1].begin(), best[1].end());
      auto lines = lines_of(std::move(best[0]));
      lines.resize(std::min(lines.size(), n));
      return lines;
    }};
}

} // namespace

hand_loop<digest> word_count_by_hand(std::string_view text, probing how, std::uint32_t threads) {
  return threads == 1 ? digesting<count_alone>(text, how) : digesting<count_exchanged>(text, how);
}

hand_loop<std::vector<std::string>> top_words_by_hand(std::string_view text, std::size_t n, std::uint32_t threads) {
  return threads == 1 ? selecting<count_alone>(text, n) : selecting<count_exchanged>(text, n);
}

} // namespace weir::bench
