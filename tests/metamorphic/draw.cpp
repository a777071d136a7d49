#include "tests/metamorphic/pipeline.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include "libstream/base/split_mix.hpp"

namespace metamorphic {

namespace {

/// Records that a stream may have in a batch before it is cut short.
constexpr std::size_t most_records = 6000;

enum class needs { any, keyed };

struct rule {
  std::size_t streams = 1; ///< inputs
  needs what = needs::any;
  bool may_be_static = false; ///< the second input
};

rule rule_of(operation what) {
  using enum operation;
  switch (what) {
    case keys:
    case values:
    case map_values:
    case flat_map_values:
    case group_by_key:
    case reduce_by_key:
    case fold_by_key:
    case aggregate_by_key:
    case combine_by_key:
    case partition_by:
    case sort_by_key: return {1, needs::keyed};
    case cogroup:
    case join:
    case left_outer_join:
    case right_outer_join:
    case full_outer_join:
    case subtract_by_key: return {2, needs::keyed, true};
    case cartesian:
    case intersection:
    case subtract:
    case union_with: return {2, needs::any, true};
    case union_of: return {3, needs::any};
    case transform_with:
    case transform_with_timed:
    case transform_all:
    case transform_all_timed: return {2, needs::any};
    default: return {1, needs::any};
  }
}

sort sort_made(const step& of, sort in) {
  using enum operation;
  switch (of.what) {
    case key_by:
    case group_by: return sort::pair;
    case keys: return in == sort::pair ? sort::number : in == sort::named ? sort::text : sort::real;
    case values:
    case count: return sort::number;
    case zip_with_index:
    case zip:
    case cartesian:
    case count_by_value: return mixed_sort(in);
    default: return in;
  }
}

class drawing {
public:
  explicit drawing(std::uint64_t seed) : random_{weir::split_mix::mix(seed * 0x9e3779b97f4a7c15u + 1)} {
    made_.seed = seed;
  }

  pipeline drawn() {
    add_sources();
    for (auto wanted = 3 + below(10); wanted > 0; --wanted)
      add_step(static_cast<operation>(first_step + below(operation_count - first_step)));
    for (std::size_t at = 0; at < made_.steps.size(); ++at)
      made_.steps[at].shown |= !is_used(made_, at) || is_chance(made_.steps[at]) || below(6) == 0;
    add_input();
    return std::move(made_);
  }

private:
  static constexpr auto first_step = static_cast<std::size_t>(operation::map);

  std::size_t below(std::size_t bound) { return random_.next() % bound; }
  std::int64_t any() { return static_cast<std::int64_t>(below(100)); }

  std::size_t add(step made, std::size_t most) {
    made_.steps.push_back(std::move(made));
    most_.push_back(most);
    if (most > most_records)
      return cut(made_.steps.size() - 1, most_records / 10);
    return made_.steps.size() - 1;
  }

  void add_source(operation what, sort made, std::size_t most) {
    step source;
    source.what = what;
    source.made = made;
    source.a = any();
    source.b = any();
    add(source, most);
  }
  void add_sources() {
    large_ = below(12) == 0;
    add_source(operation::text_input, sort::text, large_ ? 1500 : 40);
    if (below(3) == 0)
      add_source(operation::constant, constant_sort(), 20);
    if (below(5) == 0)
      add_source(operation::constant_text, sort::text, 20);
    if (below(4) == 0)
      add_source(operation::generated, sort::pair, 20);
    if (below(4) == 0)
      add_source(operation::receiver_stream, below(2) == 0 ? sort::pair : sort::measured, large_ ? 600 : 20);
  }
  sort constant_sort() {
    static constexpr sort sorts[] = {sort::number, sort::real, sort::flag, sort::measured, sort::reading};
    return sorts[below(std::size(sorts))];
  }

  /// An input of some sort: mostly what came last, so that pipelines become deep.
  std::size_t pick() {
    auto count = made_.steps.size();
    return below(10) < 6 ? count - 1 : below(count);
  }
  bool keyed(std::size_t stream) const { return is_keyed(made_.steps[stream].made); }
  std::size_t convert(std::size_t stream, sort to) {
    if (made_.steps[stream].made == to)
      return stream;
    step made;
    made.what = operation::map;
    made.from = {stream};
    made.made = to;
    made.ordered = made_.steps[stream].ordered;
    made.a = any();
    return add(made, most_[stream]);
  }
  /// At most so many records.
  std::size_t cut(std::size_t stream, std::size_t most) {
    if (most_[stream] <= most)
      return stream;
    step made;
    made.what = operation::top;
    made.from = {stream};
    made.made = made_.steps[stream].made;
    made.a = 19;
    made.b = 1;
    leave_no_order_open(made);
    return add(made, 20);
  }
  /// With a known order.
  std::size_t put_in_order(std::size_t stream) {
    if (made_.steps[stream].ordered)
      return stream;
    step made;
    made.what = operation::sort_by;
    made.from = {stream};
    made.made = made_.steps[stream].made;
    made.a = any();
    made.b = 1 + 3 * static_cast<std::int64_t>(below(33));
    leave_no_order_open(made);
    return add(made, most_[stream]);
  }
  /// Of equal records that show differently, and stand in no known order.
  void leave_no_order_open(step& made) const {
    auto& input = made_.steps[made.from[0]];
    if (has_real(input.made) && !input.ordered && sorts_wholly(made))
      made.b += 2 - made.b % 3;
  }

  void add_step(operation what) {
    auto rule = rule_of(what);
    step made;
    made.what = what;
    made.a = any();
    made.b = any();
    made.static_other = rule.may_be_static && below(3) == 0;
    auto first = pick();
    if (rule.what == needs::keyed && !keyed(first))
      first = convert(first, keyed_sort());
    if (what == operation::contains || what == operation::split_words)
      first = convert(first, sort::text);
    if (what == operation::zip_with_index || (what == operation::zip && made.b % 3 == 2) ||
        (what == operation::top && top_by_group(made)))
      first = put_in_order(first);
    made.from = {first};
    if (what == operation::top)
      leave_no_order_open(made);
    for (auto streams = rule.streams - made.static_other; made.from.size() < streams;)
      made.from.push_back(convert(pick(), made_.steps[first].made));
    if (what == operation::cartesian || joins(what))
      for (auto& input : made.from)
        input = cut(input, 150);
    finish(std::move(made));
  }

  sort keyed_sort() {
    static constexpr sort sorts[] = {sort::pair, sort::named, sort::measured};
    return sorts[below(std::size(sorts))];
  }
  static bool joins(operation what) { return what >= operation::join && what <= operation::full_outer_join; }

  void finish(step made) {
    auto& first = made_.steps[made.from[0]];
    made.made = sort_made(made, first.made);
    if (made.what == operation::map && below(2) == 0)
      made.made = static_cast<sort>(below(sort_count));
    auto all_ordered =
      std::all_of(made.from.begin(), made.from.end(), [this](auto input) { return made_.steps[input].ordered; });
    if (minds_order(made) && !all_ordered)
      mind_no_order(made); // functions that mind the order need one
    made.ordered = is_ordered(made, all_ordered);
    auto most = most_of(made);
    add(std::move(made), most);
  }

  static bool is_ordered(const step& made, bool inputs_are) {
    using enum operation;
    switch (made.what) {
      case count:
      case reduce:
      case top: return true;
      case sort_by: return inputs_are || (has_real(made.made) ? sorts_exactly(made) : sorts_wholly(made));
      case repartition: return inputs_are && count_of(made) == 1;
      case transform: return inputs_are && made.b % 3 == 0;
      case transform_timed:
      case transform_all:
      case transform_all_timed:
      case map:
      case filter:
      case contains:
      case flat_map:
      case flat_map_emit:
      case split_words:
      case map_partitions:
      case map_partitions_with_index:
      case map_chunks:
      case glom:
      case union_with:
      case union_of:
      case coalesce:
      case key_by:
      case sample:
      case zip_with_index:
      case zip:
      case keys:
      case values:
      case map_values:
      case flat_map_values:
      case sort_by_key:
      case persist: return inputs_are;
      default: return false;
    }
  }

  std::size_t most_of(const step& made) const {
    using enum operation;
    std::size_t sum = made.static_other ? 12 : 0, product = made.static_other ? 12 : 1;
    for (auto input : made.from) {
      sum += most_[input];
      product *= std::max<std::size_t>(1, most_[input]);
    }
    switch (made.what) {
      case flat_map:
      case flat_map_emit:
      case flat_map_values: return sum * 2;
      case split_words: return sum * 4;
      case sample: return sum * 2;
      case cartesian:
      case join:
      case left_outer_join:
      case right_outer_join:
      case full_outer_join: return std::max(product, sum);
      case count:
      case reduce: return 1;
      case top: return top_count(made);
      case transform:
      case transform_timed: return sum + 12;
      default: return sum;
    }
  }

  std::string line() {
    std::string text;
    for (auto words = below(5); words > 0; --words) {
      text += text.empty() ? "" : below(10) == 0 ? "  " : " ";
      text += below(6) == 0 ? "a-word-of-more-than-sixteen-bytes-" + std::to_string(below(4))
                            : "w" + std::to_string(below(15));
    }
    return below(60) == 0 ? text + "\\\tx" : text;
  }
  void add_input() {
    for (int batch = 0; batch < 3; ++batch) {
      auto& input = made_.batches.emplace_back();
      auto lines = below(6) == 0 ? 0 : large_ && batch == 1 ? 1 + below(1500) : 1 + below(40);
      for (std::size_t at = 0; at < lines; ++at)
        input.lines.push_back(line());
      for (auto records = below(large_ && batch == 1 ? 600 : 20); records > 0; --records)
        input.received.emplace_back(static_cast<std::int64_t>(below(6)) - 2, wrap(any()));
    }
  }

  weir::split_mix random_;
  pipeline made_;
  std::vector<std::size_t> most_; ///< records of each step
  bool large_ = false;
};

} // namespace

pipeline draw_pipeline(std::uint64_t seed) { return drawing{seed}.drawn(); }

} // namespace metamorphic
