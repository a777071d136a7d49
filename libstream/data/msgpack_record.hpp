#pragma once

#include <sstream>

#include "libstream/data/codec.hpp"
#include "libstream/data/record_traits.hpp"

/// Include this to use structs with MSGPACK_DEFINE as records and keys: they are hashed member by member and shown as msgpack does.
namespace weir::data {

template <class T>
concept msgpack_struct = requires(const T& value, msgpack::packer<msgpack::sbuffer>& out) {
  value.msgpack_pack(out);
};

/// Takes the members that MSGPACK_DEFINE names, as a packer would, and hashes them where they are.
class member_hasher {
public:
  explicit member_hasher(std::uint64_t seed) : seed_{seed}, all_{seed} {}

  member_hasher& pack_array(std::uint32_t size) { return add(size); }
  member_hasher& pack_map(std::uint32_t size) { return add(size); }
  template <class Member>
  member_hasher& pack(const Member& member) {
    if constexpr (std::is_enum_v<Member>)
      return add(hash_word(static_cast<std::uint64_t>(member), seed_));
    else if constexpr (std::is_array_v<Member> || std::is_pointer_v<Member>) // the names that MSGPACK_DEFINE_MAP gives
      return add(hash_bytes(member, seed_));
    else if constexpr (record<Member>)
      return add(record_traits<Member>::hash(member, seed_));
    else
      return add(hash_bytes(encode(member), seed_));
  }
  std::uint64_t hash() const { return all_; }

private:
  member_hasher& add(std::uint64_t part) {
    all_ = hash_combine(all_, part);
    return *this;
  }

  std::uint64_t seed_;
  std::uint64_t all_;
};

template <msgpack_struct T>
struct record_traits<T> : plain_traits<T> {
  static std::uint64_t hash(const T& value, std::uint64_t seed) {
    member_hasher hasher{seed};
    value.msgpack_pack(hasher);
    return hasher.hash();
  }
  static std::string schema() { return std::string{"struct "} + typeid(T).name(); }
  static void append_text(const T& value, std::string& text) {
    msgpack::zone zone;
    std::ostringstream shown;
    shown << msgpack::object{value, zone};
    text += shown.str();
  }
};

} // namespace weir::data
