#include "actors/simulation/simulated_producer.hpp"

#include <numeric>

namespace weir::actors::simulation {

namespace {

constexpr welcome_frame server_limits{limits::mib, limits::max_frame_bytes};
constexpr std::size_t window_bytes = 64 * limits::kib;

record_pack pack_of(const planned_pack& plan) {
  if (plan.void_records > 0)
    return {plan.void_records, nullptr};
  auto size = std::accumulate(plan.lines.begin(), plan.lines.end(), std::size_t{0},
                              [](std::size_t sum, auto& line) { return sum + line.size(); });
  auto bytes = std::make_shared<data::buffer>(size);
  for (auto& line : plan.lines)
    bytes->append(line);
  return {plan.lines.size(), bytes};
}

} // namespace

simulated_producer::simulated_producer(timeline& time, simulated_network& network, planned_producer plan,
                                       std::function<void(const std::string&)> broken)
  : time_{time},
    network_{network},
    plan_{std::move(plan)},
    broken_{std::move(broken)},
    session_{plan_.name, window_bytes} {
  time_.after(plan_.begins, [this] { dial(); });
}

void simulated_producer::dial() {
  if (!finished() && connection_ == 0)
    connection_ = network_.dial(plan_.address, *this);
}

void simulated_producer::connected() {
  session_.connected();
  speak();
}

void simulated_producer::welcomed(std::uint64_t last_durable) {
  if (last_durable < acknowledged_)
    broken_("producer " + plan_.name + " was welcomed with record " + std::to_string(last_durable) + ", but record " +
            std::to_string(acknowledged_) + " was acknowledged");
  check(session_.welcomed(last_durable, server_limits));
  acknowledged_ = std::max(acknowledged_, last_durable);
  continue_input();
  speak();
}

void simulated_producer::acknowledged(std::uint64_t through) {
  check(session_.acknowledged(through));
  acknowledged_ = std::max(acknowledged_, through);
  continue_input();
  speak();
}

void simulated_producer::farewell() {
  check(session_.farewell());
  time_.note("producer " + plan_.name + " is done");
}

void simulated_producer::refused(const std::string& reason) {
  time_.note("producer " + plan_.name + " refused: " + reason);
  // Two connections of one producer may cross on their way; a gap is never our fault.
  if (reason.find("connected anew") == std::string::npos)
    broken_("producer " + plan_.name + " was refused: " + reason);
}

void simulated_producer::closed() {
  connection_ = 0;
  session_.disconnected();
  if (!finished())
    time_.after(timeline::duration{time_.random().magnitude(500, 200'000)}, [this] { dial(); });
}

void simulated_producer::continue_input() {
  if (pausing_ || abandoned_ || !session_.wants_records())
    return;
  if (next_pack_ >= plan_.abandons_after)
    return abandon();
  if (deaths_ < plan_.dies_after.size() && next_pack_ >= plan_.dies_after[deaths_] && session_.is_welcome())
    return die();
  if (next_pack_ == plan_.packs.size()) {
    session_.end_of_input();
    return;
  }
  auto pack = pack_of(plan_.packs[next_pack_++]);
  numbered_ += pack.count;
  added_ = std::max(added_, numbered_);
  session_.add(std::move(pack));
  pausing_ = true;
  time_.after(plan_.pace, [this] {
    pausing_ = false;
    continue_input();
    speak();
  });
}

void simulated_producer::speak() {
  while (auto frame = abandoned_ ? std::nullopt : session_.next()) {
    network_.send(connection_, *frame);
    auto has_records = frame->type == frame_type::data || frame->type == frame_type::skipped;
    if (has_records && plan_.repeats_percent > 0 && time_.random().percent(plan_.repeats_percent))
      network_.send(connection_, *frame);
  }
}

void simulated_producer::abandon() {
  abandoned_ = true;
  time_.note("producer " + plan_.name + " vanishes");
  if (connection_ != 0)
    network_.hang_up(std::exchange(connection_, 0));
}

void simulated_producer::die() {
  ++deaths_;
  time_.note("producer " + plan_.name + " dies and is started again");
  network_.hang_up(std::exchange(connection_, 0));
  resent_before_ += session_.counts().resent;
  session_ = producer_session{plan_.name, window_bytes};
  next_pack_ = 0;
  numbered_ = 0;
  dial();
}

void simulated_producer::check(const result<void>& outcome) {
  if (!outcome)
    broken_("producer " + plan_.name + ": " + outcome.error().message());
}

std::string simulated_producer::describe() const {
  return plan_.name + ": " + std::to_string(acknowledged_) + " of " + std::to_string(added_) +
         " records acknowledged, " + std::to_string(plan_.packs.size() - next_pack_) + " packs to come, " +
         (finished()              ? "finished"
          : connection_ == 0      ? "offline"
          : session_.is_welcome() ? "welcome"
                                  : "greeting");
}

} // namespace weir::actors::simulation
