#pragma once

#include <vector>

#include "actors/caf.hpp"

/// Messages between a user's actors and streams.
namespace weir {

/// The answer to whoever hands records to an `actor_stream`: all of them are durable.
struct records_stored {
  std::uint64_t count = 0;
  WEIR_FIELDS(x.count)
};

/// Comes with records of a batch, a run of them at a time. A batch may come again after a crash, with the same number and the same
/// records in the same runs.
struct batch_results {
  std::uint64_t batch = 0;
  std::int64_t time_ms = 0; ///< batch time, milliseconds since 1970
  std::uint32_t run = 0;    ///< from 0
  bool last = false;        ///< no more runs of this batch
  WEIR_FIELDS(x.batch, x.time_ms, x.run, x.last)
};

namespace actors {

/// To an `actor_stream`, from a thread of the runtime: what has become of the records of one request.
struct request_settled {
  std::uint64_t request = 0;
  std::uint8_t refusal = 0; ///< a `stream_error`; 0: durable
  std::string problem;
  WEIR_FIELDS(x.request, x.refusal, x.problem)
};

} // namespace actors
} // namespace weir

CAF_BEGIN_TYPE_ID_BLOCK(weir_streams, caf::first_custom_type_id + 950)
CAF_ADD_TYPE_ID(weir_streams, (weir::records_stored))
CAF_ADD_TYPE_ID(weir_streams, (weir::batch_results))
CAF_ADD_TYPE_ID(weir_streams, (weir::actors::request_settled))
CAF_END_TYPE_ID_BLOCK(weir_streams)
