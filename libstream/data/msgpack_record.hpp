#pragma once

#include <sstream>

#include "libstream/data/codec.hpp"
#include "libstream/data/record_traits.hpp"

/// Include this to use structs with MSGPACK_DEFINE as records and keys: they are hashed by their encoding and shown as msgpack does.
namespace weir::data {

template <class T>
concept msgpack_struct = requires(const T& value, msgpack::packer<msgpack::sbuffer>& out) {
  value.msgpack_pack(out);
};

template <msgpack_struct T>
struct record_traits<T> : plain_traits<T> {
  static std::uint64_t hash(const T& value, std::uint64_t seed) { return hash_bytes(encode(value), seed); }
  static std::string schema() { return std::string{"struct "} + typeid(T).name(); }
  static void append_text(const T& value, std::string& text) {
    msgpack::zone zone;
    std::ostringstream shown;
    shown << msgpack::object{value, zone};
    text += shown.str();
  }
};

} // namespace weir::data
