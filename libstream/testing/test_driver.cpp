#include "libstream/testing/test_driver.hpp"

#include <algorithm>
#include <ostream>

#include "libstream/data/buffer.hpp"
#include "libstream/plan/delivery.hpp"

namespace weir::testing {

namespace {

batch_info describe(const plan::physical_plan& plan, batch_id batch, event_time time, std::size_t records) {
  batch_info info;
  info.id = batch;
  info.batch_time = info.submission = time;
  if (records > 0)
    info.inputs[input_id{0}] = {input_id{0}, records, "pushed"};
  for (auto& output : plan.outputs())
    info.outputs.push_back({time, output.index, output.name, {}, {}, {}});
  return info;
}

} // namespace

rows::rows(std::initializer_list<row> lines) : rows{std::vector<row>(lines)} {}

rows::rows(std::vector<row> lines) : lines_{std::move(lines)} { std::sort(lines_.begin(), lines_.end()); }

std::ostream& operator<<(std::ostream& out, const rows& all) {
  out << "{ ";
  for (auto& line : all.lines())
    out << '"' << line.text << "\" ";
  return out << '}';
}

test_driver::test_driver(const application& build, options chosen) : options_{chosen} {
  stream_context context;
  build(context);
  auto lowered = context.plan();
  if (!lowered)
    throw plan::plan_error{lowered.error()};
  plan_ = *lowered;
  listeners_ = context.listeners();
  tell([](auto& listener) { listener.on_streaming_started(event_time{}); });
}

test_driver& test_driver::push(std::initializer_list<std::string_view> records) {
  pending_.insert(pending_.end(), records.begin(), records.end());
  return *this;
}

test_driver& test_driver::push(const std::vector<std::string>& records) {
  pending_.insert(pending_.end(), records.begin(), records.end());
  return *this;
}

test_driver& test_driver::step() {
  std::vector<plan::inline_batch::split> splits;
  for (std::size_t from = 0; from < pending_.size(); from += options_.records_per_split) {
    std::string text;
    for (auto at = from; at < std::min(from + options_.records_per_split, pending_.size()); ++at)
      text += pending_[at] + "\n";
    auto bytes = std::make_shared<data::buffer>(text.size());
    bytes->append(text);
    splits.push_back({{bytes->view(), bytes}});
  }
  batch_ = batch_.next();
  auto time = static_cast<std::int64_t>(batch_.value) * options_.interval_ms;
  auto seen = describe(*plan_, batch_, event_time{std::chrono::milliseconds{time}}, pending_.size());
  pending_.clear();
  tell([&](auto& listener) { listener.on_batch_submitted(seen); });
  seen.processing_start = seen.batch_time;
  tell([&](auto& listener) { listener.on_batch_started(seen); });
  auto staged = plan::inline_batch{plan_, options_.partitions, 42}.run(batch_, time, splits);
  std::vector<result<void>> outcomes; // a batch that fails fails all outputs: none of it is shown
  for (auto& output : plan_->outputs())
    outcomes.push_back(staged ? deliver(output, *staged, time) : tl::make_unexpected(staged.error()));
  finish(seen, outcomes);
  if (!staged)
    throw plan::plan_error{staged.error()};
  shown_.clear();
  for (auto& part : *staged)
    shown_[plan_->outputs()[part.output.value].name] += part.bytes;
  for (auto& outcome : outcomes)
    if (!outcome)
      throw plan::plan_error{outcome.error()};
  return *this;
}

/// To the program's own functions, if it goes there.
result<void> test_driver::deliver(const plan::output& output, const std::vector<plan::staged_output>& staged,
                                  std::int64_t time_ms) const {
  for (auto& target : output.targets) {
    if (!target.destination)
      continue;
    plan::delivered_batch batch{batch_, time_ms, {}, "test", output.name};
    for (auto& part : staged)
      if (part.output == output.index)
        batch.parts.push_back({part.part, part.bytes});
    if (batch.parts.empty() && !target.destination->always_due())
      continue;
    if (auto done = plan::deliver(*target.destination, batch); !done)
      return done;
  }
  return {};
}

void test_driver::finish(batch_info& batch, const std::vector<result<void>>& outcomes) const {
  for (auto& output : batch.outputs) {
    output.start = batch.batch_time;
    tell([&](auto& listener) { listener.on_output_operation_started(output); });
    output.end = batch.batch_time;
    if (auto& outcome = outcomes[output.id.value]; !outcome)
      output.failure_reason = outcome.error().message();
    tell([&](auto& listener) { listener.on_output_operation_completed(output); });
  }
  batch.processing_end = batch.batch_time;
  tell([&](auto& listener) { listener.on_batch_completed(batch); });
}

rows test_driver::output(std::string_view name) const {
  auto known =
    std::any_of(plan_->outputs().begin(), plan_->outputs().end(), [&](auto& output) { return output.name == name; });
  if (!known)
    throw plan::plan_error{
      {error_code::usage, "the plan has no such output", "output '" + std::string{name} + "'", {}}};
  std::vector<row> lines;
  auto entry = shown_.find(name);
  std::string_view rest = entry == shown_.end() ? std::string_view{} : std::string_view{entry->second};
  while (!rest.empty()) {
    auto end = rest.find('\n');
    lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  return rows{std::move(lines)};
}

} // namespace weir::testing
