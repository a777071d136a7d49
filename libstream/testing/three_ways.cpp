#include "libstream/testing/three_ways.hpp"

#include <map>
#include <optional>
#include <ostream>
#include <sstream>

namespace weir::testing {

namespace {

constexpr moment moments[] = {moment::before_seal, moment::sealed, moment::computed, moment::committed,
                              moment::published};

/// What each output showed, by batch time.
using shown_outputs = std::map<std::string, std::map<test_driver::milliseconds, rows>>;

/// One way to run: how the driver is made, and what happens around each batch.
struct way {
  std::string name;
  driver_options options;
  /// Runs the next batch, the n-th from 0; its input is pushed.
  std::function<void(test_driver&, std::size_t n)> next = [](test_driver& driver, std::size_t) { driver.step(); };
};

driver_options cut_by(driver_options options, std::uint32_t partitions, std::size_t records_per_split) {
  options.partitions = partitions;
  options.records_per_split = records_per_split;
  return options;
}

std::string described(const driver_options& options) {
  return std::to_string(options.partitions) + " partitions and " + std::to_string(options.records_per_split) +
         " records a split";
}

/// Dies in every batch at that moment, and goes on cut as `afterwards`, or as before.
way crashing(moment when, const driver_options& options, std::optional<driver_options> afterwards) {
  auto name = std::string{"killed in every batch when it was "} + name_of(when);
  if (afterwards)
    name += ", and started again with other partitions and splits";
  return {name, options, [when, options, afterwards](test_driver& driver, std::size_t n) {
            driver.crash(when);
            driver.restart(afterwards && n % 2 == 0 ? *afterwards : options);
            if (when == moment::before_seal)
              driver.step();
          }};
}

way restarted(const driver_options& before, const driver_options& after, std::size_t in_front_of) {
  return {"with " + described(before) + ", from batch " + std::to_string(in_front_of + 1) + " on with " +
            described(after),
          before, [after, in_front_of](test_driver& driver, std::size_t n) {
            if (n == in_front_of) { // what was pushed waits over the restart
              driver.crash();
              driver.restart(after);
            }
            driver.step();
          }};
}

std::vector<way> all_ways(const three_ways_options& options, std::size_t batches) {
  auto& first = options.driver;
  std::vector<way> ways;
  ways.push_back({"straight for the second time", first});
  for (auto when : moments)
    ways.push_back(crashing(when, first, std::nullopt));
  std::vector<driver_options> cuts;
  for (auto partitions : options.partitions)
    cuts.push_back(cut_by(first, partitions, first.records_per_split));
  for (auto records : options.records_per_split)
    cuts.push_back(cut_by(first, first.partitions, records));
  for (auto& cut : cuts)
    ways.push_back({"with " + described(cut), cut});
  for (auto& cut : cuts)
    if (batches > 0)
      ways.push_back(restarted(first, cut, batches / 2));
  if (!options.partitions.empty() && !options.records_per_split.empty()) {
    auto other = cut_by(first, options.partitions.back(), options.records_per_split.front());
    for (auto when : moments)
      ways.push_back(crashing(when, first, other));
  }
  return ways;
}

shown_outputs run(const application& build, const std::vector<arrival>& input, const way& how,
                  const std::vector<std::string>& chosen) {
  test_driver driver{build, how.options};
  for (std::size_t n = 0; n < input.size(); ++n) {
    input[n].push(driver);
    how.next(driver, n);
  }
  driver.run_until_idle();
  shown_outputs shown;
  if (chosen.empty())
    for (auto& output : driver.plan().outputs())
      if (!output.partial)
        shown[output.name] = driver.outputs(output.name);
  for (auto& name : chosen)
    shown[name] = driver.outputs(name);
  return shown;
}

void list(std::ostream& out, const char* title, const rows& which, std::size_t most) {
  auto& lines = which.lines();
  if (lines.empty())
    return;
  out << "\n  " << title << ":";
  for (std::size_t i = 0; i < lines.size() && i < most; ++i)
    out << ' ' << lines[i];
  if (lines.size() > most)
    out << " and " << lines.size() - most << " more";
}

/// The first difference in the order of time, then output; nothing if there is none.
std::optional<std::string> difference(const shown_outputs& straight, const shown_outputs& other,
                                      std::size_t most_rows) {
  std::map<std::pair<test_driver::milliseconds, std::string>, std::pair<rows, rows>> sides;
  for (auto& [output, batches] : straight)
    for (auto& [time, shown] : batches)
      sides[{time, output}].first = shown;
  for (auto& [output, batches] : other)
    for (auto& [time, shown] : batches)
      sides[{time, output}].second = shown;
  for (auto& [where, both] : sides)
    if (!(both.first == both.second)) {
      std::ostringstream text;
      text << "  batch at " << where.first.count() << " ms, output '" << where.second << "'";
      list(text, "missing", both.first.without(both.second), most_rows);
      list(text, "extra", both.second.without(both.first), most_rows);
      return text.str();
    }
  return std::nullopt;
}

std::string problem_of(const way& how, const std::string& problem) {
  return "fails when it runs " + how.name + ":\n  " + problem;
}

} // namespace

std::ostream& operator<<(std::ostream& out, const verdict& shown_verdict) { return out << shown_verdict.text(); }

verdict three_ways(const application& build, const std::vector<arrival>& input, const three_ways_options& options) {
  way first{"straight", options.driver};
  shown_outputs straight;
  auto ways = all_ways(options, input.size());
  auto how = &first;
  try {
    straight = run(build, input, first, options.outputs);
    for (auto& other : ways) {
      how = &other;
      if (auto differing = difference(straight, run(build, input, other, options.outputs), options.shown_rows))
        return {false, "is not the same when it runs " + other.name + ":\n" + *differing};
    }
  } catch (const std::exception& thrown) {
    return {false, problem_of(*how, thrown.what())};
  }
  return {true,
          "the same in " + std::to_string(ways.size() + 1) + " runs of " + std::to_string(input.size()) + " batches"};
}

} // namespace weir::testing
