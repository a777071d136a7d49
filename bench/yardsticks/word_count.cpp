#include "bench/yardsticks/word_count.hpp"

#include <algorithm>

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

/// Both halves, cut at the end of a line.
std::pair<std::string_view, std::string_view> halves(std::string_view text) {
  auto middle = text.find('\n', text.size() / 2) + 1;
  return {text.substr(0, middle), text.substr(middle)};
}

/// Calls `use(me, table)` with the table of all words whose hash is `me`'s, on both threads, `times` times.
template <class Use>
void count_exchanged(std::string_view text, probing how, int times, const Use& use) {
  auto [front, back] = halves(text);
  word_table locals[2], merged[2];
  run_pair([&, halves = std::array{front, back}](int me, auto meet) {
    auto mine = static_cast<std::uint64_t>(me);
    for (int i = 0; i < times; ++i) {
      locals[me].clear();
      count(halves[mine], how, locals[me]);
      meet();
      merged[me].clear();
      for (auto& local : locals) {
        for (auto& slot : local.slots())
          if (slot.count > 0 && slot.hash >> 63 == mine)
            merged[me].add(slot.word, slot.hash, slot.count);
        for (auto& [word, n] : local.longer())
          if ((weight_of(std::string_view{word}) >> 63) == mine)
            merged[me].add_longer(word, n);
      }
      use(me, merged[me]);
      meet();
    }
  });
}

} // namespace

digest count_words_by_hand(std::string_view text, probing how, int times) {
  word_table table;
  digest result;
  for (int i = 0; i < times; ++i) {
    table.clear();
    count(text, how, table);
    result = digest_of_table(table);
  }
  return result;
}

digest count_words_by_two(std::string_view text, probing how, int times) {
  digest results[2];
  count_exchanged(text, how, times, [&](int me, const word_table& table) { results[me] = digest_of_table(table); });
  return joined(results[0], results[1]);
}

std::vector<std::string> top_words_by_hand(std::string_view text, std::size_t n, int times) {
  word_table table;
  std::vector<frequent> best;
  for (int i = 0; i < times; ++i) {
    table.clear();
    count(text, probing::few_keys, table);
    best.clear();
    select_top(table, n, best);
  }
  return lines_of(std::move(best));
}

std::vector<std::string> top_words_by_two(std::string_view text, std::size_t n, int times) {
  std::vector<frequent> best[2];
  count_exchanged(text, probing::few_keys, times, [&](int me, const word_table& table) {
    best[me].clear();
    select_top(table, n, best[me]);
  });
  best[0].insert(best[0].end(), best[1].begin(), best[1].end());
  auto lines = lines_of(std::move(best[0]));
  lines.resize(std::min(lines.size(), n));
  return lines;
}

} // namespace weir::bench
