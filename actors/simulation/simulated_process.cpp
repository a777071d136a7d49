#include "actors/simulation/simulated_process.hpp"

#include "actors/simulation/simulated_scratch.hpp"
#include "libstream/log/recovery.hpp"

namespace weir::actors::simulation {

process_services simulated_process::make_services() {
  auto& planned = run_.plan;
  auto program = shared_.program.build(lives_ended_);
  process_services services;
  services.application->settings = planned.settings;
  auto& settings = services.application->settings;
  if (auto& intervals = planned.upgrades.intervals; !intervals.empty())
    settings.batch_interval = intervals[run_.time.random().below(intervals.size())];
  settings.executors = static_cast<std::uint32_t>(run_.time.random().between(1, planned.most_executors));
  services.application->record.application = "simulated";
  services.application->record.hash_seed = planned.hash_seed;
  services.application->record.partitions = planned.partitions;
  services.application->record.interval_us = static_cast<std::uint64_t>(settings.batch_interval.count());
  services.application->plan = program;
  for (auto& [name, digest] : program->static_data())
    services.application->static_tables.push_back({name, digest});
  services.application->dead_letters = program->outputs().back().index;
  services.node->exchange.bound(planned.settings.exchange_bytes,
                                std::make_shared<simulated_scratch>([this] { return shared_.disk.scratch_fails(); }));
  services.node->staging.bound(planned.settings.staging_bytes);
  services.use_store(std::make_shared<simulated_store>(
    log_, [this](bool makes_room) { return shared_.disk.commit_ends(makes_room); },
    [this](const log::transaction& changes) {
      run_.judged_now(bounds_.written(changes));
      shared_.judge.written(changes, *log_);
    }));
  services.node->files = shared_.files;
  services.node->journal = shared_.judge.listen(log_, bounds_);
  services.node->wall_clock_us = [this] { return shared_.outside.wall_clock_us(); };
  services.node->random = [this] { return run_.time.random().next(); };
  furnish_inputs(*services.node);
  services.node->print = [](std::string_view) { return result<void>{}; };
  services.application->fail = [this](const error& why) { failed(why); };
  services.application->spoil = [this](const error& why) { run_.violated(why.message()); };
  services.coordinator->idle = [] {};
  services.coordinator->finished = [this] { drained_ = true; };
  return services;
}

void simulated_process::furnish_inputs(node_services& node) {
  node.ingest = shared_.outside.network();
  node.replayable = shared_.outside.replayable();
  node.watch_directory = [this](input_id input) { return shared_.outside.watch(input); };
  node.open_feed = [this](input_id input, std::shared_ptr<feed_listener> listener) -> result<std::unique_ptr<feed>> {
    return shared_.outside.open(input, std::move(listener));
  };
}

void simulated_process::start() {
  draining_ = drained_ = stopping_ = failed_ = for_good_ = false;
  auto job_takes = [this](const std::string& worker) {
    auto& planned = run_.plan;
    auto& range = worker == "log"                  ? planned.log_job
                  : worker.starts_with("executor") ? planned.task_job
                  : worker.starts_with("sink")     ? planned.sink_job
                                                   : planned.listing_job;
    auto takes = run_.time.random().between(range.shortest, range.longest);
    return run_.time.random().percent(planned.slow_jobs_percent) ? takes * 20 : takes;
  };
  bounds_.process_started();
  auto services = make_services();
  run_.time.note("start with " + std::to_string(services.application->settings.executors) + " executors");
  life_ = std::make_unique<actors::simulation::life>(
    run_.time, services, std::make_shared<simulated_workers>(run_.time, job_takes), run_.plan.restarts, run_.plan.links,
    [this](const std::string& sentence) { run_.violated(sentence); });
}

void simulated_process::leave() {
  if (life_)
    run_.ended.links.add(life_->links().counts());
  life_.reset();
}

void simulated_process::drain(bool for_good) {
  draining_ = true;
  for_good_ = for_good;
  run_.time.note(for_good ? "drain at the end" : "drain");
  life_->drain();
}

void simulated_process::end() {
  shared_.outside.network()->drop_all_ports();
  leave();
  shared_.program.life_ended();
  ++lives_ended_;
}

bounds_watch::memory simulated_process::memory_now() const {
  auto& node = *life_->services().node;
  return {node.exchange.held_bytes(), node.staging.bytes(), node.staging.unpublished_bytes()};
}

bool simulated_process::is_to_end() {
  if (life_ && failed_) {
    has_ended_by_failure_ = true;
    return true;
  }
  if (life_ && drained_ && draining_ && !stopping_) {
    run_.time.note("drained");
    stopping_ = true;
    life_->stop();
  }
  if (!life_ || !stopping_ || !life_->has_stopped())
    return false;
  over_ = for_good_;
  return !over_;
}

bool simulated_process::log_is_empty() const {
  auto contents = log::read_contents(*log_);
  return contents && contents->blocks.empty() && contents->batches.empty() && contents->commits.empty() &&
         contents->staged.empty();
}

bool simulated_process::log_has_no_blocks() const {
  auto contents = log::read_contents(*log_);
  return contents && contents->blocks.empty();
}

std::string simulated_process::describe() const {
  std::string text;
  if (auto contents = log::read_contents(*log_)) {
    text += "; log: " + std::to_string(contents->blocks.size()) + " blocks, " +
            std::to_string(contents->batches.size()) + " batches, " + std::to_string(contents->commits.size()) +
            " of them committed";
    if (!contents->batches.empty())
      text += ", oldest " + std::to_string(contents->batches.begin()->first.value);
  }
  if (draining_)
    text += drained_ ? "; does not stop" : "; does not drain";
  return text;
}

} // namespace weir::actors::simulation
