#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "libstream/api/dstream.hpp"
#include "libstream/operators/replayed_source.hpp"
#include "libstream/plan/replayable_source.hpp"

namespace weir {

// What a program needs to bring a source that can be read again.
using plan::record_form;
using plan::replayable_source;
using plan::source_partition;
using plan::text_piece;
using plan::text_piece_of;

/// Appends a record as a frame, the way `replayable_stream<T>` reads it: text as it is, everything else as msgpack.
template <class T>
void append_framed(std::string& frames, const T& record) {
  operators::append_framed(frames, record);
}

template <class T>
dstream<T> stream_context::replayable_stream(std::shared_ptr<plan::replayable_source> source) {
  require_initialised("add an input");
  if (source->form() == plan::record_form::frames)
    return {*this, std::make_shared<operators::replayed_frames<T>>(std::move(source))};
  if constexpr (std::is_same_v<T, std::string_view>)
    return {*this, std::make_shared<operators::replayed_text>(std::move(source))};
  throw plan::plan_error{{error_code::usage, "a source of lines has records of text only", "replayable_stream",
                          "ask for replayable_stream<std::string_view>, or let the source give frames"}};
}

} // namespace weir
