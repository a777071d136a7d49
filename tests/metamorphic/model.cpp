#include "tests/metamorphic/model.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <set>

namespace metamorphic {

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (auto byte : text)
    out += byte == '\t' ? "\\t" : byte == '\\' ? "\\\\" : std::string(1, byte);
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] != '\\')
      out += text[at];
    else
      out += text[++at] == 't' ? '\t' : '\\';
  return out;
}

std::int64_t number_of(std::string_view digits) {
  std::int64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

record converted(const record& from, sort was, sort to) {
  auto seen = view_of(from);
  switch (to) {
    case sort::number: return {{}, 0, 0, digest(seen)};
    case sort::text: return {has_text(was) ? from.text : spelled(digest(seen)), 0, 0, 0};
    case sort::pair: return {{}, group_of(seen, 2), 0, digest(seen)};
    case sort::named: return {has_text(was) ? from.text : spelled(group_of(seen, 4)), 0, 0, digest(seen)};
    default: return owned(with_real(to, seen));
  }
}

record key_of(const record& of) { return normal({of.text, of.key, of.real, 0}); }
record with_number(record of, std::int64_t number) {
  of.number = number;
  return of;
}

std::string line_of_real(double real) {
  if (std::isnan(real))
    return "nan";
  char digits[64];
  return {digits, std::to_chars(digits, digits + sizeof digits, real).ptr};
}
double real_of_line(std::string_view text) { return std::strtod(std::string{text}.c_str(), nullptr); }

/// `["name",level,number]`, which msgpack makes of a struct.
record reading_of_line(std::string_view line) {
  auto last = line.rfind(','), first = line.rfind(',', last - 1);
  std::string name;
  for (std::size_t at = 2; at + 1 < first; ++at)
    if (line[at] != '\\')
      name += line[at];
    else
      name += line[++at] == 't' ? '\t' : line[at];
  return {name, 0, real_of_line(line.substr(first + 1, last - first - 1)),
          number_of(line.substr(last + 1, line.size() - last - 2))};
}

template <class Function>
records each(const records& in, Function function) {
  records out;
  for (auto& from : in)
    function(from, out);
  return out;
}

records sorted(records all, const std::function<bool(const record&, const record&)>& ahead, bool descending) {
  std::stable_sort(all.begin(), all.end(), [&](auto& x, auto& y) { return descending ? ahead(y, x) : ahead(x, y); });
  return all;
}

records united(records first, const records& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

records unique(const records& all) {
  std::set<record, less> once;
  for (auto& record : all)
    once.insert(normal(record));
  return {once.begin(), once.end()};
}

records without_those(const records& all, const records& others) {
  std::set<record, less> gone{others.begin(), others.end()};
  return each(all, [&](auto& from, auto& out) {
    if (!gone.count(from))
      out.push_back(normal(from));
  });
}

records in_both(const records& all, const records& others) {
  return without_those(unique(all), without_those(all, others));
}

records touched_all(const records& all, sort kind, std::int64_t a) {
  return each(all, [&](auto& from, auto& out) { out.push_back(owned(touched(kind, view_of(from), a))); });
}

records kept_of(const records& all, std::int64_t a) {
  return each(all, [&](auto& from, auto& out) {
    if (kept(view_of(from), a))
      out.push_back(from);
  });
}

records of_views(const std::vector<view>& views) {
  records all;
  for (auto& each : views)
    all.push_back(owned(each));
  return all;
}

} // namespace

std::string line_of(sort kind, const record& of) {
  switch (kind) {
    case sort::number: return std::to_string(of.number);
    case sort::text: return of.text;
    case sort::pair: return std::to_string(of.key) + "\t" + std::to_string(of.number);
    case sort::real: return line_of_real(of.real);
    case sort::flag: return of.number ? "true" : "false";
    case sort::measured: return line_of_real(of.real) + "\t" + std::to_string(of.number);
    case sort::reading:
      return "[\"" + escaped(of.text) + "\"," + line_of_real(of.real) + "," + std::to_string(of.number) + "]";
    default: return escaped(of.text) + "\t" + std::to_string(of.number);
  }
}

record record_of_line(sort kind, std::string_view line) {
  auto tab = line.find('\t');
  auto number = [&] { return number_of(line.substr(tab + 1)); };
  switch (kind) {
    case sort::number: return {{}, 0, 0, number_of(line)};
    case sort::text: return {std::string{line}, 0, 0, 0};
    case sort::pair: return {{}, number_of(line.substr(0, tab)), 0, number()};
    case sort::real: return {{}, 0, real_of_line(line), 0};
    case sort::flag: return {{}, 0, 0, line == "true"};
    case sort::measured: return {{}, 0, real_of_line(line.substr(0, tab)), number()};
    case sort::reading: return reading_of_line(line);
    default: return {unescaped(line.substr(0, tab)), 0, 0, number()};
  }
}

model::model(const pipeline& of, const batch_input& input, std::int64_t time_ms, observer seen)
  : pipeline_{of}, input_{input}, time_ms_{time_ms}, seen_{std::move(seen)} {
  for (std::size_t at = 0; at < of.steps.size(); ++at) {
    auto& step = of.steps[at];
    all_.push_back(is_chance(step) ? chosen(at) : made(step));
    if (mistake)
      mistake(step, all_.back());
  }
}

records model::other(const step& of) const {
  return of.static_other ? of_views(static_records(sort_in(of), of.a)) : input(of, 1);
}

records model::chosen(std::size_t step) {
  auto seen = seen_(step);
  auto& all = input(pipeline_.steps[step]);
  std::multiset<record, exactly_less> left{all.begin(), all.end()};
  for (auto& each : seen)
    if (auto found = left.find(each); found == left.end())
      complaint_ = "sample shows a record that was not there, or too often";
    else if (!with_replacement(pipeline_.steps[step]))
      left.erase(found);
  if (pipeline_.steps[step].ordered) { // what is kept stays in order, copies side by side
    std::size_t at = 0;
    for (auto& each : seen) {
      auto first = at;
      while (at < all.size() && (exactly_less{}(all[at], each) || exactly_less{}(each, all[at])))
        ++at;
      if (at == all.size())
        complaint_ = "sample does not keep the order";
      at = with_replacement(pipeline_.steps[step]) ? at : std::max(first, at) + 1;
    }
  }
  auto mean = static_cast<double>(all.size()) * fraction_of(pipeline_.steps[step]);
  if (auto off = static_cast<double>(seen.size()) - mean; off * off > 64 * (mean + 1))
    complaint_ = "sample keeps a number of records that chance does not explain";
  return seen;
}

records model::made(const step& of) {
  using enum operation;
  if (of.from.empty())
    return source(of);
  if (of.what >= transform)
    return transformed(of);
  if (of.what >= cogroup && of.what <= subtract_by_key)
    return joined(of);
  switch (of.what) {
    case group_by_key:
    case reduce_by_key:
    case fold_by_key:
    case aggregate_by_key:
    case combine_by_key:
    case partition_by:
    case group_by: return keyed_shuffled(of);
    case distinct:
    case sort_by:
    case sort_by_key:
    case zip_with_index:
    case zip:
    case cartesian:
    case intersection:
    case subtract:
    case count:
    case count_by_value:
    case reduce:
    case top: return shuffled(of);
    case union_with: return united(input(of), other(of));
    case union_of: return united(united(input(of), input(of, 1)), input(of, 2));
    default: return narrow(of);
  }
}

records model::source(const step& of) const {
  records all;
  switch (of.what) {
    case operation::text_input:
      for (auto& line : input_.lines)
        all.push_back({line, 0, 0, 0});
      return all;
    case operation::receiver_stream:
      for (auto& pair : input_.received)
        all.push_back(owned(of.made == sort::measured ? view_of(measured_of(pair)) : view_of(pair)));
      return all;
    case operation::generated:
      for (auto& pair : generated_records(time_ms_ / 1000, of.a))
        all.push_back(owned(view_of(pair)));
      return all;
    default: return of_views(static_records(of.made, of.a));
  }
}

records model::narrow(const step& of) const {
  using enum operation;
  auto kind = sort_in(of);
  return each(input(of), [&](const record& from, records& out) {
    auto seen = view_of(from);
    auto changed = [&] { return owned(touched(kind, seen, of.a)); };
    switch (of.what) {
      case map: out.push_back(of.made == kind ? changed() : converted(from, kind, of.made)); break;
      case filter:
        if (kept(seen, of.a))
          out.push_back(from);
        break;
      case contains:
        if (from.text.find(searched_text(of)) != std::string::npos)
          out.push_back(from);
        break;
      case flat_map:
      case flat_map_emit:
        out.push_back(from);
        if (kept(seen, of.a))
          out.push_back(changed());
        break;
      case split_words: {
        std::string word;
        for (auto byte : from.text + " ")
          if (byte != ' ' && byte != '\t')
            word += byte;
          else if (!word.empty())
            out.push_back({std::exchange(word, {}), 0, 0, 0});
        break;
      }
      case map_partitions:
      case map_partitions_with_index:
      case map_chunks: out.push_back(changed()); break;
      case key_by: out.push_back({{}, group_of(seen, of.a), 0, digest(seen)}); break;
      case sample:
        if (fraction_of(of) == 1)
          out.push_back(from);
        break;
      case keys: out.push_back({from.text, 0, from.real, from.key}); break;
      case values: out.push_back({{}, 0, 0, from.number}); break;
      case map_values: out.push_back(with_number(from, wrap(from.number * 5 + of.a))); break;
      case flat_map_values:
        for (auto times = std::abs(from.number) % 3; times > 0; --times)
          out.push_back(with_number(from, wrap(from.number + times)));
        break;
      default: out.push_back(from); break;
    }
  });
}

records model::shuffled(const step& of) const {
  using enum operation;
  auto& in = input(of);
  auto kind = sort_in(of);
  auto by_group = [&](auto& x, auto& y) { return group_of(view_of(x), of.a) < group_of(view_of(y), of.a); };
  auto mixed_with = [&](const record& from, std::int64_t extra) { return owned(mixed(kind, view_of(from), extra)); };
  switch (of.what) {
    case distinct: return unique(in);
    case sort_by:
      return sorts_exactly(of)  ? sorted(in, exactly_less{}, descends(of))
             : sorts_wholly(of) ? sorted(in, less{}, descends(of))
                                : sorted(in, by_group, descends(of));
    case sort_by_key:
      return sorted(
        in, [](auto& x, auto& y) { return less{}(key_of(x), key_of(y)); }, descends(of));
    case top: {
      auto all = sorts_exactly(of)  ? sorted(in, exactly_less{}, true)
                 : top_by_group(of) ? sorted(in, by_group, true)
                                    : sorted(in, less{}, true);
      all.resize(std::min(all.size(), top_count(of)));
      return all;
    }
    case zip_with_index: {
      std::int64_t index = 0;
      return each(in, [&](auto& from, auto& out) { out.push_back(mixed_with(from, index++)); });
    }
    case zip: {
      if (of.b % 3 != 2)
        return each(in, [&](auto& from, auto& out) {
          out.push_back(mixed_with(from, digest(touched(kind, view_of(from), of.a))));
        });
      auto other = sorted(in, less{}, true);
      std::size_t at = 0;
      return each(in, [&](auto& from, auto& out) { out.push_back(mixed_with(from, digest(view_of(other[at++])))); });
    }
    case cartesian: {
      auto others = other(of);
      return each(in, [&](auto& from, auto& out) {
        for (auto& second : others)
          out.push_back(mixed_with(from, digest(view_of(second))));
      });
    }
    case intersection: return in_both(in, other(of));
    case subtract: return without_those(in, other(of));
    case count: return {{{}, 0, 0, static_cast<std::int64_t>(in.size())}};
    case count_by_value: {
      std::map<record, std::int64_t, less> counts;
      for (auto& from : in)
        ++counts[normal(from)];
      records out;
      for (auto& [from, times] : counts)
        out.push_back(mixed_with(from, times));
      return out;
    }
    default: // reduce
      if (in.empty())
        return {};
      return {minds_order(of) ? of.a % 2 == 0 ? in.front() : in.back()
                              : *std::max_element(in.begin(), in.end(), exactly_less{})};
  }
}

records model::keyed_shuffled(const step& of) const {
  using enum operation;
  if (of.what == partition_by && of.b % 2 != 0)
    return input(of);
  keyed groups;
  for (auto& from : input(of))
    if (of.what == group_by)
      groups[{{}, group_of(view_of(from), of.a), 0, 0}].push_back(digest(view_of(from)));
    else
      groups[key_of(from)].push_back(from.number);
  records out;
  for (auto& [key, values] : groups) {
    auto joined = [&, &values = values](std::int64_t how) {
      auto sum = values.front();
      for (std::size_t at = 1; at < values.size(); ++at)
        sum = joined_value(how, sum, values[at]);
      return sum;
    };
    auto add = [&, &key = key](std::int64_t number) { out.push_back(with_number(key, number)); };
    switch (of.what) {
      case reduce_by_key: add(joined(joining_of(of))); break;
      case fold_by_key: add(of.a % 2 == 0 ? wrap(joined(0)) : joined(1)); break;
      case combine_by_key: add(wrap(joined(0)) + 10'000 * static_cast<std::int64_t>(values.size())); break;
      case partition_by: add(folded(values, false)); break; // all of a key are in one partition
      default: add(folded(values, minds_order(of))); break;
    }
  }
  return out;
}

records model::joined(const step& of) const {
  using enum operation;
  keyed left, right;
  for (auto& from : input(of))
    left[key_of(from)].push_back(from.number);
  for (auto& from : other(of))
    right[key_of(from)].push_back(from.number);
  auto both = left;
  both.insert(right.begin(), right.end());
  records out;
  for (auto& [key, unused] : both) {
    auto here = left[key];
    auto there = right[key];
    auto add = [&, &key = key](std::int64_t number) { out.push_back(with_number(key, number)); };
    if (of.what == cogroup) {
      add(folded(here, minds_order(of)) * 17 + folded(there, minds_order(of)));
      continue;
    }
    if (of.what == subtract_by_key) {
      if (there.empty())
        for (auto each : here)
          add(each);
      continue;
    }
    constexpr std::int64_t missing = -600;
    if (here.empty() && (of.what == right_outer_join || of.what == full_outer_join))
      here = {missing};
    if (there.empty() && (of.what == left_outer_join || of.what == full_outer_join))
      there = {missing};
    for (auto first : here)
      for (auto second : there)
        add(wrap(first * 31 + second));
  }
  return out;
}

records model::transformed(const step& of) const {
  using enum operation;
  auto& in = input(of);
  auto kind = sort_in(of);
  auto seconds = time_ms_ / 1000;
  switch (of.what) {
    case transform: {
      auto fixed = of_views(static_records(kind, of.a));
      if (of.b % 3 == 0)
        return kept_of(united(in, fixed), of.a);
      return of.b % 3 == 1 ? unique(in) : without_those(in, fixed);
    }
    case transform_timed:
      return united(touched_all(in, kind, of.a + seconds), of_views(static_records(kind, of.a + seconds)));
    case transform_with: return of.b % 2 == 0 ? unique(united(in, input(of, 1))) : in_both(in, input(of, 1));
    case transform_with_timed: return without_those(touched_all(in, kind, seconds), input(of, 1));
    case transform_all: return kept_of(united(in, input(of, 1)), of.a);
    default: return touched_all(united(in, input(of, 1)), kind, of.a + seconds);
  }
}

} // namespace metamorphic
