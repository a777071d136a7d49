#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/runtime/setting_table.hpp"

namespace weir::actors {

struct memory_demand;

/// Whence a value comes.
struct setting_origin {
  enum class layer { none, file, environment, set, flag };
  layer from = layer::none;
  std::string place; ///< "app.toml:12", "WEIR_MEMORY_LIMIT", "--executors"

  /// Named in the error about a value of this key: "app.toml:12: memory.limit", "--set memory.limit", "--executors".
  std::string where(std::string_view key) const;
};

/// Values by key from all layers. Whoever comes last is heard: call in the order file, environment, `--set`, flags. A later value replaces an
/// earlier one whole, also a list.
class setting_values {
public:
  /// Error 78: the key is unknown (names the nearest), the value is not of its form, or out of its range.
  result<void> set(std::string_view key, std::string_view value, const setting_origin& origin);
  result<void> set_list(std::string_view key, std::vector<std::string> texts, const setting_origin& origin);
  /// "KEY=VALUE" of `--set`.
  result<void> set(std::string_view assignment);

  /// Changes in `into` what was set, then whatever follows from something else and was not set itself. Error 78: what was set means
  /// nothing, or does not fit together; it names the origin.
  result<void> apply(configuration& into) const;
  /// The same for the settings alone. `partitions`: as many as tables are cut into.
  result<void> apply(settings& into, std::uint32_t partitions) const;

  /// Of a key that nobody set: `layer::none`.
  setting_origin origin(std::string_view key) const;
  /// What the last one to be heard gave; null if nobody did, or gave the word for nothing.
  const setting_value* decided(std::string_view key) const;

private:
  struct given {
    std::optional<setting_value> value; ///< absent: someone said that it follows from something else
    setting_origin origin;
  };

  result<void> keep(const setting_row& row, result<setting_value> parsed, std::string_view text,
                    const setting_origin& origin);
  std::optional<std::uint64_t> number(std::string_view key) const;
  result<void> share_budgets(settings& into, std::uint32_t partitions) const;
  /// The keys that somebody set, and without which the demand would fit.
  std::vector<std::string> blamed_for(const memory_demand& demand,
                                      const std::function<bool(const memory_demand&)>& fits) const;
  error limit_too_low(const std::string& limit, std::uint64_t limit_bytes, std::uint64_t least,
                      const std::vector<std::string>& blamed) const;

  std::map<std::string, given, std::less<>> values_;
};

} // namespace weir::actors
