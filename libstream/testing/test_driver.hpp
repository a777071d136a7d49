#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libstream/api/dstream.hpp"
#include "libstream/testing/application_run.hpp"
#include "libstream/testing/rows.hpp"

namespace weir::testing {

/// Runs an application's plan by hand: push records, step a batch, look at what each output showed; kill it in the middle of a batch, and
/// see it go on. One thread, virtual time, no files; the hash seed is fixed, and every few records make a map task of their own, so that merging is
/// tested as well. Listeners that `build` adds to the context hear of batches and outputs, on the calling thread: there all happens at the
/// batch time. Receivers are not started: the test pushes in their place.
///
/// What is wrong is thrown as `plan::plan_error`. When a user function fails, or an output does not take its batch, the application has
/// stopped, as the real one would; `recover` starts it again.
class test_driver {
public:
  using options = driver_options;
  using milliseconds = std::chrono::milliseconds;

  explicit test_driver(application build, options chosen = {});
  test_driver(const test_driver&) = delete;
  test_driver& operator=(const test_driver&) = delete;

  /// Records of `text_input`, for the next batch.
  test_driver& push(std::initializer_list<std::string_view> records);
  test_driver& push(const std::vector<std::string>& records);
  /// Records of a `receiver_stream`, by its name. They are encoded as its receiver would.
  template <class Record>
  test_driver& push(std::string_view receiver, const std::vector<Record>& records) {
    return push_framed(receiver, records);
  }
  template <class Record>
  test_driver& push(std::string_view receiver, std::initializer_list<Record> records) {
    return push_framed(receiver, records);
  }

  /// Computes one batch of what was pushed, also of nothing, at the next multiple of the interval.
  test_driver& step() { return step(1); }
  test_driver& step(std::uint32_t batches);
  /// Time passes. What was pushed is in the first batch that comes; others run when something makes them due without input (`count`), and
  /// leave no trace if nothing does. Of a stopped application all that are missed are one, which runs when it recovers.
  test_driver& advance(milliseconds by);
  /// Batches until nothing that was pushed waits.
  test_driver& run_until_idle();
  /// The virtual time: 0 at first, that of the last batch after `step`.
  milliseconds now() const { return now_; }

  /// Computes the next batch up to this moment, at which the process dies. All memory is lost; what was acknowledged or logged stays,
  /// and so does what the outputs have shown.
  test_driver& crash(moment when = moment::before_seal);
  /// Starts it again on its data directory: builds the application anew and finishes what was begun.
  test_driver& recover() { return restart(options_); }
  /// The same with other options, also another interval. One that runs takes the batches that wait before it ends.
  test_driver& restart(const options& changed);
  /// The same with another version of the program.
  test_driver& upgrade(application build);
  bool is_running() const { return run_ != nullptr; }

  /// What the output of that name showed in the last batch.
  rows output(std::string_view name) const;
  /// The same in its order: by part, and within a part as the operators gave it.
  std::vector<row> output_in_order(std::string_view name) const;
  /// The same by part. A stage behind a shuffle has one a partition, one that reads an input one a split; parts without records are absent.
  std::map<std::uint32_t, std::vector<row>> parts(std::string_view name) const;
  /// What it showed in each batch, by batch time; batches in which it showed nothing are absent. Each is there once, however often it was
  /// published. To loop over one batch's rows, give the map a name first: `at` refers into it.
  std::map<milliseconds, rows> outputs(std::string_view name) const;
  /// The records of an output that goes to the program itself (`deliver_to`), in the last batch and in their order.
  template <class Record>
  std::vector<Record> records(std::string_view name) const;

  /// Of the application that runs.
  const plan::physical_plan& plan() const { return *running("look at the plan").plan(); }

private:
  template <class Records>
  test_driver& push_framed(std::string_view receiver, const Records& records);
  void push_line(std::string_view record);
  void start();
  /// Throws if it has stopped; `action` is what cannot be done then.
  application_run& running(const char* action) const;
  void run_batch(const log::batch_calendar::entry& batch, std::optional<moment> until = std::nullopt);
  log::batch_calendar calendar() const;
  /// At the next multiple of the interval.
  log::batch_calendar::entry next_batch() const;
  /// Whether the output of that name has frames; throws if there is none.
  bool has_frames(std::string_view name) const;

  application build_;
  options options_;
  milliseconds now_{0};
  data_directory directory_; ///< these two outlive crashes
  witness outside_;
  std::unique_ptr<application_run> run_; ///< null: it has stopped
  std::map<std::string, bool> outputs_;  ///< of the last start, by name: whether it has frames
};

template <class Records>
test_driver& test_driver::push_framed(std::string_view receiver, const Records& records) {
  auto source = running("push").source_of(receiver);
  std::string frame;
  for (const auto& record : records) {
    frame.clear();
    operators::append_framed(frame, record);
    directory_.append(source, frame);
  }
  return *this;
}

template <class Record>
std::vector<Record> test_driver::records(std::string_view name) const {
  if (!has_frames(name))
    throw plan::plan_error{{error_code::usage, "it has lines, not records", "output '" + std::string{name} + "'",
                            "look at output() or output_in_order()"}};
  std::vector<Record> found;
  for (auto& [part, bytes] : outside_.last(name))
    if (auto read = operators::for_each_framed<Record>(
          bytes, [&](Record&& record, std::size_t) { found.push_back(std::move(record)); });
        !read)
      throw plan::plan_error{read.error()};
  return found;
}

} // namespace weir::testing
