#include "actors/node/bounded_message.hpp"

#include <utility>

#include "actors/caf.hpp"

namespace weir::actors {

namespace {

thread_local std::string last_refusal;

} // namespace

template <class Error>
Error refuse_message(const std::string& why) {
  last_refusal = why;
  return make_error(caf::sec::invalid_argument, why);
}
template caf::error refuse_message<caf::error>(const std::string& why);

std::string take_refusal() { return std::exchange(last_refusal, {}); }

std::string field_name(std::string_view names, std::size_t number) {
  for (; number > 0; --number) {
    auto comma = names.find(',');
    names = comma == names.npos ? std::string_view{} : names.substr(comma + 1);
  }
  auto name = names.substr(0, names.find(','));
  return std::string{name.substr(name.find('.') + 1)};
}

} // namespace weir::actors
