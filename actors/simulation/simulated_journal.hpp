#pragma once

#include <functional>

#include "actors/monitor/journal.hpp"
#include "actors/simulation/timeline.hpp"

namespace weir::actors::simulation {

/// Makes what the actors tell part of the trace, and passes on what the world judges.
class simulated_journal final : public journal {
public:
  struct audience {
    std::function<void(const batch_submission&)> sealed;
    std::function<void(const batch_summary&)> committed;
    std::function<void(const log::batch_record&)> amended; ///< it leaves something out
    std::function<void(batch_id)> left_out;                ///< of an output
    std::function<void(input_id)> started;                 ///< a receiver
    std::function<void(input_id, std::uint64_t)> counted;  ///< the records that it has taken
    std::function<void(batch_id)> done;                    ///< all outputs have it
    std::function<void(input_id, std::uint64_t)> waits;    ///< bytes of the input for their batch
  };

  simulated_journal(timeline& time, audience told) : time_{time}, told_{std::move(told)} {}

  void input_bound(const std::string& url) override { time_.note("bound " + url); }
  void batch_submitted(const batch_submission& batch) override { told_.sealed(batch); }
  void batch_committed(const batch_summary& batch) override {
    time_.note("committed batch " + std::to_string(batch.batch.value) + ", " + std::to_string(batch.records) +
               " records");
    told_.committed(batch);
  }
  void batch_done(batch_id batch, std::int64_t) override {
    time_.note("done batch " + std::to_string(batch.value));
    told_.done(batch);
  }
  void batch_amended(const log::batch_record& batch) override {
    time_.note("amended batch " + std::to_string(batch.id.value));
    told_.amended(batch);
  }
  void actor_restarted(const address& who, const std::string&) override { time_.note("ended " + to_string(who)); }
  void receiver_started(input_id input, const std::string&) override { told_.started(input); }
  void receiver_counted(input_id input, const receiver_figures& figures) override {
    told_.counted(input, figures.records);
  }
  void input_waits(input_id input, std::uint64_t, std::uint64_t bytes) override { told_.waits(input, bytes); }
  void tell(const event& what) override {
    if (std::string_view{what.name} == "output_left_out")
      told_.left_out(*what.batch);
    journal::tell(what);
  }
  void warning(const std::string& sentence) override { time_.note("warning: " + sentence); }
  void detail(const std::string&) override {}

private:
  timeline& time_;
  audience told_;
};

} // namespace weir::actors::simulation
