#include "tests/acceptance/inline_runtime.hpp"

#include "libstream/api/dataset_files.hpp"
#include "libstream/plan/delivery.hpp"

namespace weir::acceptance {

namespace {

constexpr std::uint64_t hash_seed = 42;

} // namespace

result<void> inline_runtime::start(std::shared_ptr<const plan::physical_plan> plan) {
  plan_ = std::move(plan);
  return {};
}

void inline_runtime::step() {
  if (finished_ || error_)
    return;
  batch_ = batch_.next();
  auto time = static_cast<std::int64_t>(batch_.value) * batch_interval().count();
  if (auto done = compute_and_publish(time); !done) {
    error_ = done.error();
    return;
  }
  batch_info seen;
  seen.id = batch_;
  seen.batch_time = event_time{std::chrono::milliseconds{time}};
  (void)listeners_->tell([&](auto& listener) { listener.on_batch_completed(seen); });
}

/// As the real runtime does it, without a log: nothing is published of a batch that was not computed.
result<void> inline_runtime::compute_and_publish(std::int64_t time_ms) {
  auto compute = [&] { return plan::inline_batch{plan_, partitions_, hash_seed}.run(batch_, time_ms, {}); };
  auto staged = compute();
  for (int attempt = 1; !staged && attempt < attempts; ++attempt)
    staged = compute();
  if (!staged)
    return tl::make_unexpected(staged.error());
  for (auto& output : plan_->outputs()) {
    std::vector<plan::staged_output> parts;
    for (auto& part : *staged)
      if (part.output == output.index)
        parts.push_back(std::move(part));
    if (auto published = publish(output, time_ms, parts); !published)
      return published;
  }
  return {};
}

result<void> inline_runtime::publish(const plan::output& output, std::int64_t time_ms,
                                     const std::vector<plan::staged_output>& parts) const {
  plan::delivered_batch delivered{batch_, time_ms, {}, "acceptance", output.name};
  for (auto& part : parts)
    delivered.parts.push_back({part.part, part.bytes});
  for (auto& target : output.targets) {
    if (target.what == plan::output_target::kind::text && !parts.empty())
      api_detail::save_parts(target.directory(time_ms), parts);
    if (!target.destination || (parts.empty() && !target.destination->always_due()))
      continue;
    auto taken = plan::deliver(*target.destination, delivered);
    for (int attempt = 1; !taken && attempt < attempts; ++attempt)
      taken = plan::deliver(*target.destination, delivered);
    if (!taken)
      return taken;
  }
  return {};
}

result<bool> inline_runtime::await(std::optional<std::chrono::milliseconds> limit) {
  if (error_)
    return tl::make_unexpected(*error_);
  if (!finished_ && !limit)
    return fail(error_code::usage, "nobody steps it, so it does not end", "inline runtime", "stop it first");
  return finished_;
}

} // namespace weir::acceptance
