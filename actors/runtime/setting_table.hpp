#pragma once

#include <string_view>
#include <vector>

#include "actors/runtime/setting_row.hpp"

namespace weir::actors {

/// Every setting, in the order in which people read them. The only place that knows what they are called and what they may be: a new one
/// is a field of `settings` and a row here (and a line in `config/word-count.toml` and `docs/configuration.md`, which tests ask for).
const std::vector<setting_row>& setting_table();

/// The row of a key, or null.
const setting_row* find_setting(std::string_view key);

/// What to say behind an unknown key: the nearest one, or where all are.
std::string nearest_setting(std::string_view key);

} // namespace weir::actors
