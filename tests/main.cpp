#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include <iostream>

#include "tests/skip.hpp"

namespace {

constexpr int failed_exit = 1;   // Catch's own is the number of failed assertions, which may be any
constexpr int skipped_exit = 77; // what ctest takes for skipped; see discover.py

bool case_skipped = false;
std::size_t cases = 0;
std::size_t skipped_cases = 0;

/// Counts the test cases, and those of them that were skipped.
struct skip_listener final : Catch::TestEventListenerBase {
  using TestEventListenerBase::TestEventListenerBase;
  void testCaseStarting(const Catch::TestCaseInfo&) override { case_skipped = false; }
  void testCaseEnded(const Catch::TestCaseStats&) override { skipped_cases += case_skipped ? 1 : 0; }
  void testRunEnded(const Catch::TestRunStats& stats) override { cases = stats.totals.testCases.total(); }
};
CATCH_REGISTER_LISTENER(skip_listener)

} // namespace

namespace weir::testing {

void skip(const std::string& reason) {
  case_skipped = true;
  std::cout << "SKIPPED: " << reason << std::endl;
}

} // namespace weir::testing

int main(int argc, char** argv) {
  auto failures = Catch::Session{}.run(argc, argv);
  if (failures != 0)
    return cases == 0 ? failures : failed_exit;
  return cases > 0 && skipped_cases == cases ? skipped_exit : 0;
}
