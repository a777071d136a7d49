// Snippets of docs/operators.md: what streams alone can do.
#include <catch2/catch.hpp>

#include "tests/docs/snippets.hpp"

using namespace weir;
using docs::check_batches;

namespace {

// [one record a batch]
void one_record_a_batch(stream_context& ctx) {
  auto words = ctx.text_input().flat_map(split_words);
  words.count().named("how_many").print();
  words.count_by_value().named("how_often").print();
  words.reduce([](std::string_view a, std::string_view b) { return std::max(a, b); }).named("last").print();
  words.top(2).named("two_last").print();
  // in: to be or | not to be
  // how_many: 6
  // how_often: to 2 | be 2 | or 1 | not 1
  // last: to
  // two_last: to | to
  // in:
  // how_many: 0
  // last:
}
// [end]

// [transform]
void transforms(stream_context& ctx) {
  auto words = ctx.text_input().flat_map(split_words);
  auto banned = dataset<std::string_view>::from({"be", "to"});
  words.transform([banned](const auto& batch) { return batch.subtract(banned); }).named("allowed").print();

  auto lengths = words.map([](std::string_view word) { return word.size(); });
  auto paired = [](const auto& of_words, const auto& of_lengths) { return of_words.zip(of_lengths).sort_by(); };
  words.transform_with(lengths, paired).named("with_length").print();

  auto stamped = [](const auto& batch, event_time time) {
    auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
    return batch.map([seconds](std::string_view word) { return std::pair{word, seconds}; });
  };
  words.transform(stamped).named("stamped").print();
  // in: or not to
  // allowed: or | not
  // with_length: or 2 | not 3 | to 2
  // stamped: or 1 | not 1 | to 1
  // in: not
  // stamped: not 2
}
// [end]

// [streams of your own]
void streams_of_your_own(stream_context& ctx) {
  auto again = ctx.constant<int>({1, 2});
  auto made = ctx.generated<int>([](event_time time) { // the same for the same time
    auto second = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
    return std::vector<int>(static_cast<std::size_t>(second), 7);
  });
  ctx.union_of<int>({again, made}).named("all").print();
  auto distinct = [](const std::vector<dataset<int>>& each) { return each[0].union_with(each[1]).distinct(); };
  ctx.transform(std::vector{again, made}, distinct).named("distinct").print();
  // in:
  // all: 1 | 2 | 7
  // in:
  // all: 1 | 2 | 7 | 7
  // distinct: 1 | 2 | 7
}
// [end]

// [outputs]
void outputs(stream_context& ctx) {
  auto lines = ctx.text_input();
  lines.count().named("count").write_to(ctx.output()); // all --output of the command line
  lines.filter(contains("error")).named("errors").write_to(text_files("out/errors")); // always there
  lines.named("first").print(3);
  // in: fine | error 7
  // count: 2
  // errors: error 7
}
// [end]

} // namespace

TEST_CASE("docs/operators.md: one record a batch", "[docs]") {
  check_batches(__FILE__, "one record a batch", one_record_a_batch);
}
TEST_CASE("docs/operators.md: functions of datasets", "[docs]") { check_batches(__FILE__, "transform", transforms); }
TEST_CASE("docs/operators.md: streams of your own", "[docs]") {
  check_batches(__FILE__, "streams of your own", streams_of_your_own);
}
TEST_CASE("docs/operators.md: outputs", "[docs]") { check_batches(__FILE__, "outputs", outputs); }
