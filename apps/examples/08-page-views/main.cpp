// Page views: errors by zip code, and views by the names of users, who stand in a table.
#include <sstream>

#include <weir/weir.hpp>

namespace {

struct view {
  std::string url;
  int status = 0;
  int zip = 0;
  int user = 0;
};

/// "http://foo.com/ 200 94709 1"
view parsed(std::string_view line) {
  view parts;
  std::istringstream text{std::string{line}};
  if (!(text >> parts.url >> parts.status >> parts.zip >> parts.user))
    throw std::invalid_argument{"not of the form URL STATUS ZIP USER"};
  return parts;
}

void build(weir::stream_context& ctx) {
  auto users = weir::dataset<std::pair<int, std::string>>::from({{1, "ann"}, {2, "bob"}, {3, "cem"}}); // or read_text
  auto lines = ctx.text_input();
  lines
    .map([](std::string_view line) {
      auto view = parsed(line);
      return std::pair{view.zip, std::pair{view.status == 200 ? 0 : 1, 1}}; // errors, views
    })
    .reduce_by_key([](std::pair<int, int> a, std::pair<int, int> b) {
      return std::pair{a.first + b.first, a.second + b.second};
    })
    .map_values([](std::pair<int, int> of) { return 100 * of.first / of.second; }) // per cent
    .named("errors")
    .write_to(weir::text_files("out/errors"));
  lines.map([](std::string_view line) {
         return std::pair{parsed(line).user, 1};
       })
    .join(users) // (user, (1, name)); views of users who are not in the table are left out
    .map([](const std::pair<int, std::pair<int, std::string>>& each) { return each.second.second; })
    .count_by_value()
    .named("popular")
    .write_to(weir::text_files("out/popular"));
}

} // namespace

WEIR_APPLICATION("page-views", build)
