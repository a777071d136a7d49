// Functions that do not hide what they cannot do: they throw, and `on_error` decides what becomes of the record.
#include <charconv>
#include <stdexcept>
#include <string>

#include <weir/weir.hpp>

namespace {

using payment = std::pair<std::string_view, std::int64_t>; // who, cents

/// "ann,250"; anything else is no payment.
payment parse(std::string_view line) {
  auto comma = line.find(',');
  if (comma == 0 || comma == std::string_view::npos)
    throw std::invalid_argument{"not of the form user,amount"};
  std::int64_t cents = 0;
  auto [end, problem] = std::from_chars(line.data() + comma + 1, line.data() + line.size(), cents);
  if (problem != std::errc{} || end != line.data() + line.size())
    throw std::invalid_argument{"the amount is not a whole number"};
  return {line.substr(0, comma), cents};
}

std::int64_t add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum))
    throw std::overflow_error{"the sum is too large"};
  return sum;
}

void build(weir::stream_context& ctx) {
  ctx
    .text_input()       // the lines of all --input URLs
    .map(parse)         // throws for a line that is no payment
    .named("parse")     // what errors and dead letters call it
    .reduce_by_key(add) // (user, sum of the batch); throws for a user whose sum does not fit
    .named("sums")
    .write_to(ctx.output());
}

} // namespace

WEIR_APPLICATION("poison-records", build)
