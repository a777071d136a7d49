#include "libstream/plan/delivery.hpp"

#include <catch2/catch.hpp>
#include <functional>

#include "libstream/plan/permanent_failure.hpp"

using namespace weir;

namespace {

class answering final : public plan::delivery {
public:
  explicit answering(std::function<result<void>()> answer) : answer_{std::move(answer)} {}
  result<void> deliver(const plan::delivered_batch&) override { return answer_(); }
  void cancel() override {}

private:
  std::function<result<void>()> answer_;
};

error failure_of(std::function<result<void>()> answer) {
  answering to{std::move(answer)};
  auto done = plan::deliver(to, {batch_id{7}, 7000, {}, "shop", "totals"});
  REQUIRE_FALSE(done);
  CHECK(done.error().message().find("output totals, batch 7") != std::string::npos);
  return done.error();
}

} // namespace

TEST_CASE("what a function of an output throws or answers is its own failure", "[delivery]") {
  CHECK(failure_of([]() -> result<void> { throw std::runtime_error{"no answer"}; }).thrown_by == "totals");
  CHECK(failure_of([]() -> result<void> { throw 5; }).thrown_by == "totals");
  CHECK(failure_of([] { return fail(error_code::disk, "the database is away"); }).thrown_by == "totals");
}

TEST_CASE("a full disk, damaged bytes and a failure for ever are no failure of the function that comes again",
          "[delivery]") {
  auto full = failure_of([] { return fail_full("no space left on device"); });
  CHECK(full.full);
  CHECK(full.thrown_by.empty());
  CHECK(failure_of([] { return fail(error_code::corrupt, "staged records end within a record"); }).thrown_by.empty());
  CHECK(failure_of([]() -> result<void> { throw permanent_failure{"it has gone"}; }).thrown_by.empty());
}
