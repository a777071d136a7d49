#include "libstream/api/outputs.hpp"

#include <string>

#include "libstream/base/text.hpp"
#include "libstream/plan/node.hpp"

namespace weir {

using plan::output_target;

output_targets text_files(std::string_view prefix, std::string_view suffix) {
  if (suffix.find_first_of(std::string_view{"/\0", 2}) != std::string_view::npos)
    throw plan::plan_error{{error_code::configuration,
                            "'" + std::string{suffix} + "' cannot be the suffix of a directory",
                            "output text:" + std::string{prefix}, "leave the slash out"}};
  return {{output_target::kind::text, std::string{prefix}, 0, nullptr, std::string{suffix}}};
}

output_targets print(std::uint32_t limit) { return {{output_target::kind::print, {}, limit}}; }

result<output_target> parse_output(std::string_view text) {
  auto colon = text.find(':');
  auto form = text.substr(0, colon);
  auto target = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
  if (form == "text") {
    if (target.empty())
      return fail(error_code::configuration, "no prefix given", "output " + std::string{text}, "write text:PREFIX");
    return text_files(target).front();
  }
  if (form == "print") {
    if (colon == std::string_view::npos)
      return print().front();
    auto limit = parse_count(target);
    if (!limit || *limit > 1'000'000'000)
      return fail(error_code::configuration, "'" + std::string{target} + "' is not a number of records",
                  "output " + std::string{text}, "write print or print:N");
    return print(static_cast<std::uint32_t>(*limit)).front();
  }
  const std::string known[] = {"text", "print"};
  auto nearest = nearest_name(form, known);
  return fail(error_code::configuration, "unknown kind of output", "output " + std::string{text},
              nearest.empty() ? "write text:PREFIX or print[:N]"
                              : "did you mean " + nearest + (nearest == "text" ? ":PREFIX?" : "?"));
}

} // namespace weir
