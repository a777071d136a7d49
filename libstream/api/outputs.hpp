#pragma once

#include <string_view>
#include <vector>

#include "libstream/plan/task.hpp"

namespace weir {

/// Where `write_to` sends a stream.
using output_targets = std::vector<plan::output_target>;

/// `PREFIX-TIME_MS[.SUFFIX]/part-NNNNN` a batch, one line a record, `key<TAB>value` for pairs; without a prefix `TIME_MS[.SUFFIX]`. Readers
/// take directories with `_SUCCESS` only. Throws plan_error for a suffix that is no part of a file name.
output_targets text_files(std::string_view prefix, std::string_view suffix = {});
/// The first records of each batch, for a person to look at.
output_targets print(std::uint32_t limit = 10);

/// Reads `text:PREFIX`, `print`, `print:N`. Error 78 names what is wrong and the nearest form.
result<plan::output_target> parse_output(std::string_view text);

} // namespace weir
