#include "tests/metamorphic/check.hpp"

#include <algorithm>

#include "tests/metamorphic/model.hpp"

namespace metamorphic {

namespace {

/// The lines of an output, parts one behind the other.
std::vector<std::string> lines_of(const staged_batch& batch, weir::output_index output, sort kind) {
  std::vector<std::string> lines;
  for (auto& part : batch)
    if (part.output == output) {
      std::string_view rest = part.bytes;
      for (; !rest.empty(); rest.remove_prefix(std::min(rest.size(), rest.find('\n') + 1)))
        lines.emplace_back(rest.substr(0, rest.find('\n')));
    }
  if (kind == sort::reading) // as msgpack shows numbers is its own affair
    for (auto& line : lines)
      line = line_of(kind, record_of_line(kind, line));
  return lines;
}

std::string listed(const std::vector<std::string>& lines) {
  std::string text = std::to_string(lines.size()) + " lines:";
  for (std::size_t at = 0; at < std::min<std::size_t>(lines.size(), 30); ++at)
    text += " [" + lines[at] + "]";
  return text + (lines.size() > 30 ? " ...\n" : "\n");
}

/// Keys of a sort that are out of order, where equal keys may stand in any.
bool is_sorted(const step& of, const std::vector<std::string>& lines) {
  if (of.what != operation::sort_by && of.what != operation::sort_by_key)
    return true;
  auto ahead = [&](const std::string& x, const std::string& y) {
    auto a = record_of_line(of.made, x), b = record_of_line(of.made, y);
    if (of.what == operation::sort_by_key)
      a.number = b.number = 0;
    else if (!sorts_wholly(of))
      return group_of(view_of(a), of.a) < group_of(view_of(b), of.a);
    return sorts_exactly(of) && of.what == operation::sort_by ? exactly_less{}(a, b) : less{}(a, b);
  };
  return std::is_sorted(lines.begin(), lines.end(),
                        [&](auto& x, auto& y) { return descends(of) ? ahead(y, x) : ahead(x, y); });
}

std::string difference_of_batch(const pipeline& of, std::size_t which, const ran& what) {
  auto shown = [&](std::size_t step) {
    return lines_of(what.batches[which], what.outputs.at("s" + std::to_string(step)), of.steps[step].made);
  };
  auto seen = [&](std::size_t step) {
    records all;
    for (auto& line : shown(step))
      all.push_back(record_of_line(of.steps[step].made, line));
    return all;
  };
  model expected{of, of.batches[which], static_cast<std::int64_t>(which + 1) * 1000, seen};
  if (!expected.complaint().empty())
    return expected.complaint() + "\n";
  for (std::size_t at = 0; at < of.steps.size(); ++at) {
    auto& step = of.steps[at];
    if (!step.shown)
      continue;
    std::vector<std::string> right;
    for (auto& each : expected.of(at))
      right.push_back(line_of(step.made, each));
    auto lines = shown(at);
    auto sorted = is_sorted(step, lines);
    if (!step.ordered) {
      std::sort(lines.begin(), lines.end());
      std::sort(right.begin(), right.end());
    }
    if (lines != right || !sorted)
      return "step s" + std::to_string(at) + " (" + name_of(step.what) + ")" + (sorted ? "" : " is not sorted") +
             ", batch " + std::to_string(which + 1) + "\n    expected " + listed(right) + "    shown    " +
             listed(lines);
  }
  return {};
}

/// Which records a sample keeps does not depend on the layout. Which of those that are equal it keeps may, where their order does.
std::string difference_of_samples(const pipeline& of, const ran& first, const ran& second) {
  for (std::size_t step = 0; step < of.steps.size(); ++step)
    for (std::size_t which = 0; is_chance(of.steps[step]) && which < first.batches.size(); ++which) {
      auto kept = [&](const ran& what) {
        auto kind = of.steps[step].made;
        auto lines = lines_of(what.batches[which], what.outputs.at("s" + std::to_string(step)), kind);
        for (auto& line : lines)
          line = line_of(kind, normal(record_of_line(kind, line)));
        std::sort(lines.begin(), lines.end());
        return lines;
      };
      if (auto here = kept(first), there = kept(second); here != there)
        return "step s" + std::to_string(step) + " (sample), batch " + std::to_string(which + 1) +
               " depends on the layout\n    " + listed(here) + "    " + listed(there);
    }
  return {};
}

bool same(const staged_batch& a, const staged_batch& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](auto& x, auto& y) {
    return x.output == y.output && x.part == y.part && x.records == y.records && x.bytes == y.bytes;
  });
}

} // namespace

std::string difference(const pipeline& of, const layout& how, const ran& what) {
  auto where = " (" + std::to_string(how.partitions) + " partitions, " + std::to_string(how.records_per_split) +
               " records a split)";
  if (!what.problem.empty())
    return "it fails" + where + ": " + what.problem + "\n";
  for (std::size_t which = 0; which < what.batches.size(); ++which)
    if (auto found = difference_of_batch(of, which, what); !found.empty())
      return found + "   " + where + "\n";
  return {};
}

std::string difference(const pipeline& of) {
  auto first = first_layout(of.seed);
  auto reference = on_one_thread(of, first);
  if (auto found = difference(of, first, reference); !found.empty())
    return found;
  auto second = second_layout(of.seed);
  auto other = on_one_thread(of, second);
  if (auto found = difference(of, second, other); !found.empty())
    return found;
  if (auto found = difference_of_samples(of, reference, other); !found.empty())
    return found;
  for (auto& [name, run] : other_ways()) {
    auto what = run(of, first);
    if (!what.problem.empty())
      return std::string{name} + " it fails: " + what.problem + "\n";
    for (std::size_t which = 0; which < what.batches.size(); ++which)
      if (!same(what.batches[which], reference.batches[which]))
        return std::string{name} + " batch " + std::to_string(which + 1) + " has other bytes than on one thread\n" +
               difference(of, first, what);
  }
  return {};
}

pipeline shrunk(pipeline of, const std::function<std::string(const pipeline&)>& difference) {
  int left = 600; // pipelines to try
  auto keep_if_bad = [&](pipeline smaller) {
    if (left-- <= 0 || difference(smaller).empty())
      return false;
    of = std::move(smaller);
    return true;
  };
  for (auto better = true; better;) {
    better = false;
    for (auto at = of.steps.size(); at-- > 1;)
      if (auto smaller = of; without(smaller, at))
        better |= keep_if_bad(std::move(smaller));
    for (std::size_t which = 0; which < of.batches.size(); ++which)
      for (auto part = std::max<std::size_t>(1, of.batches[which].lines.size()); part > 0; part /= 2) {
        for (std::size_t from = 0; from < of.batches[which].lines.size();) {
          auto smaller = of;
          auto& lines = smaller.batches[which].lines;
          lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(from),
                      lines.begin() + static_cast<std::ptrdiff_t>(std::min(lines.size(), from + part)));
          if (keep_if_bad(std::move(smaller)))
            better = true;
          else
            from += part;
        }
        if (auto smaller = of; !smaller.batches[which].received.empty()) {
          auto& received = smaller.batches[which].received;
          received.resize(received.size() - std::min(received.size(), part));
          better |= keep_if_bad(std::move(smaller));
        }
      }
  }
  return of;
}

std::string report(const pipeline& of) {
  auto smallest = shrunk(of, [](const pipeline& each) { return difference(each); });
  return "a smallest pipeline that differs:\n" + described(smallest) + "\n" + difference(smallest) +
         "run just this seed: WEIR_METAMORPHIC_FROM=" + std::to_string(of.seed) +
         " WEIR_METAMORPHIC_SEEDS=1 metamorphic_tests \"[long]\"\n";
}

} // namespace metamorphic
