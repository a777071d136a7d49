#include "actors/simulation/timeline.hpp"

#include <cstdio>

namespace weir::actors::simulation {

void timeline::tell(std::string_view what) const {
  if (trace_)
    std::printf("%12.3f ms  %.*s\n", static_cast<double>(elapsed().count()) / 1000, static_cast<int>(what.size()),
                what.data());
}

} // namespace weir::actors::simulation
