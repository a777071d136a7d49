#pragma once

#include <string>
#include <utility>

#include "libstream/base/error.hpp"

namespace weir::operators {

/// What is said of bytes that this program's data directory holds, and that cannot be read as the records of this program.
inline error of_other_type(error why, std::string where = {}) {
  if (!where.empty())
    why.where = std::move(where);
  why.what = "records of the data directory cannot be read: " + why.what;
  why.hint = "they were written by a program whose record type was another: start that program once more and let it "
             "drain, then upgrade";
  return why;
}

} // namespace weir::operators
