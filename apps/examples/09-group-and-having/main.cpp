// For each batch: SELECT word, count(*) FROM words GROUP BY word HAVING count(*) > 1 ORDER BY count(*) DESC, word.
#include <weir/weir.hpp>

namespace {

using counted = std::pair<std::string_view, std::uint64_t>;

/// All that datasets can do works in here, sorting as well; it is called once, when the plan is built.
auto repeated(const weir::dataset<std::string_view>& words) {
  return words.map([](std::string_view word) {
                return counted{word, 1};
              })
    .reduce_by_key(std::plus<>{})                                // GROUP BY
    .filter([](const counted& each) { return each.second > 1; }) // HAVING
    .sort_by([](const counted& each) {                           // ORDER BY
      return std::pair{-static_cast<std::int64_t>(each.second), each.first};
    });
}

void build(weir::stream_context& ctx) {
  ctx.text_input().flat_map(weir::split_words).transform(repeated).named("repeated").write_to(ctx.output());
}

} // namespace

WEIR_APPLICATION("group-and-having", build)
