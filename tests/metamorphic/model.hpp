#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/metamorphic/pipeline.hpp"

namespace metamorphic {

/// A record that owns its text.
struct record {
  std::string text;
  std::int64_t key = 0;
  double real = 0;
  std::int64_t number = 0;
};
using records = std::vector<record>;

inline view view_of(const record& of) { return {of.text, of.key, of.real, of.number}; }
inline record owned(const view& of) { return {std::string{of.text}, of.key, of.real, of.number}; }

/// The order of records, in which those are equal that are one key.
struct less {
  bool operator()(const record& a, const record& b) const { return before(view_of(a), view_of(b)); }
};
struct exactly_less {
  bool operator()(const record& a, const record& b) const { return exactly_before(view_of(a), view_of(b)); }
};
/// What all that are one key look like as a key.
inline record normal(record of) {
  of.real = std::isnan(of.real) ? std::numeric_limits<double>::quiet_NaN() : of.real == 0 ? 0.0 : of.real;
  return of;
}

/// As an output shows it, without its newline; of readings as such a line that `record_of_line` takes.
std::string line_of(sort kind, const record& of);
/// The other way round.
record record_of_line(sort kind, std::string_view line);

/// The reference: what each step has in one batch, computed plainly, record by record, without partitions. Where `step::ordered` does
/// not hold the order is just one of those that are right.
class model {
public:
  /// `seen(step)`: what a step that goes by chance showed. It is checked against what is possible, and believed.
  using observer = std::function<records(std::size_t step)>;

  model(const pipeline& of, const batch_input& input, std::int64_t time_ms, observer seen);

  const records& of(std::size_t step) const { return all_[step]; }
  /// What cannot be in what was seen; empty if nothing.
  const std::string& complaint() const { return complaint_; }

  /// An operation that the model gets wrong on purpose, to see that the difference is noticed.
  static inline std::function<void(const step&, records&)> mistake;

private:
  using keyed = std::map<record, std::vector<std::int64_t>, less>; ///< normal keys without a number

  records made(const step& of);
  records source(const step& of) const;
  records narrow(const step& of) const;
  records shuffled(const step& of) const;
  records keyed_shuffled(const step& of) const;
  records joined(const step& of) const;
  records transformed(const step& of) const;
  records chosen(std::size_t step);

  const records& input(const step& of, std::size_t which = 0) const { return all_[of.from[which]]; }
  sort sort_in(const step& of) const { return pipeline_.steps[of.from[0]].made; }
  records other(const step& of) const;

  const pipeline& pipeline_;
  const batch_input& input_;
  std::int64_t time_ms_;
  observer seen_;
  std::vector<records> all_;
  std::string complaint_;
};

} // namespace metamorphic
