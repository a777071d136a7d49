#include "actors/sources/text_generator.hpp"

#include <array>
#include <cstring>
#include <set>
#include <string>

#include "libstream/base/limits.hpp"
#include "libstream/base/split_mix.hpp"
#include "libstream/base/text.hpp"

namespace weir::actors {

namespace {

constexpr std::uint32_t max_vocabulary = 5'000'000;
/// Below this a line would often hold no word.
constexpr std::uint32_t min_line_bytes = 16;

/// Letters of the words of each power of ten of ranks. Weighted by Zipf's law over 100,000 words their mean is near 5.7, so that
/// a word with its space takes a fifteenth of 100 bytes.
constexpr std::array<std::uint32_t, 7> letters_by_decade{3, 5, 6, 7, 8, 9, 10};

std::uint64_t power(std::uint64_t base, std::uint32_t exponent) {
  std::uint64_t value = 1;
  while (exponent-- > 0)
    value *= base;
  return value;
}

const std::array<std::string, 5> keys{"count", "rate", "seed", "bytes", "vocabulary"};

result<void> set_option(generator_options& options, const std::string& key, std::string_view text) {
  auto value = parse_count(text);
  if (!value)
    return fail(error_code::configuration, "\"" + std::string{text} + "\" is not a whole number", "generate:// " + key);
  auto between = [&](std::uint64_t low, std::uint64_t high) -> result<void> {
    if (*value >= low && *value <= high)
      return {};
    return fail(error_code::configuration, std::to_string(*value) + " is out of range", "generate:// " + key,
                "give a number from " + std::to_string(low) + " to " + std::to_string(high));
  };
  if (key == "count") {
    options.count = *value;
  } else if (key == "seed") {
    options.seed = *value;
  } else if (key == "rate") {
    options.rate = *value;
    return between(1, 1'000'000'000);
  } else if (key == "bytes") {
    options.bytes = static_cast<std::uint32_t>(*value);
    return between(min_line_bytes, limits::max_record_bytes);
  } else if (key == "vocabulary") {
    options.vocabulary = static_cast<std::uint32_t>(*value);
    return between(1, max_vocabulary);
  } else {
    auto nearest = nearest_name(key, keys);
    return fail(error_code::configuration, "unknown key \"" + key + "\"", "generate://",
                nearest.empty() ? "the keys are count, rate, seed, bytes and vocabulary"
                                : "did you mean \"" + nearest + "\"?");
  }
  return {};
}

} // namespace

result<generator_options> parse_generator_options(std::string_view query) {
  generator_options options;
  std::set<std::string, std::less<>> given;
  while (!query.empty()) {
    auto end = query.find('&');
    auto pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    if (pair.empty())
      continue;
    auto equals = pair.find('=');
    if (equals == std::string_view::npos)
      return fail(error_code::configuration, "\"" + std::string{pair} + "\" has no value", "generate://",
                  "write KEY=NUMBER");
    auto key = std::string{pair.substr(0, equals)};
    if (!given.insert(key).second)
      return fail(error_code::configuration, "\"" + key + "\" is given twice", "generate://", "give each key once");
    if (equals + 1 == pair.size())
      continue; // "count=" leaves the default
    if (auto done = set_option(options, key, pair.substr(equals + 1)); !done)
      return tl::make_unexpected(done.error());
  }
  return options;
}

text_generator::text_generator(const generator_options& options) : options_{options} {
  make_words();
  make_slots();
}

void text_generator::make_words() {
  words_.resize(options_.vocabulary);
  std::uint32_t decade = 0;
  std::uint64_t decade_begin = 0;
  std::uint64_t decade_end = 10;
  for (std::uint32_t rank = 0; rank < options_.vocabulary; ++rank) {
    if (rank == decade_end) {
      ++decade;
      decade_begin = decade_end;
      decade_end *= 10;
    }
    auto letters = letters_by_decade[decade];
    // Words of one length are the multiples of an odd number without the factor 13, modulo 26^letters: all different, and
    // neighbours look unlike each other.
    auto number = (rank - decade_begin + 1) * 11'400'731u % power(26, letters);
    auto& word = words_[rank];
    std::memset(word.text, ' ', sizeof(word.text));
    for (std::uint32_t i = 0; i < letters; ++i, number /= 26)
      word.text[i] = static_cast<char>('a' + number % 26);
    word.length = static_cast<std::uint8_t>(letters + 1);
  }
}

void text_generator::make_slots() {
  auto n = options_.vocabulary;
  std::vector<std::uint64_t> weights(n);
  std::uint64_t total = 0;
  for (std::uint32_t rank = 0; rank < n; ++rank)
    total += weights[rank] = (std::uint64_t{1} << 36) / (rank + 1);
  // Every weight is scaled so that the mean is `total`: slots below it are filled up by slots above it.
  std::vector<std::uint32_t> below, above;
  for (std::uint32_t rank = 0; rank < n; ++rank)
    ((weights[rank] *= n) < total ? below : above).push_back(rank);
  slots_.assign(n, {UINT32_MAX, 0});
  for (std::uint32_t rank = 0; rank < n; ++rank)
    slots_[rank].other = rank;
  while (!below.empty() && !above.empty()) {
    auto small = below.back();
    auto large = above.back();
    below.pop_back();
    __extension__ using wide = unsigned __int128;
    slots_[small] = {static_cast<std::uint32_t>((wide{weights[small]} << 32) / total), large};
    weights[large] -= total - weights[small];
    if (weights[large] < total) {
      above.pop_back();
      below.push_back(large);
    }
  }
}

void text_generator::write_line(std::uint64_t number, char* into) const {
  split_mix random{split_mix::mix(options_.seed + 0x9e3779b97f4a7c15u) ^ split_mix::mix(number + 0xd1b54a32d192ed03u)};
  auto to = into;
  auto end = into + options_.bytes - 1;
  auto n = std::uint64_t{options_.vocabulary};
  for (;;) {
    auto drawn = random.next();
    auto rank = static_cast<std::uint32_t>(((drawn >> 32) * n) >> 32);
    auto& choice = slots_[rank];
    auto& word = words_[static_cast<std::uint32_t>(drawn) < choice.threshold ? rank : choice.other];
    if (word.length - 1 > end - to)
      break;
    std::memcpy(to, word.text, 16);
    to += word.length;
    if (to >= end)
      break;
  }
  if (to < end)
    std::memset(to, ' ', static_cast<std::size_t>(end - to));
  *end = '\n';
}

} // namespace weir::actors
