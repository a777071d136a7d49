#include "libstream/plan/node.hpp"

namespace weir::plan {

void node::give_name(std::string name) const {
  if (name == name_)
    return;
  if (name_.empty()) {
    name_ = std::move(name);
    return;
  }
  auto is_input = role_ == role::source;
  throw plan_error{
    {error_code::configuration,
     std::string{is_input ? "the input" : "the stream"} + " has two names: '" + name_ + "' and '" + name + "'",
     "operator " + kind_,
     is_input ? "name the input once; to name an output of it, put an operator in between, e.g. map"
              : "name it once; its outputs are called after it"}};
}

} // namespace weir::plan
