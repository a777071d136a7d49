#include <algorithm>
#include <unordered_map>

#include "actors/sources/text_generator.hpp"
#include "bench/digest.hpp"
#include "bench/throughput.hpp"
#include "bench/yardsticks/grep.hpp"
#include "bench/yardsticks/word_count.hpp"
#include "libstream/api/dstream.hpp"
#include "libstream/operators/contains.hpp"
#include "libstream/operators/split_words.hpp"

/// Word count, grep and top words over text in memory.
namespace weir::bench {

namespace {

using word_times = std::pair<std::string_view, std::uint64_t>;
using text_stream = dstream<std::string_view>;

/// Rank of the word that is searched for: one line in some thousands has it.
constexpr std::uint32_t searched_rank = 5'000;
constexpr std::size_t top_size = 10;

std::size_t batch_bytes(const setting& with) { return (with.quick ? 4 : 32) * limits::mib; }

// -- naive models ------------------------------------------------------------------------------------------------------

std::unordered_map<std::string_view, std::uint64_t> count_naively(std::string_view text) {
  std::unordered_map<std::string_view, std::uint64_t> counts;
  auto is_space = [](char c) { return c == ' ' || c == '\n'; };
  for (auto at = text.begin(); at != text.end();) {
    auto begin = std::find_if_not(at, text.end(), is_space);
    at = std::find_if(begin, text.end(), is_space);
    if (begin != at)
      ++counts[std::string_view{begin, at}];
  }
  return counts;
}

lines word_count_model(std::string_view text) {
  digest all;
  for (auto& [word, times] : count_naively(text))
    all = joined(all, digest_of(word, times));
  return {text_of(all)};
}

lines top_model(std::string_view text) {
  auto counts = count_naively(text);
  std::vector<word_times> all{counts.begin(), counts.end()};
  std::sort(all.begin(), all.end(),
            [](auto& a, auto& b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
  lines shown;
  for (auto& [word, times] : all)
    if (shown.size() < top_size)
      shown.push_back(std::string{word} + '\t' + std::to_string(times));
  return shown;
}

lines grep_model(std::string_view text, std::string_view pattern) {
  std::uint64_t found = 0;
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    found += line.find(pattern) != std::string_view::npos;
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return {std::to_string(found)};
}

// -- what Weir computes --------------------------------------------------------------------------------------------------

void word_count(stream_context& ctx, const text_stream& text) {
  text.flat_map(split_words)
    .count_by_value()
    .map([](const word_times& counted) {
      return std::pair{0u, digest_of(counted.first, counted.second)};
    })
    .reduce_by_key(joined)
    .map([](const std::pair<unsigned, digest>& all) { return text_of(all.second); })
    .named("digest")
    .write_to(ctx.output());
}

/// Rarer words before more frequent ones, and of equally frequent ones the later in the alphabet first.
bool rarer(const word_times& a, const word_times& b) {
  return a.second != b.second ? a.second < b.second : a.first > b.first;
}

void top_words(stream_context& ctx, const text_stream& text) {
  text.flat_map(split_words).count_by_value().top(top_size, rarer).named("top").write_to(ctx.output());
}

void grep(stream_context& ctx, const text_stream& text, const std::string& pattern) {
  text.filter(contains{pattern}).count().named("found").write_to(ctx.output());
}

using text_application = std::function<void(stream_context&, const text_stream&)>;

throughput_case over_text(std::string name, std::string text, const text_application& build) {
  throughput_case made;
  made.name = std::move(name);
  auto input = made.text = std::make_shared<const text_input>(std::move(text));
  made.records = input->lines();
  made.bytes = input->all().size();
  made.constant = [=](stream_context& ctx, std::uint32_t slices) {
    build(ctx, ctx.constant_text(input->pieces(), slices));
  };
  made.fed = [=](stream_context& ctx) { build(ctx, ctx.text_input()); };
  return made;
}

throughput_case word_count_case(std::string name, std::string text, probing how) {
  auto made = over_text(std::move(name), std::move(text), word_count);
  made.model = word_count_model;
  made.expected = made.model(made.text->all());
  made.yardstick = [all = made.text->all(), how](std::uint32_t threads) {
    return shown(word_count_by_hand(all, how, threads));
  };
  return made;
}

throughput_case grep_case(std::string name, std::string text) {
  auto pattern = std::string{actors::text_generator{{}}.word(searched_rank)};
  auto made = over_text(std::move(name), std::move(text), [=](auto& ctx, auto& lines) { grep(ctx, lines, pattern); });
  made.model = [=](std::string_view of) { return grep_model(of, pattern); };
  made.expected = made.model(made.text->all());
  made.yardstick = [all = made.text->all(), pattern](std::uint32_t threads) {
    return hand_loop<lines>{[=](int times) -> lines {
      return {std::to_string(threads == 1 ? count_lines_with(all, pattern, times)
                                          : count_lines_with_by_two(all, pattern, times))};
    }};
  };
  return made;
}

throughput_case top_case(std::string name, std::string text) {
  auto made = over_text(std::move(name), std::move(text), top_words);
  made.model = top_model;
  made.expected = made.model(made.text->all());
  made.yardstick = [all = made.text->all()](std::uint32_t threads) {
    return top_words_by_hand(all, top_size, threads);
  };
  return made;
}

template <class Make>
benchmark measured(std::string name, Make make) {
  return {name, [name, make](const setting& with, const auto& report) {
            measure_throughput(make(name, batch_bytes(with)), with, report);
          }};
}

} // namespace

std::vector<benchmark> text_benchmarks() {
  return {
    measured("wordcount/lines100",
             [](auto name, auto bytes) { return word_count_case(name, make_lines100(bytes), probing::few_keys); }),
    measured("wordcount/natural",
             [](auto name, auto bytes) { return word_count_case(name, make_natural(bytes), probing::many_keys); }),
    measured("wordcount/unique",
             [](auto name, auto bytes) { return word_count_case(name, make_unique(bytes), probing::many_keys); }),
    measured("grep/lines100", [](auto name, auto bytes) { return grep_case(name, make_lines100(bytes)); }),
    measured("topk/lines100", [](auto name, auto bytes) { return top_case(name, make_lines100(bytes)); }),
  };
}

} // namespace weir::bench
