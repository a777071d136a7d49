#pragma once

#include <memory>
#include <string_view>

#include "libstream/data/buffer.hpp"

namespace weir::plan {

/// Bytes of newline-terminated text records (the last newline may be missing) or of frames, pinned by `owner`.
/// At least `limits::read_padding` bytes behind the end are readable.
struct text_piece {
  std::string_view bytes;
  std::shared_ptr<const void> owner;
};

/// A copy with all that a piece needs.
inline text_piece text_piece_of(std::string_view bytes) {
  auto copy = std::make_shared<data::buffer>(bytes.size());
  copy->append(bytes);
  auto view = copy->view();
  return {view, std::move(copy)};
}

} // namespace weir::plan
