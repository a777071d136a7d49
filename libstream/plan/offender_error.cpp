#include "libstream/plan/offender_error.hpp"

#include "libstream/data/record_traits.hpp"

namespace weir::plan {

namespace {

std::string in_quotes(std::string_view text) {
  constexpr std::size_t most = 200;
  std::string shown = "\"";
  data::append_escaped(text.substr(0, most), shown);
  return shown + (text.size() > most ? "..." : "") + "\"";
}

} // namespace

error error_of(const offender& culprit, const stage& of, batch_id batch, task_index task, const std::string& from,
               std::string hint) {
  auto where = "user function of operator " + culprit.operator_name + ", batch " + std::to_string(batch.value) +
               ", partition " + std::to_string(task.value);
  if (!of.reads_text)
    where += ", key ";
  else
    where += (from.empty() ? "" : ", " + from) + ", record " + std::to_string(culprit.position) + " ";
  return {error_code::failed, culprit.problem, where + in_quotes(culprit.text), std::move(hint)};
}

error with_offender(const physical_plan& plan, const task_input& input, const std::string& from, error why) {
  auto& of = plan.stages()[input.stage.value];
  if (why.thrown_by.empty() || !can_leave_out(of))
    return why;
  offender_search first_one;
  first_one.only_one = true;
  auto offenders = find_offenders(plan, input, first_one);
  if (!offenders || offenders->empty())
    return why;
  auto named = error_of(offenders->front(), of, input.batch, input.index, from, std::move(why.hint));
  named.thrown_by = std::move(why.thrown_by);
  return named;
}

} // namespace weir::plan
