#include "actors/runtime/stream_error.hpp"

namespace weir {

namespace {

const caf::atom_value category = caf::atom("weirstream");
constexpr auto last_code = static_cast<std::uint8_t>(stream_error::unknown);

} // namespace

const char* name_of(stream_error code) {
  constexpr const char* names[] = {"no error", "not yet", "full", "ended", "invalid", "unknown"};
  return names[static_cast<std::uint8_t>(code)];
}

caf::error make_error(stream_error code) { return {static_cast<std::uint8_t>(code), category}; }

caf::error make_error(stream_error code, const std::string& problem) {
  return {static_cast<std::uint8_t>(code), category, caf::make_message(problem)};
}

std::optional<stream_error> stream_error_of(const caf::error& why) {
  if (!why || why.category() != category || why.code() == 0 || why.code() > last_code)
    return std::nullopt;
  return static_cast<stream_error>(why.code());
}

void actors::register_stream_errors(caf::actor_system_config& config) {
  config.add_error_category(category, [](std::uint8_t code, caf::atom_value, const caf::message& problem) {
    std::string text = code == 0 || code > last_code ? "error" : name_of(static_cast<stream_error>(code));
    return problem.match_elements<std::string>() ? text + ": " + problem.get_as<std::string>(0) : text;
  });
}

} // namespace weir
