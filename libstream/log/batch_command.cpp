#include "libstream/log/batch_command.hpp"

#include <utility>

#include "libstream/data/codec.hpp"

namespace weir::log {

namespace {

template <std::size_t Kind>
result<batch_command> decode_kind(std::string_view record) {
  return data::decode<std::variant_alternative_t<Kind, batch_command>>(record).map(
    [](auto&& command) { return batch_command{std::forward<decltype(command)>(command)}; });
}

template <std::size_t... Kinds>
result<batch_command> decode_as(std::size_t kind, std::string_view record, std::index_sequence<Kinds...>) {
  result<batch_command> decoded = fail(error_code::corrupt, "a command of the unknown kind " + std::to_string(kind));
  ((kind == Kinds ? void(decoded = decode_kind<Kinds>(record)) : void()), ...);
  return decoded;
}

} // namespace

std::string encode_command(const batch_command& command) {
  std::string bytes(1, static_cast<char>(command.index()));
  std::visit([&](const auto& each) { data::encode_to(bytes, each); }, command);
  return bytes;
}

result<batch_command> decode_command(std::string_view bytes) {
  if (bytes.empty())
    return fail(error_code::corrupt, "a command without bytes");
  return decode_as(static_cast<unsigned char>(bytes.front()), bytes.substr(1),
                   std::make_index_sequence<std::variant_size_v<batch_command>>{});
}

} // namespace weir::log
