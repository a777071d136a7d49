#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>

#include "libstream/base/split_mix.hpp"
#include "libstream/operators/split_words.hpp"
#include "libstream/testing/test_driver.hpp"

using namespace weir;
using testing::rows;
using testing::test_driver;

namespace {

using text_pair = std::pair<std::string_view, std::string_view>;

struct greatest {
  std::string_view operator()(std::string_view a, std::string_view b) const { return a < b ? b : a; }
};

struct later {
  std::string_view operator()(std::string_view, std::string_view b) const { return b; }
};

} // namespace

TEST_CASE("an accumulator that is a view of a later record outlives that record, also where it says the same",
          "[combine]") {
  auto build = [](stream_context& ctx) {
    auto pairs =
      ctx.text_input()
        .map([](std::string_view line) { return "a key beyond any small string " + std::string{line.substr(0, 1)}; })
        .map([](const std::string& key) {
          return text_pair{key, key};
        });
    pairs.reduce_by_key(later{}).named("later").write_to(ctx.output());
    using texts = std::vector<std::string_view>;
    auto newest = [](texts all, std::string_view text) {
      all.assign(1, text);
      return all;
    };
    pairs.aggregate_by_key(texts{}, newest, [](const texts&, const texts& b) { return b; })
      .map([](const auto& each) {
        return text_pair{each.first, each.second.front()};
      })
      .named("newest")
      .write_to(ctx.output());
  };
  test_driver driver{build, {2, 1000, 1000}};
  std::vector<std::string> lines;
  for (int i = 0; i < 900; ++i)
    lines.push_back(i % 3 == 0 ? "x" : i % 3 == 1 ? "y" : "z");
  driver.push(lines).step();
  std::string key = "a key beyond any small string ";
  auto expected = rows{{key + "x", key + "x"}, {key + "y", key + "y"}, {key + "z", key + "z"}};
  CHECK(driver.output("later") == expected);
  CHECK(driver.output("newest") == expected);
}

TEST_CASE("accumulators that are views outlive the records they were made of", "[combine]") {
  test_driver driver{
    [](stream_context& ctx) {
      ctx.text_input()
        .map([](std::string_view line) { return "a key beyond any small string " + std::string{line.substr(0, 1)}; })
        .map([](const std::string& key) {
          return text_pair{key, key};
        }) // views of a record that is soon gone
        .reduce_by_key(greatest{})
        .named("greatest")
        .write_to(ctx.output());
    },
    {2, 1000, 1000}};
  std::vector<std::string> lines;
  for (int i = 0; i < 900; ++i)
    lines.push_back(i % 3 == 0 ? "x" : i % 3 == 1 ? "y" : "z");
  driver.push(lines).step();
  std::string key = "a key beyond any small string ";
  CHECK(driver.output("greatest") == rows{{key + "x", key + "x"}, {key + "y", key + "y"}, {key + "z", key + "z"}});
}

TEST_CASE("values are joined in the order of the records, whatever the tasks and partitions", "[combine]") {
  auto join = [](const std::string& a, const std::string& b) { return a + b; };
  auto build = [join](stream_context& ctx) {
    ctx.text_input()
      .map([](std::string_view line) {
        return std::pair{line.substr(0, 1), std::string{line.substr(1)}};
      })
      .reduce_by_key(join)
      .named("joined")
      .write_to(ctx.output());
  };
  for (std::uint32_t partitions : {1u, 2u, 7u})
    for (std::size_t split : {1u, 2u, 100u}) {
      test_driver driver{build, {partitions, split, 1000}};
      driver.push({"a1", "b1", "a2", "a3", "b2", "a4"}).step();
      CHECK(driver.output("joined") == rows{{"a", "1234"}, {"b", "12"}});
    }
}

TEST_CASE("a run knows about how much memory it holds, and the runs of a task share their keys", "[combine]") {
  test_driver driver{
    [](stream_context& ctx) { ctx.text_input().count_by_value().named("counts").write_to(ctx.output()); }};
  auto bytes = std::make_shared<std::string>();
  for (int i = 0; i < 1000; ++i)
    *bytes += "a key of forty bytes or thereabouts, " + std::to_string(i) + "\n";
  auto size = bytes->size();
  bytes->append(limits::read_padding, '\0');
  plan::task_input input;
  input.partitions = 4;
  input.max_record_bytes = limits::max_record_bytes;
  input.text = {{std::string_view{*bytes}.substr(0, size), bytes}};
  auto made = driver.plan().run(input);
  REQUIRE(made);
  std::size_t held = 0, entries = 0;
  for (auto& run : made->shuffles.front().runs) {
    held += run->bytes();
    entries += run->entries();
  }
  CHECK(entries == 1000);
  CHECK(held > size);
  CHECK(held < 4 * size);
}

namespace {

plan::task_result run_task(const plan::physical_plan& plan, const std::string& text, std::uint32_t partitions) {
  auto bytes = std::make_shared<std::string>(text);
  bytes->append(limits::read_padding, '\0');
  plan::task_input input;
  input.partitions = partitions;
  input.max_record_bytes = limits::max_record_bytes;
  input.text = {{std::string_view{*bytes}.substr(0, text.size()), bytes}};
  auto made = plan.run(input);
  REQUIRE(made);
  return std::move(*made);
}

std::size_t entries_of(const plan::task_result& made) {
  std::size_t entries = 0;
  for (auto& run : made.shuffles.front().runs)
    entries += run ? run->entries() : 0;
  return entries;
}

/// `count` words, of which the same `different` ones come in turn.
std::vector<std::string> words_in_turn(std::size_t different, std::size_t count) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < count; ++i)
    words.push_back((i % different % 7 == 0 ? "a word of some length " : "w") + std::to_string(i % different));
  return words;
}

void count_lines(stream_context& ctx) { ctx.text_input().count_by_value().named("counts").write_to(ctx.output()); }

} // namespace

TEST_CASE("keys that come again are combined however many there are; those that do not are passed on", "[combine]") {
  test_driver driver{count_lines};
  auto entries = [&](std::size_t different, std::size_t count) {
    std::string text;
    for (auto& word : words_in_turn(different, count))
      text += word + "\n";
    return entries_of(run_task(driver.plan(), text, 4));
  };
  CHECK(entries(1000, 100'000) == 1000);
  CHECK(entries(30'000, 30'000) == 30'000);
  // Within what the cache holds, every key comes only once; so it is hardly worth to look for those that come again.
  CHECK(entries(60'000, 120'000) > 100'000);
}

TEST_CASE("keys that come by chance are combined as they come if a table of all of them would fit the shared cache",
          "[combine]") {
  test_driver driver{count_lines};
  auto entries_and_words = [&](std::uint64_t different) {
    split_mix random{5};
    std::set<std::string> words;
    std::string text;
    for (int i = 0; i < 200'000; ++i) {
      auto word = std::to_string(random.next() % different);
      text += word + "\n";
      words.insert(std::move(word));
    }
    return std::pair{entries_of(run_task(driver.plan(), text, 4)), words.size()};
  };
  // When the table has outgrown the core's cache, one record in seven has repeated a key.
  auto [few_entries, few_words] = entries_and_words(60'000);
  CHECK(few_entries == few_words);
  // Hardly any has: no table that is worth its place would hold the keys.
  auto [many_entries, many_words] = entries_and_words(3'000'000);
  CHECK(many_entries > many_words);
}

namespace {

/// Half of the records have one of ten keys, which come in turn; the others have one of so many.
std::vector<std::string> few_frequent_keys(std::size_t count, std::uint64_t rare) {
  split_mix random{7};
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < count; ++i)
    keys.push_back(i % 2 == 0 ? "frequent" + std::to_string(i / 2 % 10) : std::to_string(random.next() % rare));
  return keys;
}

data::buffer_handle buffer_of(std::string_view bytes) {
  auto made = std::make_shared<data::buffer>(bytes.size());
  made->append(bytes);
  return made;
}

std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (auto& line : lines)
    text += line + "\n";
  return text;
}

} // namespace

TEST_CASE("frequent keys are combined though a table of all keys would not fit", "[combine]") {
  test_driver driver{count_lines};
  std::set<std::string> rare;
  for (auto& key : few_frequent_keys(200'000, 3'000'000))
    if (key.front() != 'f')
      rare.insert(key);
  auto entries = entries_of(run_task(driver.plan(), text_of(few_frequent_keys(200'000, 3'000'000)), 4));
  CHECK(entries >= rare.size() + 10);
  CHECK(entries < 100'000 + 100); // each record with a rare key, and each of the ten once or twice
}

TEST_CASE("a full table whose keys come no more is filled anew", "[combine]") {
  auto lines = few_frequent_keys(100'000, 3'000'000);
  for (auto& key : few_frequent_keys(400'000, 3'000'000))
    lines.push_back("later " + key);
  test_driver driver{count_lines};
  auto rare_records = lines.size() / 2;
  // Half of those that come while the table is full of earlier keys are frequent ones, and pass until that is seen.
  CHECK(entries_of(run_task(driver.plan(), text_of(lines), 4)) < rare_records + 100'000);
}

TEST_CASE("values of every key are joined in the order of the records though most of them pass a full table",
          "[combine]") {
  auto keys = few_frequent_keys(60'000, 40'000);
  std::map<std::string, std::string> model;
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto value = std::to_string(i) + ' ';
    lines.push_back(keys[i] + '=' + value);
    model[keys[i]] += value;
  }
  std::vector<testing::row> expected;
  for (auto& [key, value] : model)
    expected.emplace_back(key, value);
  for (std::uint32_t partitions : {1u, 3u, 300u})
    for (std::size_t of_task : {60'000u, 59'990u}) { // the last task of the latter has ten records
      test_driver driver{[](stream_context& ctx) {
                           ctx.text_input()
                             .map([](std::string_view line) {
                               auto sign = line.find('=');
                               return std::pair{line.substr(0, sign), std::string{line.substr(sign + 1)}};
                             })
                             .reduce_by_key([](const std::string& a, const std::string& b) { return a + b; })
                             .named("joined")
                             .write_to(ctx.output());
                         },
                         {partitions, of_task, 1000}};
      driver.push(lines).step();
      REQUIRE(driver.output("joined") == rows{expected});
    }
}

TEST_CASE("a run in buckets is the same again after it was written and read", "[combine]") {
  test_driver driver{count_lines};
  auto made = run_task(driver.plan(), text_of(few_frequent_keys(60'000, 40'000)), 2);
  for (std::uint32_t p = 0; p < 2; ++p) {
    auto lines_from = [&](const plan::run_handle& run) {
      plan::task_input input;
      input.stage = stage_index{1};
      input.index = task_index{p};
      input.partitions = 2;
      input.runs = {{run, run}};
      auto reduced = driver.plan().run(input);
      REQUIRE(reduced);
      return reduced->staged.front().bytes;
    };
    auto& run = made.shuffles.front().runs[p];
    std::string bytes;
    REQUIRE(run->encode_to(bytes));
    auto size = bytes.size();
    auto again = driver.plan().decode_run(shuffle_index{0}, buffer_of(bytes));
    REQUIRE(again);
    CHECK((*again)->entries() == run->entries());
    std::string bytes_again;
    CHECK((*again)->encode_to(bytes_again));
    CHECK(bytes_again == bytes);
    CHECK(lines_from(*again) == lines_from(run));
    for (std::size_t cut : {std::size_t{0}, std::size_t{3}, size / 2, size - 1})
      CHECK_FALSE(driver.plan().decode_run(shuffle_index{0}, buffer_of(std::string_view{bytes}.substr(0, cut))));
  }
}

TEST_CASE("counts are exact whether records are combined, emptied into runs or passed on", "[combine]") {
  std::vector<std::vector<std::string>> inputs;
  for (std::size_t different : {100u, 17'000u, 60'000u, 200'000u})
    inputs.push_back(words_in_turn(different, 200'000));
  inputs.emplace_back(); // three occurrences of two words: neither worth a large table nor to be passed on
  for (int i = 0; i < 100'000; ++i)
    inputs.back().push_back("word" + std::to_string(i * 2 / 3));
  for (auto& words : inputs) {
    std::map<std::string, std::uint64_t> model;
    for (auto& word : words)
      ++model[word];
    std::vector<testing::row> expected;
    for (auto& [word, count] : model)
      expected.emplace_back(word, count);
    test_driver driver{count_lines, {3, 150'000, 1000}};
    driver.push(words).step();
    REQUIRE(driver.output("counts") == rows{expected});
  }
}

TEST_CASE("values are joined in the order of the records also when a key stands in a run several times", "[combine]") {
  test_driver driver{[](stream_context& ctx) {
                       ctx.text_input()
                         .map([](std::string_view line) {
                           auto space = line.find(' ');
                           return std::pair{line.substr(0, space), std::string{line.substr(space + 1)}};
                         })
                         .reduce_by_key([](const std::string& a, const std::string& b) { return a + b; })
                         .filter([](const auto& pair) { return pair.first == "again"; })
                         .named("joined")
                         .write_to(ctx.output());
                     },
                     {2, 1'000'000, 1000}};
  std::vector<std::string> lines;
  std::string joined;
  for (int i = 0; i < 150'000; ++i) {
    lines.push_back("key" + std::to_string(i) + " -");
    if (i % 15'000 == 0) {
      auto letter = static_cast<char>('a' + i / 15'000);
      lines.push_back(std::string{"again "} + letter);
      joined += letter;
    }
  }
  driver.push(lines).step();
  CHECK(driver.output("joined") == rows{{"again", joined}});
}

TEST_CASE("a task makes the same runs and lines each time", "[combine]") {
  auto once = [] {
    test_driver driver{count_lines};
    std::string text;
    for (auto& word : words_in_turn(40'000, 90'000))
      text += word + "\n";
    auto made = run_task(driver.plan(), text, 2);
    std::string all;
    for (std::uint32_t p = 0; p < 2; ++p) {
      plan::task_input input;
      input.stage = stage_index{1};
      input.index = task_index{p};
      input.partitions = 2;
      input.runs = {{made.shuffles.front().runs[p], made.shuffles.front().runs[p]}};
      auto reduced = driver.plan().run(input);
      REQUIRE(reduced);
      all += reduced->staged.front().bytes;
    }
    return all;
  };
  auto first = once();
  CHECK(first.size() > 40'000);
  CHECK(first == once());
}

TEST_CASE("numbers are counted exactly however often a task's table is emptied, zero as well", "[combine]") {
  constexpr std::uint64_t different = 100'000, zeros = 40'000;
  std::vector<std::string> lines;
  for (std::uint64_t i = 0; i < 2 * different; ++i) {
    lines.push_back(std::to_string(1 + i % different));
    if (i % (2 * different / zeros) == 0)
      lines.emplace_back("0");
  }
  test_driver driver{[](stream_context& ctx) {
                       ctx.text_input()
                         .map([](std::string_view line) { return std::stoull(std::string{line}); })
                         .count_by_value()
                         .filter([](const auto& counted) {
                           return counted.first == 0 || counted.first == different || counted.second != 2;
                         })
                         .named("counts")
                         .write_to(ctx.output());
                     },
                     {2, lines.size(), 1000}};
  driver.push(lines).step();
  CHECK(driver.output("counts") == rows{{"0", zeros}, {std::to_string(different), 2}});
}
