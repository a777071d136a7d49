// Looks for a text in the lines of several inputs, and counts those that have it.
#include <weir/weir.hpp>

void build(weir::stream_context& ctx) {
  auto matching_lines = ctx
                          .text_input()                   // the lines of all --input, united
                          .filter(weir::contains("the")); // searches whole blocks: lines are cut only where it is found
  matching_lines.map([](std::string_view line) {
                  return std::pair{line, 1};
                })
    .named("lines")
    .write_to(weir::text_files("out/lines"));
  matching_lines
    .count() // also 0
    .map([](std::uint64_t lines) {
      return std::pair<std::string, std::uint64_t>{"with 'the'", lines};
    })
    .named("count")
    .write_to(weir::text_files("out/count"));
}
WEIR_APPLICATION("raw-grep", build)
