#pragma once

#include <memory>
#include <vector>

#include "actors/monitor/journal.hpp"

namespace weir::actors {

/// Tells everything to several journals, in their order.
class composite_journal : public journal {
public:
  explicit composite_journal(std::vector<std::shared_ptr<journal>> parts) : parts_{std::move(parts)} {
    std::erase(parts_, nullptr);
  }

  void input_bound(const std::string& url) override { pass_on(&journal::input_bound, url); }
  void batch_committed(const batch_summary& batch) override { pass_on(&journal::batch_committed, batch); }
  void batch_done(batch_id batch, std::int64_t time_ms) override { pass_on(&journal::batch_done, batch, time_ms); }
  void actor_restarted(const address& who, const std::string& reason) override {
    pass_on(&journal::actor_restarted, who, reason);
  }
  void batch_submitted(const batch_submission& batch) override { pass_on(&journal::batch_submitted, batch); }
  void batch_started(batch_id batch, std::int64_t at_us) override { pass_on(&journal::batch_started, batch, at_us); }
  void output_started(batch_id batch, output_index output, std::int64_t at_us) override {
    pass_on(&journal::output_started, batch, output, at_us);
  }
  void output_ended(batch_id batch, output_index output, std::int64_t at_us, const std::string& failure) override {
    pass_on(&journal::output_ended, batch, output, at_us, failure);
  }
  void batches_recovered(const std::vector<batch_submission>& open,
                         const std::vector<batch_submission>& unpublished) override {
    pass_on(&journal::batches_recovered, open, unpublished);
  }
  void receiver_started(input_id input, const std::string& location) override {
    pass_on(&journal::receiver_started, input, location);
  }
  void receiver_stopped(input_id input, const std::string& why) override {
    pass_on(&journal::receiver_stopped, input, why);
  }
  void receiver_failed(input_id input, const std::string& sentence) override {
    pass_on(&journal::receiver_failed, input, sentence);
  }
  void receiver_counted(input_id input, const receiver_figures& figures) override {
    pass_on(&journal::receiver_counted, input, figures);
  }
  void input_waits(input_id input, std::uint64_t records, std::uint64_t bytes) override {
    pass_on(&journal::input_waits, input, records, bytes);
  }
  void batch_amended(const log::batch_record& batch) override { pass_on(&journal::batch_amended, batch); }
  void tell(const event& told) override { pass_on(&journal::tell, told); }
  void warning(const std::string& sentence) override { pass_on(&journal::warning, sentence); }
  void detail(const std::string& sentence) override { pass_on(&journal::detail, sentence); }

private:
  template <class... Parameters, class... Arguments>
  void pass_on(void (journal::*function)(Parameters...), const Arguments&... arguments) {
    for (auto& part : parts_)
      ((*part).*function)(arguments...);
  }

  std::vector<std::shared_ptr<journal>> parts_;
};

} // namespace weir::actors
