#pragma once

#include <functional>

#include "actors/monitor/journal.hpp"
#include "actors/simulation/timeline.hpp"

namespace weir::actors::simulation {

/// Makes what the actors tell part of the trace, and passes on when a batch is committed, leaves something out, or is left out of an output.
class simulated_journal final : public journal {
public:
  simulated_journal(timeline& time, std::function<void()> committed,
                    std::function<void(const log::batch_record&)> amended, std::function<void(batch_id)> left_out)
    : time_{time}, committed_{std::move(committed)}, amended_{std::move(amended)}, left_out_{std::move(left_out)} {}

  void input_bound(const std::string& url) override { time_.note("bound " + url); }
  void batch_committed(const batch_summary& batch) override {
    time_.note("committed batch " + std::to_string(batch.batch.value) + ", " + std::to_string(batch.records) +
               " records");
    committed_();
  }
  void batch_done(batch_id batch, std::int64_t) override { time_.note("done batch " + std::to_string(batch.value)); }
  void batch_amended(const log::batch_record& batch) override {
    time_.note("amended batch " + std::to_string(batch.id.value));
    amended_(batch);
  }
  void actor_restarted(const address& who, const std::string&) override { time_.note("ended " + to_string(who)); }
  void tell(const event& what) override {
    if (std::string_view{what.name} == "output_left_out")
      left_out_(*what.batch);
    journal::tell(what);
  }
  void warning(const std::string& sentence) override { time_.note("warning: " + sentence); }
  void detail(const std::string&) override {}

private:
  timeline& time_;
  std::function<void()> committed_;
  std::function<void(const log::batch_record&)> amended_;
  std::function<void(batch_id)> left_out_;
};

} // namespace weir::actors::simulation
