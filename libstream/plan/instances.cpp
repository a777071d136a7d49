#include "libstream/plan/instances.hpp"

#include <typeinfo>

namespace weir::plan {

namespace {

/// Puts what a program made in the place of what the plan has, from the last operator up to what both share.
class matching {
public:
  matching(const lowered_graph& graph, std::int64_t batch_time_ms, plan_instance& into)
    : graph_{graph}, batch_time_ms_{batch_time_ms}, into_{into} {}

  void match(const node& program) {
    guarded(graph_.at(program).name,
            [&] { pair(*program.inputs().front(), program.timed()->build(batch_time_ms_), program); });
  }

private:
  void pair(const node& planned, const node_ptr& own, const node& program) {
    if (!own)
      throw changed(program, "it gave nothing");
    if (&planned == own.get() || &into_.of(planned) == own.get())
      return;
    auto& a = planned;
    auto& b = *own;
    if (typeid(a) != typeid(b) || a.what() != b.what() || a.inputs().size() != b.inputs().size() ||
        a.options() != b.options() || a.slices() != b.slices())
      throw changed(program, "the plan has '" + described(a) + "' where it made '" + described(b) + "'");
    if (&into_.of(planned) != &planned)
      throw changed(program, "it made two of '" + described(a) + "' where the plan has one");
    into_.replace(planned, own);
    for (std::size_t input = 0; input < a.inputs().size(); ++input)
      if (auto inner = b.timed()) {
        auto again = inner->build(batch_time_ms_); // a program within the program
        into_.keep(again);
        pair(*a.inputs()[input], again, program);
      } else {
        pair(*a.inputs()[input], b.inputs()[input], program);
      }
  }

  static std::string described(const node& which) {
    auto options = which.options();
    if (which.what() == node::role::collection)
      options = std::to_string(which.slices()) + " slices";
    return which.kind() + (options.empty() ? "" : " (" + options + ")");
  }

  plan_error changed(const node& program, const std::string& how) const {
    return plan_error{{error_code::configuration, "transform made other operators than when the plan was built: " + how,
                       "operator " + graph_.at(program).name + ", batch time " + std::to_string(batch_time_ms_) + " ms",
                       "let functions and data depend on the time, not the operators"}};
  }

  const lowered_graph& graph_;
  std::int64_t batch_time_ms_;
  plan_instance& into_;
};

} // namespace

std::shared_ptr<const plan_instance> plan_instances::at(std::int64_t batch_time_ms) const {
  static const auto none = std::make_shared<const plan_instance>();
  if (timed_.empty())
    return none;
  std::lock_guard guard{mutex_}; // held while programs run: each is called once a batch
  auto known = known_.find(batch_time_ms);
  if (known != known_.end())
    return known->second;
  auto instance = std::make_shared<plan_instance>();
  for (auto& which : timed_)
    if (&instance->of(*which) == which.get()) // not one that a program around it has made
      matching{graph_, batch_time_ms, *instance}.match(*which);
  if (known_.size() == most_kept)
    known_.erase(known_.begin());
  return known_[batch_time_ms] = std::move(instance);
}

} // namespace weir::plan
