#pragma once

#include <string_view>

#include <msgpack.hpp>

#include "libstream/base/error.hpp"

namespace weir::data {

/// A parsed msgpack value. Texts are views of the bytes that were parsed.
class packed_bytes {
public:
  /// Error 65 when the bytes are not exactly one msgpack value. Safe for hostile bytes: memory is bounded by a small multiple
  /// of their size (a header that announces more elements than there are bytes is refused before anything is reserved for
  /// them), and so is the depth of nesting.
  static result<packed_bytes> parse(std::string_view bytes);

  const msgpack::object& root() const { return handle_.get(); }

private:
  explicit packed_bytes(msgpack::object_handle handle) : handle_{std::move(handle)} {}
  msgpack::object_handle handle_;
};

} // namespace weir::data
