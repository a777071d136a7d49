// A stage of ten plain lambdas between an input and a shuffle: `mistakes_test` shows what it costs to compile.
#include "tests/mistakes/mistakes.hpp"

void ten_lambdas(weir::stream_context& ctx) {
  ctx.text_input()
    .filter([](std::string_view line) { return !line.empty(); })
    .map([](std::string_view line) { return line.substr(0, line.find('#')); })
    .flat_map([](std::string_view line) {
      return std::vector{line, line.substr(line.size() / 2)};
    })
    .filter([](std::string_view part) { return part.size() > 2; })
    .map([](std::string_view part) {
      return std::pair{part, part.size()};
    })
    .map_values([](std::size_t size) { return static_cast<double>(size); })
    .filter([](const std::pair<std::string_view, double>& each) { return each.second < 1e6; })
    .map([](const std::pair<std::string_view, double>& each) {
      return std::tuple{each.first, each.second, each.second * 2};
    })
    .filter([](const std::tuple<std::string_view, double, double>& each) { return std::get<2>(each) > 0; })
    .map([](const std::tuple<std::string_view, double, double>& each) {
      return std::pair{std::get<0>(each), std::get<1>(each)};
    })
    .reduce_by_key(std::plus<>{})
    .named("sums")
    .print();
}
