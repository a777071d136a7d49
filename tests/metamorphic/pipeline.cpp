#include "tests/metamorphic/pipeline.hpp"

#include <algorithm>
#include <array>

namespace metamorphic {

namespace {

constexpr std::array<const char*, operation_count> operation_names{
#define X(name) #name,
  WEIR_METAMORPHIC_OPERATIONS(X)
#undef X
};

const char* name_of(sort kind) {
  static const char* const names[] = {"number", "text", "pair", "named", "real", "flag", "measured", "reading"};
  return names[static_cast<std::size_t>(kind)];
}

} // namespace

const char* name_of(operation which) { return operation_names[static_cast<std::size_t>(which)]; }

bool is_used(const pipeline& of, std::size_t step) {
  return std::any_of(of.steps.begin(), of.steps.end(), [step](auto& each) {
    return std::find(each.from.begin(), each.from.end(), step) != each.from.end();
  });
}

bool without(pipeline& of, std::size_t gone) {
  auto step = of.steps[gone];
  if (gone == 0 || of.steps.size() < 2)
    return false;
  auto used = is_used(of, gone);
  if (used) { // what comes behind wants the same sort, no more records, and the same order
    if (step.from.empty() || step.what == operation::top)
      return false;
    auto& input = of.steps[step.from[0]];
    if (input.made != step.made || (step.ordered && !input.ordered))
      return false;
  }
  of.steps.erase(of.steps.begin() + static_cast<std::ptrdiff_t>(gone));
  for (auto& each : of.steps)
    for (auto& input : each.from) {
      if (input == gone)
        input = step.from[0];
      input -= input > gone ? 1u : 0u;
    }
  for (std::size_t at = 0; at < of.steps.size(); ++at)
    of.steps[at].shown |= !is_used(of, at);
  return true;
}

std::vector<view> static_records(sort kind, std::int64_t a) {
  static const char* const texts[] = {"", "w1", "w2", "w3", "w1 w2", "a-word-of-more-than-sixteen-bytes-1", "t1", "t4"};
  std::vector<view> records;
  auto count = a % 7 == 0 ? 0 : 1 + a % 11;
  for (std::int64_t at = 0; at < count; ++at) {
    auto number = (at * (1 + a % 3) + a) % 13 - 4;
    view record;
    if (has_text(kind))
      record.text = texts[static_cast<std::size_t>((at * 3 + a) % 8)];
    if (kind == sort::pair)
      record.key = number % 5;
    if (has_real(kind))
      record.real = kind == sort::reading ? level_of(real_of(number * 7 + a)) : real_of(number * 7 + a);
    if (kind == sort::flag)
      record.number = number % 2 != 0;
    else if (kind != sort::text && kind != sort::real)
      record.number = number;
    records.push_back(record);
  }
  return records;
}

std::vector<pair_record> generated_records(std::int64_t seconds, std::int64_t a) {
  std::vector<pair_record> records;
  auto count = (seconds + a) % 4 == 0 ? 0 : 3 + a % 17;
  for (std::int64_t at = 0; at < count; ++at)
    records.emplace_back((at + seconds) % 5 - 1, wrap(at * a + seconds));
  return records;
}

std::string described(const pipeline& of) {
  std::string text = "seed " + std::to_string(of.seed) + "\n";
  for (std::size_t at = 0; at < of.steps.size(); ++at) {
    auto& each = of.steps[at];
    text += "  s" + std::to_string(at) + " = " + name_of(each.what) + "(";
    for (auto input : each.from)
      text += (text.back() == '(' ? "s" : ", s") + std::to_string(input);
    text += std::string{each.static_other ? ", static" : ""} + ") a=" + std::to_string(each.a) +
            " b=" + std::to_string(each.b) + ": " + name_of(each.made) + (each.ordered ? ", ordered" : "") +
            (each.shown ? ", shown" : "") + "\n";
  }
  for (std::size_t at = 0; at < of.batches.size(); ++at) {
    auto& input = of.batches[at];
    text += "  batch " + std::to_string(at + 1) + ": " + std::to_string(input.lines.size()) + " lines";
    for (std::size_t line = 0; line < std::min<std::size_t>(input.lines.size(), 20); ++line)
      text += (line == 0 ? ": '" : ", '") + input.lines[line] + "'";
    text += "; " + std::to_string(input.received.size()) + " received";
    for (std::size_t record = 0; record < std::min<std::size_t>(input.received.size(), 20); ++record)
      text += " (" + std::to_string(input.received[record].first) + ", " +
              std::to_string(input.received[record].second) + ")";
    text += "\n";
  }
  return text;
}

} // namespace metamorphic
