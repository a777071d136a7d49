#include "libstream/api/arguments.hpp"

#include <cmath>
#include <string>

#include "libstream/plan/node.hpp"

namespace weir {

void api_detail::require_positive(std::uint32_t count, const char* operation) {
  if (count == 0)
    throw plan::plan_error{{error_code::usage, std::string{operation} + " to no partitions", {}, "give at least 1"}};
}

void api_detail::require_fraction(double fraction, bool with_replacement) {
  if (!(fraction >= 0) || !std::isfinite(fraction) || (!with_replacement && fraction > 1))
    throw plan::plan_error{{error_code::usage,
                            "sample: the fraction is " + std::to_string(fraction),
                            {},
                            with_replacement ? "give a finite number, at least 0" : "give a probability, from 0 to 1"}};
}

} // namespace weir
