#pragma once

#include <stdexcept>

namespace weir {

/// What a function of an output throws when no later attempt can do better, for example because the thing that it writes to has gone for ever.
/// The batch is not handed to it again in this run. The application ends with 1, whatever `on_error` says; the log keeps the batch, and
/// the next start hands it over.
class permanent_failure : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

} // namespace weir
