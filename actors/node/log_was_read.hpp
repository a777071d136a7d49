#pragma once

#include <cstdint>

#include "actors/caf.hpp"
#include "libstream/base/fields.hpp"

namespace weir::actors {

/// To itself, from the log's thread: what it wanted to know of the log has been read. See `log_reader`.
struct log_was_read {
  std::uint64_t reading = 0; ///< the number of that wish
  WEIR_FIELDS(x.reading)
};

} // namespace weir::actors

CAF_BEGIN_TYPE_ID_BLOCK(weir_log_reader, caf::first_custom_type_id + 980)
CAF_ADD_TYPE_ID(weir_log_reader, (weir::actors::log_was_read))
CAF_END_TYPE_ID_BLOCK(weir_log_reader)
