#include "libstream/testing/test_driver.hpp"

#include <algorithm>

#include "libstream/base/text.hpp"

namespace weir::testing {

namespace {

plan::plan_error misuse(std::string problem, std::string where, std::string hint) {
  return plan::plan_error{{error_code::usage, std::move(problem), std::move(where), std::move(hint)}};
}

std::vector<row> read_rows(std::string_view bytes, bool framed) {
  return framed ? read_frames(bytes) : read_lines(bytes);
}

} // namespace

test_driver::test_driver(application build, options chosen) : build_{std::move(build)}, options_{chosen} { start(); }

void test_driver::start() {
  if (options_.partitions == 0 || options_.records_per_split == 0 || options_.interval_ms <= 0)
    throw misuse("partitions, records_per_split and interval_ms are at least 1", "test_driver", {});
  run_.reset(); // all memory, before anything new is there
  run_ = std::make_unique<application_run>(build_, options_, directory_, outside_);
  outputs_.clear();
  for (auto& output : run_->plan()->outputs())
    outputs_[output.name] = is_framed(output);
}

application_run& test_driver::running(const char* action) const {
  if (!run_)
    throw misuse(std::string{"cannot "} + action + ": the application has stopped", "test_driver", "call recover()");
  return *run_;
}

test_driver& test_driver::push(std::initializer_list<std::string_view> records) {
  for (auto record : records)
    push_line(record);
  return *this;
}

test_driver& test_driver::push(const std::vector<std::string>& records) {
  for (auto& record : records)
    push_line(record);
  return *this;
}

void test_driver::push_line(std::string_view record) {
  if (!running("push").reads_text())
    throw misuse("the application does not read it", "text_input", "push to a receiver stream by its name");
  if (record.find('\n') != std::string_view::npos)
    throw misuse("a text record ends where its line ends", "text_input", "push each line by itself");
  directory_.append(0, std::string{record} + "\n");
}

test_driver& test_driver::step(std::uint32_t batches) {
  for (; batches > 0; --batches)
    run_batch(next_batch());
  return *this;
}

log::batch_calendar test_driver::calendar() const {
  log::batch_calendar calendar{milliseconds{options_.interval_ms}};
  calendar.last_was(directory_.last_batch());
  return calendar;
}

log::batch_calendar::entry test_driver::next_batch() const {
  return calendar().next(1000 * (now_.count() + options_.interval_ms));
}

void test_driver::run_batch(const log::batch_calendar::entry& batch, std::optional<moment> until) {
  auto& run = running("run a batch");
  now_ = milliseconds{batch.time_ms};
  try {
    run.run(batch, until);
  } catch (...) {
    run_.reset();
    throw;
  }
}

test_driver& test_driver::advance(milliseconds by) {
  if (by.count() < 0)
    throw misuse("time does not go back: advance(" + std::to_string(by.count()) + "ms)", "test_driver",
                 "give the time that passes");
  auto end = now_ + by;
  while (run_) {
    auto next = next_batch();
    if ((!directory_.has_waiting() && !run_->is_always_due()) || milliseconds{next.time_ms} > end)
      break;
    run_batch(next);
  }
  now_ = std::max(now_, end);
  return *this;
}

test_driver& test_driver::run_until_idle() {
  running("run");
  while (directory_.has_waiting())
    step();
  return *this;
}

test_driver& test_driver::crash(moment when) {
  running("crash");
  if (when != moment::before_seal)
    run_batch(next_batch(), when);
  run_.reset();
  return *this;
}

test_driver& test_driver::restart(const options& changed) {
  if (run_)
    run_until_idle();
  options_ = changed;
  start();
  try {
    run_->recover();
  } catch (...) {
    run_.reset();
    throw;
  }
  // What was due while it was stopped, all in one: the last that was missed.
  auto now_us = 1000 * now_.count();
  if (now_.count() >= options_.interval_ms && !calendar().has_given(now_us) && run_->is_always_due())
    run_batch(calendar().next(now_us));
  return *this;
}

test_driver& test_driver::upgrade(application build) {
  if (run_)
    run_until_idle();
  build_ = std::move(build);
  outside_.forget_attempts();
  return restart(options_);
}

bool test_driver::has_frames(std::string_view name) const {
  std::vector<std::string> names;
  for (auto& [known, framed] : outputs_) {
    if (known == name)
      return framed;
    names.push_back(known);
  }
  auto nearest = nearest_name(name, names);
  throw misuse("the plan has no such output", "output '" + std::string{name} + "'",
               nearest.empty() ? "" : "did you mean '" + nearest + "'?");
}

rows test_driver::output(std::string_view name) const { return rows{output_in_order(name)}; }

std::vector<row> test_driver::output_in_order(std::string_view name) const {
  std::vector<row> batch_rows;
  for (auto& [part, lines] : parts(name))
    batch_rows.insert(batch_rows.end(), lines.begin(), lines.end());
  return batch_rows;
}

std::map<std::uint32_t, std::vector<row>> test_driver::parts(std::string_view name) const {
  auto framed = has_frames(name);
  std::map<std::uint32_t, std::vector<row>> rows_of_parts;
  for (auto& [part, bytes] : outside_.last(name))
    rows_of_parts[part] = read_rows(bytes, framed);
  return rows_of_parts;
}

std::map<test_driver::milliseconds, rows> test_driver::outputs(std::string_view name) const {
  auto framed = has_frames(name);
  std::map<milliseconds, rows> rows_of_batches;
  for (auto& [time_ms, shown] : outside_.all(name)) {
    std::vector<row> batch_rows;
    for (auto& [part, bytes] : shown) {
      auto lines = read_rows(bytes, framed);
      batch_rows.insert(batch_rows.end(), lines.begin(), lines.end());
    }
    rows_of_batches.emplace(milliseconds{time_ms}, rows{std::move(batch_rows)});
  }
  return rows_of_batches;
}

} // namespace weir::testing
