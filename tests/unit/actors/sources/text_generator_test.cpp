#include "actors/sources/text_generator.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <sstream>
#include <xxhash.h>

using namespace weir::actors;

namespace {

std::string lines(const generator_options& options, std::uint64_t from, std::uint64_t count) {
  text_generator generator{options};
  std::string text(count * options.bytes + text_generator::slack_bytes, '?');
  for (std::uint64_t i = 0; i < count; ++i)
    generator.write_line(from + i, text.data() + i * options.bytes);
  text.resize(count * options.bytes);
  return text;
}

} // namespace

TEST_CASE("the same seed gives the same bytes for ever", "[generate]") {
  CHECK(lines({}, 0, 2) ==
        "uqubywrl wqxcapjf izh bhvgpcy yxx uttbhr esaezd bctvxpuz uryofvzd ownmp rzq zyy qpplu rzq zyy      \n"
        "qyp ipgnsxd gyeotcr ayoxis izhxx rdmcgm izh auktsfq xwwnqi wvvjn kjfiwcli tiqmxlb afutixcf rjjivdv \n");
  auto hash = [](const generator_options& options) {
    auto text = lines(options, 0, 10'000);
    return XXH3_64bits(text.data(), text.size());
  };
  generator_options other;
  other.seed = 42;
  other.bytes = 37;
  other.vocabulary = 1'234'567;
  CHECK(hash({}) == 0xe6f4e9361b56b112u);
  CHECK(hash(other) == 0x78218283df26d6b8u);
}

TEST_CASE("a line depends on its number, not on where one begins", "[generate]") {
  auto all = lines({}, 0, 100);
  CHECK(lines({}, 60, 40) == all.substr(6000));
}

TEST_CASE("every line has exactly its bytes and nothing but words, spaces and its newline", "[generate]") {
  for (std::uint32_t bytes : {16u, 17u, 64u, 100u, 1000u}) {
    generator_options options;
    options.bytes = bytes;
    auto text = lines(options, 5, 200);
    for (std::size_t i = 0; i < text.size(); ++i) {
      auto c = text[i];
      auto last = i % bytes == bytes - 1;
      REQUIRE((last ? c == '\n' : (c == ' ' || (c >= 'a' && c <= 'z'))));
    }
  }
}

TEST_CASE("words are all different and follow Zipf's law, about 15 in 100 bytes", "[generate]") {
  generator_options options;
  text_generator generator{options};
  std::set<std::string_view> words;
  for (std::uint32_t rank = 0; rank < options.vocabulary; ++rank)
    words.insert(generator.word(rank));
  CHECK(words.size() == options.vocabulary);

  std::map<std::string, std::uint64_t> counts;
  std::uint64_t total = 0;
  std::istringstream text{lines(options, 0, 50'000)};
  for (std::string word; text >> word; ++total) {
    REQUIRE(words.count(word) == 1);
    ++counts[word];
  }
  CHECK(total / 50'000.0 == Approx(14.6).margin(0.6));
  auto share = [&](std::uint32_t rank) {
    return static_cast<double>(counts[std::string{generator.word(rank)}]) / static_cast<double>(total);
  };
  // 1 / H(100000) = 0.0827; short words fit at a line's end more often, hence the margin.
  CHECK(share(0) == Approx(0.0827).epsilon(0.06));
  CHECK(share(0) / share(9) == Approx(10).epsilon(0.1));
  CHECK(share(99) == Approx(0.000827).epsilon(0.2));
}

TEST_CASE("a generate URL's options are read, and wrong ones named", "[generate]") {
  auto options = parse_generator_options("count=5&rate=7&seed=3&bytes=64&vocabulary=10");
  REQUIRE(options);
  CHECK(*options == generator_options{5, 7, 3, 64, 10});
  CHECK(*parse_generator_options("") == generator_options{});
  CHECK(*parse_generator_options("count=&rate=") == generator_options{});
  for (auto wrong : {"cuont=5", "count", "count=x", "bytes=15", "vocabulary=0", "bytes=99999999999", "count=2&count=3",
                     "count=2&rate=1&count=2", "seed=&seed=1"}) {
    auto refused = parse_generator_options(wrong);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().exit_code() == 78);
  }
  CHECK(parse_generator_options("cuont=5").error().message().find("\"count\"") != std::string::npos);
  CHECK(parse_generator_options("count=2&count=3").error().message() ==
        "generate://: \"count\" is given twice; give each key once");
}
