#include "actors/simulation/life.hpp"

#include "actors/batch_coordinator/protocol.hpp"
#include "actors/runtime/tree.hpp"

namespace weir::actors::simulation {

namespace {

/// Most seeds let actors die as often as they like.
constexpr restart_policy::limits patient{.restarts = 1'000'000,
                                         .window = std::chrono::milliseconds{400'000'000},
                                         .longest_pause = std::chrono::milliseconds{200},
                                         .escalations = 1'000'000};
/// However far apart its ends: faults are rare on virtual time.
restart_policy::limits limits_of(std::optional<std::uint32_t> restarts) {
  auto limits = patient;
  if (restarts) {
    limits.restarts = *restarts;
    limits.escalations = *restarts;
    limits.escalation_window = limits.window;
  }
  return limits;
}

constexpr std::size_t most_last_steps = 1'000'000;

/// The message that an actor will handle next. A build with sanitizers does not say: CAF's queues cast their own ends on the way there.
std::string next_message([[maybe_unused]] caf::scheduled_actor& actor) {
#ifdef __SANITIZE_ADDRESS__
  return "a message";
#else
  auto next = actor.mailbox().peek();
  return next ? caf::to_string(next->content()) : "a message";
#endif
}

} // namespace

life::life(timeline& time, process_services services, std::shared_ptr<simulated_workers> workers,
           std::optional<std::uint32_t> restarts, const planned_links& plan,
           std::function<void(const std::string&)> broken)
  : time_{time}, services_{std::move(services)}, workers_{std::move(workers)} {
  config_.set("scheduler.policy", caf::atom("testing"));
  config_.set("logger.verbosity", caf::atom("quiet"));
  config_.set("logger.file-verbosity", caf::atom("quiet"));
  register_messages(config_);
  system_.emplace(config_);
  system_->await_actors_before_shutdown(false);
  scheduler_ = &dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  scheduler_->clock().current_time = time_.now();
  run_all(); // CAF's own actors
  services_.node->workers = workers_;
  wire_ =
    std::make_shared<wire>(*system_, services_.node->directory, time_, plan, time_.random().next(), std::move(broken));
  services_.node->directory.carry_by(wire_);
  tree_ = spawn_tree(*system_, services_, limits_of(restarts));
}

life::~life() {
  workers_->drop_all();
  // Nobody is restarted; everything else an actor could still do has no effect any more.
  tree_->abandon();
  run_all();
  for (auto& [who, handle] : services_.node->directory.all())
    caf::anon_send_exit(caf::actor_cast<caf::actor>(handle), caf::exit_reason::kill);
  run_all();
  services_.node->directory.clear();
  services_.node->directory.carry_by(nullptr);
  tree_ = nullptr;
  wire_ = nullptr;
  scheduler_->clock().cancel_all();
  run_all();
  services_.node->workers = nullptr;
  system_.reset();
}

void life::run_all() {
  for (std::size_t i = 0; i < most_last_steps && scheduler_->try_run_once(); ++i)
    continue;
}

caf::scheduled_actor& life::actor_at(std::size_t place) const {
  return dynamic_cast<caf::scheduled_actor&>(*scheduler_->jobs[place]);
}

std::size_t life::runnable() {
  std::erase_if(frozen_, [this](auto& entry) { return entry.second <= time_.now(); });
  awake_.clear();
  for (std::size_t place = 0; place < scheduler_->jobs.size(); ++place)
    if (frozen_.empty() || !frozen_.count(actor_at(place).id()))
      awake_.push_back(place);
  return awake_.size();
}

void life::run(std::size_t which) {
  auto& jobs = scheduler_->jobs;
  wire_->speaks(actor_at(awake_[which]).id());
  if (time_.traces()) {
    auto& actor = actor_at(awake_[which]);
    time_.tell(std::string{actor.name()} + " <- " + next_message(actor));
  }
  std::swap(jobs[awake_[which]], jobs.front());
  scheduler_->try_run_once();
  wire_->is_silent();
}

void life::freeze(std::size_t which, timeline::duration pause) {
  auto& actor = actor_at(awake_[which]);
  time_.note(std::string{actor.name()} + " freezes for " + std::to_string(pause.count()) + " us");
  frozen_[actor.id()] = time_.now() + pause;
}

void life::freeze(const address& who, timeline::duration pause) {
  auto handle = services_.node->directory.find(who);
  if (!handle)
    return;
  time_.note(to_string(who) + " freezes for " + std::to_string(pause.count()) + " us");
  frozen_[handle->id()] = time_.now() + pause;
}

timeline::time_point life::next_waking() const {
  auto next = timeline::time_point::max();
  for (auto& [who, until] : frozen_)
    next = std::min(next, until);
  return next;
}

timeline::time_point life::next_timeout() const {
  auto& schedule = scheduler_->clock().schedule();
  return schedule.empty() ? timeline::time_point::max() : schedule.begin()->first;
}

void life::clock_moved() {
  auto& clock = scheduler_->clock();
  clock.advance_time(time_.now() - clock.current_time);
}

void life::kill(const address& who, way how) {
  auto name = to_string(who);
  switch (how) {
    case way::kill: tree_->send_exit(name, caf::exit_reason::kill); break;
    case way::exit_message: tree_->send_exit(name, caf::exit_reason::user_shutdown); break;
    case way::exception: tree_->send(name, caf::make_message(throw_on_purpose{}), true); break;
  }
}

void life::drain() {
  services_.coordinator->draining = true;
  services_.node->directory.send(services_.application->coordinator(), actors::drain{});
}

void life::stop() { tree_->stop(); }

bool life::has_stopped() const { return tree_->has_ended(); }

} // namespace weir::actors::simulation
