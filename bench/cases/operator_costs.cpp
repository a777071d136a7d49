#include <chrono>

#include "bench/case.hpp"
#include "bench/inputs/pair_inputs.hpp"
#include "libstream/api/dstream.hpp"
#include "libstream/plan/inline_batch.hpp"

/// What operators cost beside each other, on one thread and without a runtime: user lambdas by key beside count_by_value on the same
/// keys, a timed transform beside an untimed one.
namespace weir::bench {

namespace {

using std::chrono::steady_clock;

/// One plan with one output, run batch by batch.
class bare_plan {
public:
  explicit bare_plan(const application& build) {
    stream_context ctx;
    build(ctx);
    plan_ = ctx.plan().value();
  }
  /// Seconds for so many batches.
  double run(int batches) {
    auto begin = steady_clock::now();
    for (int i = 0; i < batches; ++i) {
      ++batch_;
      shown_ = plan::inline_batch{plan_, 2, 1}.run(batch_id{batch_}, static_cast<std::int64_t>(batch_), {}).value();
    }
    return std::chrono::duration<double>(steady_clock::now() - begin).count();
  }
  std::string shown() const {
    std::vector<std::string> lines;
    for (auto& part : shown_)
      lines.push_back(part.bytes);
    std::sort(lines.begin(), lines.end());
    std::string all;
    for (auto& line : lines)
      all += line;
    return all;
  }

private:
  std::shared_ptr<const plan::physical_plan> plan_;
  std::uint64_t batch_ = 0;
  std::vector<plan::staged_output> shown_;
};

using ones = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

/// How many keys, and how many records: so that results are read, and compared.
template <class Counts>
void show(const Counts& counts) {
  counts.map([](const auto& each) {
          return std::pair<std::uint64_t, std::uint64_t>{1, each.second};
        })
    .reduce([](auto a, auto b) {
      return std::pair<std::uint64_t, std::uint64_t>{a.first + b.first, a.second + b.second};
    })
    .named("totals")
    .print();
}

application counting(std::shared_ptr<const std::vector<std::uint64_t>> keys) {
  return [keys](stream_context& ctx) { show(ctx.constant(*keys, 2).count_by_value()); };
}

template <class Operation>
benchmark by_key(const char* name, Operation operation) {
  return {name, [=](const setting& with, const auto& report) {
            std::size_t count = with.quick ? 200'000 : 2'000'000;
            ones records;
            std::vector<std::uint64_t> keys;
            for (auto& [key, value] : make_pairs(count, 50'000)) {
              records.emplace_back(key, 1);
              keys.push_back(key);
            }
            bare_plan yardstick{counting(std::make_shared<const std::vector<std::uint64_t>>(std::move(keys)))};
            bare_plan measured{[&](stream_context& ctx) { show(operation(ctx.constant(records, 2))); }};
            measurement made;
            made.name = name;
            made.records = count;
            made.bytes = count * 16;
            made.target = "at least 0.83 of count_by_value";
            measured.run(1);
            yardstick.run(1);
            for (int round = 0; round < (with.quick ? 3 : 15); ++round) {
              made.yardstick.push_back(static_cast<double>(count) / yardstick.run(1));
              made.runs.push_back(static_cast<double>(count) / measured.run(1));
            }
            if (measured.shown() != yardstick.shown())
              made.trouble = "shows " + measured.shown() + " instead of " + yardstick.shown();
            made.met = made.ratio() >= 1 / 1.2;
            report(made);
          }};
}

application transforming(bool timed) {
  return [timed](stream_context& ctx) {
    auto numbers = ctx.constant(std::vector<int>{1, 2, 3});
    if (timed)
      numbers
        .transform([](const dataset<int>& batch, event_time time) {
          auto now = time.time_since_epoch().count();
          return batch.map([now](int each) { return each + now * 0; }).filter([](std::int64_t each) {
            return each > 1;
          });
        })
        .named("shown")
        .print();
    else
      numbers
        .transform([](const dataset<int>& batch) {
          return batch.map([](int each) { return static_cast<std::int64_t>(each); }).filter([](std::int64_t each) {
            return each > 1;
          });
        })
        .named("shown")
        .print();
  };
}

void measure_timed(const setting& with, const std::function<void(measurement)>& report) {
  constexpr double target_us = 20;
  const int batches = with.quick ? 1'000 : 20'000;
  bare_plan untimed{transforming(false)}, timed{transforming(true)};
  std::vector<double> more_us;
  for (int round = 0; round < (with.quick ? 3 : 9); ++round)
    more_us.push_back((timed.run(batches) - untimed.run(batches)) * 1e6 / batches);
  measurement made;
  made.name = "empty-batch/timed-transform";
  made.target = "at most 20 us a batch more than an untimed transform";
  made.more["us_more_per_batch"] = median(more_us);
  made.met = median(more_us) <= target_us;
  if (timed.shown() != untimed.shown())
    made.trouble = "timed and untimed transform show different records";
  report(made);
}

} // namespace

std::vector<benchmark> operator_cost_benchmarks() {
  auto plus = [](std::uint64_t a, std::uint64_t b) { return a + b; };
  return {
    by_key("keyed-sum/reduce-lambda", [=](auto pairs) { return pairs.reduce_by_key(plus); }),
    by_key("keyed-sum/combine-lambda",
           [=](auto pairs) { return pairs.combine_by_key([](std::uint64_t first) { return first; }, plus, plus); }),
    by_key("keyed-sum/aggregate-lambda",
           [=](auto pairs) { return pairs.aggregate_by_key(std::uint64_t{0}, plus, plus); }),
    {"empty-batch/timed-transform", measure_timed},
  };
}

} // namespace weir::bench
