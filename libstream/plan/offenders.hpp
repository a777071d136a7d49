#pragma once

#include <string>
#include <vector>

#include "libstream/base/limits.hpp"
#include "libstream/plan/task.hpp"

/// Records and keys on which user functions fail: how they are found, and how a task goes on without them. Pure.
namespace weir::plan {

/// One record of a task that reads an input, or one key of a task behind a keyed shuffle.
struct offender {
  std::uint64_t position = 0; ///< of the record among those of the task, from 0; or the hash of the key
  std::size_t piece = 0;      ///< of a record: that of `task_input::text` in which it lies
  std::string text;           ///< the record, or the key as an output shows it
  std::string operator_name;  ///< whose function failed
  std::string problem; ///< what it said, cut to `limits::problem_bytes`, of later ones to `limits::later_problem_bytes`
};

/// Whether single records or keys of this stage can be left out.
inline bool can_leave_out(const stage& of) { return of.reads_text || of.keyed; }

struct offender_search {
  /// What is left out already, ascending.
  std::vector<std::uint64_t> known = {};
  /// More offenders than this, those known included, and more than this share of the task's records or keys, are an error.
  std::size_t always = limits::always_isolated;
  double share = limits::isolated_share;
  /// How often in a row a record must fail by itself: one that passes now and then is none.
  std::uint32_t tries = 1;
  /// One is enough.
  bool only_one = false;
};

/// Finds what a task must leave out in order to succeed, by running it on ever smaller parts of its input (delta debugging, Zeller 2002, in the
/// simple form that fits records that fail by themselves). Where only several together make a function fail, the last one of the shortest failing
/// beginning is taken; but where it fails on pairs of records (a reduction), one that fails together with several others that do not fail with
/// each other is taken, and not those others. `input` is the task's whole input; the stage must satisfy `can_leave_out`. Ascending; empty if nothing fails for good.
///
/// Cost: at most three times the task for one offender, in about 2 log n runs; less for each further one. The results of all these runs are dropped.
/// Errors: those of the task that no user function causes; 1 if there would be too many offenders.
result<std::vector<offender>> find_offenders(const physical_plan& plan, const task_input& input,
                                             const offender_search& how = {});

/// Takes the records at these positions (ascending) out of the input of a task that reads an input, or the keys with these hashes out of that of
/// one that does not. Answers the text of the records; that of keys is in the result of the task.
std::vector<std::string> leave_out(task_input& input, const physical_plan& plan,
                                   const std::vector<std::uint64_t>& positions);

} // namespace weir::plan
