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
  std::int64_t number = 0;
  auto operator<=>(const record&) const = default;
};
using records = std::vector<record>;

inline view view_of(const record& of) { return {of.text, of.key, of.number}; }
inline record owned(const view& of) { return {std::string{of.text}, of.key, of.number}; }

/// As an output shows it, without its newline.
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
  using keyed = std::map<std::pair<std::string, std::int64_t>, std::vector<std::int64_t>>;

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
