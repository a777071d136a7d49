#include "page_visits.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct visit {
  std::string_view page;
  std::uint64_t milliseconds = 0;
};

std::optional<visit> read_visit(std::string_view line) {
  auto page_at = line.find(' ');
  auto time_at = line.rfind(' ');
  if (page_at == std::string_view::npos || page_at == time_at)
    return std::nullopt;
  visit read{line.substr(page_at + 1, time_at - page_at - 1)};
  auto [end, wrong] = std::from_chars(line.data() + time_at + 1, line.data() + line.size(), read.milliseconds);
  if (wrong != std::errc{} || end != line.data() + line.size())
    return std::nullopt;
  return read;
}

/// Page, then how often it was visited and how long that took.
using visits_of_page = std::pair<std::string_view, std::pair<std::uint64_t, std::uint64_t>>;

std::vector<visits_of_page> one_visit(std::string_view line) {
  if (auto read = read_visit(line))
    return {{read->page, {1, read->milliseconds}}};
  return {};
}

} // namespace

void page_visits(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
  lines.flat_map(one_visit)
    .reduce_by_key([](const auto& a, const auto& b) {
      return std::pair{a.first + b.first, a.second + b.second};
    })
    .map([](const visits_of_page& of) {
      auto [count, milliseconds] = of.second;
      return std::pair{of.first, std::to_string(count) + " visits, " + std::to_string(milliseconds) + " ms"};
    })
    .named("visits")
    .write_to(ctx.output());
  lines.filter([](std::string_view line) { return !read_visit(line); }).named("unreadable").print();
}
