#include "actors/receiver/live_feed.hpp"

#include "actors/receiver/live_runs.hpp"

namespace weir::actors {

namespace {

class live_feed final : public feed {
public:
  explicit live_feed(std::shared_ptr<live_runs> runs) : runs_{std::move(runs)} {}
  ~live_feed() override { runs_->close(); }

  void begin(std::uint64_t) override { runs_->start_run(); }
  void release(std::uint64_t bytes) override { runs_->release(bytes); }
  void limit(std::uint64_t records_per_s) override { runs_->limit(records_per_s); }
  void stored(std::uint64_t ticket, const result<void>& how) override { runs_->stored(ticket, how); }
  void wake(std::uint64_t why) override { runs_->wake(why); }
  void stop() override { runs_->drain(); }
  bool at_rest() override { return runs_->at_rest(); }

private:
  std::shared_ptr<live_runs> runs_;
};

} // namespace

std::unique_ptr<feed> open_live_feed(std::shared_ptr<plan::live_source> source, std::uint32_t stream_id,
                                     std::string name, const feed_options& options, std::shared_ptr<worker> thread,
                                     std::shared_ptr<feed_listener> listener) {
  return std::make_unique<live_feed>(std::make_shared<live_runs>(std::move(source), stream_id, std::move(name), options,
                                                                 std::move(thread), std::move(listener)));
}

std::string live_worker_name(std::uint32_t stream_id) { return "receiver-" + std::to_string(stream_id); }

} // namespace weir::actors
