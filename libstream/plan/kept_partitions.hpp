#pragma once

#include <functional>
#include <memory>

#include "libstream/plan/node.hpp"

namespace weir::plan {

/// What a persisted dataset keeps. Any thread.
class kept_partitions {
public:
  virtual ~kept_partitions() = default;
  /// Makes sure that it is there, by `run` of a plan that ends in a node of its own; the data stays as long as the result is held.
  virtual std::shared_ptr<const void> fill(const std::function<void(const node_ptr& terminal)>& run) = 0;
  /// Lets go of it; it is computed again when it is needed.
  virtual void forget() = 0;
};

} // namespace weir::plan
