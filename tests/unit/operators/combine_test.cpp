#include <catch2/catch.hpp>
#include <string>

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

} // namespace

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
