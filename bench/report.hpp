#pragma once

#include <string>

#include "bench/case.hpp"

namespace weir::bench {

/// One element of `cases` in the JSON; fields that do not apply are absent.
nlohmann::json as_json(const measurement& of);

/// The head of the table, and a line of it.
std::string table_head();
std::string table_line(const measurement& of);

/// The checked-out commit, or empty outside of a clone.
std::string current_commit();

} // namespace weir::bench
