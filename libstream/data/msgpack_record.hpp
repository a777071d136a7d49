#pragma once

#include <sstream>

#include "libstream/data/codec.hpp"
#include "libstream/data/owned.hpp"
#include "libstream/data/record_traits.hpp"

/// Include this to use structs with MSGPACK_DEFINE as records and keys: they are hashed member by member and shown as msgpack does. Two of them
/// are one key if their == says so, or if all members that MSGPACK_DEFINE names are the same (`order.hpp`).
namespace weir::data {

template <class T>
concept msgpack_struct = requires(const T& value, msgpack::packer<msgpack::sbuffer>& out) {
  value.msgpack_pack(out);
};

namespace member_detail {

/// Whether a member refers to bytes that it does not hold, as far as its type tells.
template <class T>
constexpr bool views_bytes() {
  if constexpr (std::is_array_v<T>)
    return views_bytes<std::remove_cv_t<std::remove_all_extents_t<T>>>();
  else if constexpr (std::is_same_v<T, std::string_view> || std::is_same_v<T, msgpack::type::raw_ref> ||
                     !std::is_same_v<T, owned<T>>)
    return true;
  else if constexpr (is_pair<T>)
    return views_bytes<std::remove_cv_t<typename T::first_type>>() ||
           views_bytes<std::remove_cv_t<typename T::second_type>>();
  else if constexpr (std::is_class_v<T> && !std::is_same_v<T, std::string> && requires { typename T::value_type; }) {
    if constexpr (std::is_same_v<typename T::value_type, T>)
      return false;
    else
      return views_bytes<std::remove_cv_t<typename T::value_type>>();
  } else if constexpr (std::is_class_v<T> && requires { typename T::element_type; }) { // smart pointers
    return views_bytes<std::remove_cv_t<typename T::element_type>>();
  } else
    return false;
}

/// Asks the structs within a member that is no record itself, such as an array of them, what they hold.
template <class T>
constexpr void refuse_views_within() {
  if constexpr (msgpack_struct<T>)
    static_cast<void>(&record_traits<T>::hash);
  else if constexpr (std::is_array_v<T>)
    refuse_views_within<std::remove_cv_t<std::remove_all_extents_t<T>>>();
  else if constexpr (is_pair<T>) {
    refuse_views_within<std::remove_cv_t<typename T::first_type>>();
    refuse_views_within<std::remove_cv_t<typename T::second_type>>();
  } else if constexpr (std::is_class_v<T> && requires { typename T::value_type; }) {
    if constexpr (!std::is_same_v<typename T::value_type, T>)
      refuse_views_within<std::remove_cv_t<typename T::value_type>>();
  } else if constexpr (std::is_class_v<T> && requires { typename T::element_type; })
    refuse_views_within<std::remove_cv_t<typename T::element_type>>();
}

/// The names that MSGPACK_DEFINE_MAP gives, as it gives them. A member that is an array of char looks the same.
template <class T>
inline constexpr bool is_name = std::is_pointer_v<T> || std::is_same_v<std::remove_cv_t<std::remove_extent_t<T>>, char>;

} // namespace member_detail

/// Takes the members that MSGPACK_DEFINE names, as a packer would: `visit(member)` is called for each, where it is. The names that
/// MSGPACK_DEFINE_MAP gives are left out.
template <class Visit>
class member_walk {
public:
  explicit member_walk(Visit visit) : visit_{std::move(visit)} {}

  member_walk& pack_array(std::uint32_t) { return *this; }
  member_walk& pack_map(std::uint32_t) { return *this; }
  template <class Member>
  member_walk& pack(const Member& member) {
    if constexpr (std::is_array_v<Member> && !member_detail::is_name<Member>)
      for (auto& element : member)
        pack(element);
    else if constexpr (!std::is_array_v<Member> && !std::is_pointer_v<Member>)
      visit_(member);
    return *this;
  }

private:
  Visit visit_;
};

/// Equal bytes for equal values of a type that msgpack knows and records do not, such as an array.
template <class Member>
std::string encode_member(const Member& member) {
  std::string bytes;
  codec_detail::normal_appender to{{bytes}};
  msgpack::packer<codec_detail::normal_appender>{to}.pack(member);
  return bytes;
}

/// The same, and hashes them.
class member_hasher {
public:
  explicit member_hasher(std::uint64_t seed) : seed_{seed}, all_{seed} {}

  member_hasher& pack_array(std::uint32_t size) { return add(size); }
  member_hasher& pack_map(std::uint32_t size) { return add(size); }
  template <class Member>
  member_hasher& pack(const Member& member) {
    static_assert(!member_detail::views_bytes<Member>(), "a struct with MSGPACK_DEFINE must hold its text itself: a "
                                                         "std::string_view among its members would point into a block "
                                                         "that is gone; make it a std::string");
    if constexpr (std::is_enum_v<Member>)
      return add(hash_word(static_cast<std::uint64_t>(member), seed_));
    else if constexpr (std::is_pointer_v<Member> || (std::is_array_v<Member> && member_detail::is_name<Member>))
      return add(hash_bytes(member, seed_));
    else if constexpr (record<Member>)
      return add(record_traits<Member>::hash(member, seed_));
    else {
      member_detail::refuse_views_within<Member>();
      return add(hash_bytes(encode_member(member), seed_));
    }
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
  static constexpr bool contains_floating_point = true; ///< if it has none, what is asked of it costs nothing

  static std::uint64_t hash(const T& value, std::uint64_t seed) {
    member_hasher hasher{seed};
    value.msgpack_pack(hasher);
    return hasher.hash();
  }
  /// The second look is for NaN, to which == says no. It is rare, as two records that are asked have the same hash.
  static bool same(const T& a, const T& b) {
    if constexpr (std::equality_comparable<T>)
      if (a == b)
        return true;
    return encode_normal(a) == encode_normal(b);
  }
  /// By its own <, for which NaN counts as infinity; of two between which only that makes no difference, the one with NaN comes after.
  static std::weak_ordering compare(const T& a, const T& b) requires requires { a < b; }
  {
    if (!holds_nan(a) && !holds_nan(b)) [[likely]]
      return order_detail::compare_by_less(a, b);
    auto all = order_detail::compare_by_less(without_nan(a), without_nan(b));
    if (all != 0)
      return all;
    auto left = nans_of(a), right = nans_of(b);
    return order_detail::compare_by_less(left, right);
  }
  /// `value` is no constant, even if its members are seen as such.
  template <class Visit>
  static void for_each_floating(T& value, Visit&& visit) {
    auto each = [&visit](const auto& member) {
      using kind = std::remove_cvref_t<decltype(member)>;
      data::for_each_floating(const_cast<kind&>(member), visit);
    };
    member_walk<decltype(each)> walk{each};
    std::as_const(value).msgpack_pack(walk);
  }

  static std::string schema() {
    static_cast<void>(&record_traits::hash); // a member that it refuses is met here at the latest
    return std::string{"struct "} + typeid(T).name();
  }
  static void append_text(const T& value, std::string& text) {
    msgpack::zone zone;
    std::ostringstream shown;
    if (holds_nan(value)) // whose sign nobody can compare
      shown << msgpack::object{normal_nan(value), zone};
    else
      shown << msgpack::object{value, zone};
    text += shown.str();
  }

private:
  /// `look` only looks.
  template <class Look>
  static void look_at(const T& value, Look look) {
    for_each_floating(const_cast<T&>(value), look);
  }
  static bool holds_nan(const T& value) {
    auto found = false;
    look_at(value, [&](const auto& number) { found = found || number != number; });
    return found;
  }
  static std::vector<bool> nans_of(const T& value) {
    std::vector<bool> found;
    look_at(value, [&](const auto& number) { found.push_back(number != number); });
    return found;
  }
  static T without_nan(T value) {
    for_each_floating(value, [](auto& number) {
      if (number != number)
        number = std::numeric_limits<std::remove_reference_t<decltype(number)>>::infinity();
    });
    return value;
  }
  static T normal_nan(T value) {
    for_each_floating(value, [](auto& number) {
      if (number != number)
        number = std::numeric_limits<std::remove_reference_t<decltype(number)>>::quiet_NaN();
    });
    return value;
  }
};

} // namespace weir::data
