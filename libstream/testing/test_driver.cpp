#include "libstream/testing/test_driver.hpp"

#include <algorithm>
#include <ostream>

#include "libstream/data/buffer.hpp"

namespace weir::testing {

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
  pending_.clear();
  batch_ = batch_.next();
  auto time = static_cast<std::int64_t>(batch_.value) * options_.interval_ms;
  auto staged = plan::inline_batch{plan_, options_.partitions, 42}.run(batch_, time, splits);
  if (!staged)
    throw plan::plan_error{staged.error()};
  shown_.clear();
  for (auto& part : *staged)
    shown_[plan_->outputs()[part.output.value].name] += part.bytes;
  return *this;
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
