#include "libstream/plan/delivery.hpp"

#include <exception>

#include "libstream/plan/permanent_failure.hpp"

namespace weir::plan {

namespace {

result<void> call(delivery& to, const delivered_batch& batch, bool& for_ever) {
  try {
    return to.deliver(batch);
  } catch (const permanent_failure& thrown) {
    for_ever = true;
    return fail(error_code::failed, thrown.what());
  } catch (const std::exception& thrown) {
    return fail(error_code::failed, thrown.what());
  } catch (...) {
    return fail(error_code::failed, "an exception that is not a std::exception");
  }
}

} // namespace

result<void> deliver(delivery& to, const delivered_batch& batch) {
  auto for_ever = false;
  auto done = call(to, batch, for_ever);
  if (done)
    return done;
  auto why = std::move(done.error());
  auto failed_part = to.failed_at();
  auto name = std::string{why.code == error_code::corrupt ? "" : "user function of "} + "output " + batch.output +
              ", batch " + std::to_string(batch.batch.value) + (failed_part.empty() ? "" : ", " + failed_part);
  why.where = why.where.empty() ? name : name + ", " + why.where;
  if (why.hint.empty())
    why.hint = for_ever                          ? "the log keeps the batch, and the next start hands it over"
               : why.code == error_code::corrupt ? "look at the data directory with weir log --verify"
                                                 : "mend the function or what it writes to, or see on_error";
  if (!for_ever && why.code != error_code::corrupt && !why.full)
    why.thrown_by = batch.output;
  return tl::make_unexpected(std::move(why));
}

} // namespace weir::plan
