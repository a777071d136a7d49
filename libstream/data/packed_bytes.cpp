#include "libstream/data/packed_bytes.hpp"

#include <exception>
#include <string>

namespace weir::data {

namespace {

constexpr std::size_t max_depth = 64;

/// Walks the bytes without storing anything. Every announced element takes at least one byte, so more announced elements
/// than bytes cannot be right.
class size_check : public msgpack::null_visitor {
public:
  explicit size_check(std::size_t bytes) : left_{bytes} {}

  bool start_array(std::uint32_t elements) { return announce(elements) && enter(); }
  bool start_map(std::uint32_t pairs) { return announce(std::size_t{2} * pairs) && enter(); }
  bool end_array() { return leave(); }
  bool end_map() { return leave(); }
  void parse_error(std::size_t, std::size_t) {}
  void insufficient_bytes(std::size_t, std::size_t) {}

private:
  bool announce(std::size_t elements) {
    if (elements > left_)
      return false;
    left_ -= elements;
    return true;
  }
  bool enter() { return ++depth_ <= max_depth; }
  bool leave() {
    --depth_;
    return true;
  }

  std::size_t left_;
  std::size_t depth_ = 0;
};

bool is_well_formed(std::string_view bytes) {
  size_check visitor{bytes.size()};
  std::size_t offset = 0;
  return msgpack::parse(bytes.data(), bytes.size(), offset, visitor) && offset == bytes.size();
}

bool refer_to_bytes(msgpack::type::object_type, std::size_t, void*) { return true; }

} // namespace

result<packed_bytes> packed_bytes::parse(std::string_view bytes) {
  try {
    if (is_well_formed(bytes)) {
      std::size_t offset = 0;
      const msgpack::unpack_limit limits{bytes.size(), bytes.size(), bytes.size(),
                                         bytes.size(), bytes.size(), max_depth + 1};
      return packed_bytes{msgpack::unpack(bytes.data(), bytes.size(), offset, &refer_to_bytes, nullptr, limits)};
    }
  } catch (const std::exception&) {
    // Reported below: whatever the parser calls it, the bytes are not what we wrote.
  }
  return fail(error_code::corrupt, "not one whole msgpack value in " + std::to_string(bytes.size()) + " bytes");
}

} // namespace weir::data
