#include "actors/simulation/faults.hpp"

#include <algorithm>

#include "actors/runtime/tree.hpp"

namespace weir::actors::simulation {

namespace {

using std::chrono::microseconds;

/// A fault waits this many steps for a batch to be open, so that few are wasted.
constexpr std::uint64_t waits_steps = 300;

} // namespace

void faults::schedule() {
  due_at_step_ = run_.ended.steps + 1 + run_.time.random().below(run_.plan.faults.steps_between);
}

void faults::maybe_inject(simulated_process& victim) {
  if (left_.is_spent())
    disk_.let_publish();
  if (left_.is_spent() || run_.ended.steps < due_at_step_)
    return;
  auto waited = run_.ended.steps - due_at_step_;
  if (!left_.any_batch_is_open() && waited < waits_steps)
    return;
  if (disk_.ends_while_publishing()) {
    if (waited < 4 * waits_steps)
      return;
    disk_.let_publish(); // nothing was published
    inject(fault::end_process, victim);
  } else {
    inject(draw(), victim);
  }
}

faults::fault faults::draw() {
  auto& planned = run_.plan.faults;
  const std::pair<fault, std::uint32_t> weights[] = {{fault::end_process, planned.end_process},
                                                     {fault::end_power, planned.end_power},
                                                     {fault::end_while_publishing, planned.end_while_publishing},
                                                     {fault::kill_actor, planned.kill_actor},
                                                     {fault::kill_and_freeze, planned.kill_and_freeze},
                                                     {fault::reset_connection, planned.reset_connection},
                                                     {fault::disk_full, planned.disk_full},
                                                     {fault::disk_fails, planned.disk_fails},
                                                     {fault::drain, planned.drain}};
  std::uint64_t sum = 0;
  for (auto& [kind, weight] : weights)
    sum += weight;
  auto chosen = run_.time.random().below(sum);
  for (auto& [kind, weight] : weights) {
    if (chosen < weight)
      return kind;
    chosen -= weight;
  }
  return fault::end_process;
}

void faults::inject(fault kind, simulated_process& victim) {
  switch (kind) {
    case fault::end_while_publishing: disk_.end_while_publishing(); return;
    case fault::end_process:
    case fault::end_power: end_process(victim, kind == fault::end_power); break;
    case fault::kill_actor: kill(victim, draw_address(victim, run_.plan.faults.victim)); break;
    case fault::kill_and_freeze: kill_and_freeze(victim); break;
    case fault::reset_connection: reset_connection(); break;
    case fault::disk_full: disk_.fill(); break;
    case fault::disk_fails: disk_.fail_soon(); break;
    case fault::drain:
      left_.spend();
      if (!victim.is_draining())
        victim.drain();
      break;
  }
  schedule();
}

void faults::end_process(simulated_process& victim, bool power) {
  left_.count(power ? fault_kind::power_cut : fault_kind::process_killed);
  end_(victim, power);
}

void faults::process_ended_in_operation(simulated_process& victim, bool power) {
  end_process(victim, power);
  schedule();
}

void faults::reset_connection() {
  if (run_.time.random().percent(50))
    network_.reset_next_data();
  else
    network_.reset_one();
  run_.time.note("reset a connection");
  left_.count(fault_kind::connection_reset);
}

/// Of this role, if anyone has it, else of any: each role is as likely, however many share it.
address faults::draw_address(simulated_process& of, std::optional<role> wanted) {
  auto all = addresses(*of.life().services().application);
  auto anyone_is = [&](role sought) {
    return std::any_of(all.begin(), all.end(), [=](auto& each) { return each.what == sought; });
  };
  while (!wanted || !anyone_is(*wanted))
    wanted = static_cast<role>(run_.time.random().below(7));
  std::erase_if(all, [&](auto& each) { return each.what != *wanted; });
  return all[run_.time.random().below(all.size())];
}

/// What the victim said last reaches its successor's world late, by way of a neighbour that was not scheduled meanwhile.
void faults::kill_and_freeze(simulated_process& of) {
  static constexpr std::pair<role, role> neighbours[] = {{role::receiver, role::block_store},
                                                         {role::receiver, role::block_store},
                                                         {role::receiver, role::checkpoint_writer},
                                                         {role::block_store, role::receiver},
                                                         {role::block_store, role::batch_coordinator},
                                                         {role::checkpoint_writer, role::block_store},
                                                         {role::checkpoint_writer, role::batch_coordinator},
                                                         {role::batch_coordinator, role::checkpoint_writer},
                                                         {role::batch_coordinator, role::sink},
                                                         {role::batch_coordinator, role::partition_executor},
                                                         {role::partition_executor, role::batch_coordinator},
                                                         {role::sink, role::batch_coordinator}};
  auto& random = run_.time.random();
  auto& planned = run_.plan.faults;
  auto [first, second] = neighbours[random.below(std::size(neighbours))];
  auto any = random.percent(30);
  auto victim = draw_address(of, planned.victim ? planned.victim : any ? std::nullopt : std::optional{first});
  auto frozen = draw_address(of, any ? std::nullopt : std::optional{second});
  auto long_enough = random.percent(50) ? 100'000 : random.magnitude(1'000, 100'000);
  of.life().freeze(frozen, microseconds{long_enough + random.below(200'000)});
  auto kill_later = [this, &of, victim, lives = of.lives_ended()](microseconds pause) {
    run_.time.after(pause, [this, &of, victim, lives] {
      if (lives == of.lives_ended() && of.lives())
        kill(of, victim);
    });
  };
  auto pause = microseconds{random.magnitude(10, 20'000)};
  if (random.percent(50))
    network_.on_next_data(
      [kill_later, pause = run_.plan.settings.block_interval + pause / 10](connection_id) { kill_later(pause); });
  else
    kill_later(pause);
}

void faults::kill(simulated_process& of, const address& who) {
  if (left_.is_spent())
    return;
  auto chance = run_.time.random().below(10);
  auto how = chance < 6 ? life::way::kill : chance < 8 ? life::way::exit_message : life::way::exception;
  if (who.what == role::supervisor && how == life::way::exception)
    how = life::way::kill; // it runs no code that might throw
  left_.count(how == life::way::kill           ? fault_kind::actor_killed
              : how == life::way::exit_message ? fault_kind::actor_told_to_end
                                               : fault_kind::actor_threw);
  run_.time.note((how == life::way::kill           ? "kill "
                  : how == life::way::exit_message ? "tell to end: "
                                                   : "exception in ") +
                 to_string(who));
  of.life().kill(who, how);
  // What is on its way to it dies with it.
  if (run_.time.random().percent(25))
    of.life().freeze(who, microseconds{run_.time.random().magnitude(100, 100'000)});
}

} // namespace weir::actors::simulation
