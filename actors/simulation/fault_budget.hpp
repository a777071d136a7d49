#pragma once

#include <algorithm>
#include <iterator>

#include "actors/monitor/chaos_page.hpp"
#include "actors/simulation/trial.hpp"

namespace weir::actors::simulation {

/// How many faults may still come, and what those that came have hit. It looks at the phases of open batches, as experiments with real processes do.
class fault_budget {
public:
  explicit fault_budget(trial& of) : trial_{of}, left_{of.plan.faults.count} { use_chaos_page(&page_); }
  ~fault_budget() { use_chaos_page(nullptr); }
  fault_budget(const fault_budget&) = delete;
  fault_budget& operator=(const fault_budget&) = delete;

  bool is_spent() const { return left_ == 0; }
  bool any_batch_is_open() const {
    return std::any_of(std::begin(page_.open), std::end(page_.open), [](auto& open) { return open != 0; });
  }

  /// What is planned among the faults and is none.
  void spend() { --left_; }

  /// It hits the phase of the oldest open batch: batches go through the phases in order, so the oldest is the furthest.
  void count(fault_kind kind) {
    spend();
    auto& ended = trial_.ended;
    ++ended.injected;
    ++ended.by_kind[static_cast<std::size_t>(kind)];
    for (auto phase = phase_count; phase-- > 0;)
      if (page_.open[phase] > 0) {
        ++ended.effective;
        ++ended.by_phase[static_cast<std::size_t>(phase)];
        return;
      }
  }

  void process_ended() {
    for (auto& open : page_.open)
      open = 0;
  }

private:
  trial& trial_;
  std::uint32_t left_;
  chaos_page page_;
};

} // namespace weir::actors::simulation
