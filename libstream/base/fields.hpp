#pragma once

#include <tuple>

/// Lists the fields of a plain struct once, for the codec and for messages: `WEIR_FIELDS(x.input, x.epoch)` inside the struct.
#define WEIR_FIELDS(...)                                                                                               \
  template <class Self>                                                                                                \
  static auto fields([[maybe_unused]] Self& x) {                                                                       \
    return std::tie(__VA_ARGS__);                                                                                      \
  }
