#pragma once

#include <set>
#include <string>
#include <vector>

#include "actors/simulation/checker.hpp"
#include "actors/simulation/expectation.hpp"
#include "actors/simulation/scenario.hpp"
#include "actors/simulation/simulated_files.hpp"
#include "actors/simulation/simulated_table.hpp"

namespace weir::actors::simulation {

/// Who reads the text outputs while they are written: the counts, the sums and the dead letters.
class readers {
public:
  readers(const scenario& planned, simulated_files& files);

  /// At every moment at which a reader might look. It looks at what changed, and at the whole again when it has looked at as many
  /// directories as the whole has: nothing may change that the file system does not tell of.
  void look();
  bool has_complaint() const;

  /// At the end: what they must have seen. Answers a violation that shows already, or nothing.
  std::string expect(const expectation& expected, bool isolated) {
    return expected.tell(counts_, sums_, dead_letters_, isolated);
  }
  /// At the end, over all outputs.
  checker::verdict conclude();
  /// After `conclude`, all of them.
  std::vector<std::string> violations() const;
  /// What an output shows: the parts of each batch time.
  simulated_table::published_parts published(const std::string& prefix) const;

private:
  void look_at_all();
  void look_at(const std::set<std::string>& changed);
  template <class Visit>
  void visit_outputs(Visit visit);

  const scenario& planned_;
  simulated_files& files_;
  checker counts_;
  checker sums_;
  checker dead_letters_;
  checker drawn_;                   ///< looks whether batches appear whole and in order; what they have others judge
  std::size_t looks_until_all_ = 0; ///< at single directories
};

} // namespace weir::actors::simulation
