#include "actors/simulation/simulated_feed.hpp"

#include <algorithm>

#include "actors/sources/input_url.hpp"

namespace weir::actors::simulation {

namespace {

/// Between two looks of a feed that has no room, or nothing to give.
constexpr std::chrono::microseconds idle_pause{5'000};

class simulated_feed final : public feed {
public:
  simulated_feed(timeline& time, simulated_source& source, std::uint64_t budget_bytes,
                 std::shared_ptr<feed_listener> listener, std::shared_ptr<std::uint64_t> held)
    : time_{time},
      source_{source},
      budget_bytes_{budget_bytes},
      listener_{std::move(listener)},
      held_{std::move(held)},
      pace_{source.generator().value_or(generator_options{})} {
    *held_ = 0;
    if (source.generator())
      lines_.emplace(*source.generator());
  }

  std::string producer() const override { return lines_ ? generator_producer : ""; }
  void begin(std::uint64_t last_durable) override {
    pace_.begin(last_durable);
    began_ = time_.elapsed();
    come_later();
  }
  void release(std::uint64_t bytes) override { *held_ -= std::min(*held_, bytes); }
  void limit(std::uint64_t records_per_s) override {
    bucket_.set_rate(records_per_s, now());
    pace_.limit(records_per_s, elapsed());
  }
  void stop() override {
    stopped_ = true;
    listener_->stopped();
  }
  bool at_rest() override {
    return lines_ ? pace_.finished() : !std::exchange(came_, false) && bucket_.available(now()) > 0;
  }

private:
  /// A feed without room or without records looks again later than one that goes on: an output may refuse for minutes.
  void come_later() {
    auto longest = came_last_time_ ? source_.plan().pace * 2 : std::max(source_.plan().pace * 2, idle_pause);
    auto pause = time_.random().between(std::chrono::microseconds{1}, longest);
    time_.after(pause, [this, alive = std::weak_ptr<int>{alive_}] {
      if (!alive.expired())
        come();
    });
  }

  void come() {
    auto done = lines_ ? pace_.finished() : source_.all_sent();
    if (stopped_ || done)
      return;
    came_last_time_ = false;
    if (*held_ < budget_bytes_)
      if (auto records = next(); records.count > 0) {
        *held_ += records.held;
        came_ = came_last_time_ = true;
        listener_->records(std::move(records));
      }
    come_later();
  }

  fed_records next() {
    auto most = time_.random().between(1, 20);
    if (!lines_) {
      auto allowed = std::min(most, bucket_.available(now()));
      bucket_.take(allowed, now());
      return allowed == 0 ? fed_records{} : source_.take(allowed);
    }
    auto due = std::min(most, pace_.due(elapsed()));
    return due == 0 ? fed_records{} : make_lines(*lines_, pace_.take(due, elapsed()), due);
  }
  token_bucket::time_point now() const { return token_bucket::time_point{time_.elapsed()}; }
  timeline::duration elapsed() const { return time_.elapsed() - began_; }

  timeline& time_;
  simulated_source& source_;
  std::uint64_t budget_bytes_;
  std::shared_ptr<feed_listener> listener_;
  std::shared_ptr<std::uint64_t> held_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  generator_pace pace_;
  token_bucket bucket_;
  std::optional<text_generator> lines_;
  timeline::duration began_{0};
  bool stopped_ = false;
  bool came_ = false;
  bool came_last_time_ = true;
};

} // namespace

simulated_source::simulated_source(planned_feed plan) : plan_{std::move(plan)} {
  auto url = parse_input_url(plan_.url).value();
  if (url.what() == input_url::kind::generate)
    generator_ = parse_generator_options(url.query()).value();
}

std::string simulated_source::generated() const {
  return std::string{make_lines(text_generator{*generator_}, 0, generator_->count).bytes->view()};
}

fed_records simulated_source::take(std::size_t most) {
  std::string text;
  fed_records records;
  for (; records.count < most && !all_sent(); ++records.count)
    text += plan_.lines[next_line_++];
  auto bytes = std::make_shared<data::buffer>(text.size());
  bytes->append(text);
  records.held = text.size() + fed_overhead_bytes;
  records.bytes = std::move(bytes);
  return records;
}

std::unique_ptr<feed> open_simulated_feed(timeline& time, simulated_source& source, std::uint64_t budget_bytes,
                                          std::shared_ptr<feed_listener> listener,
                                          std::shared_ptr<std::uint64_t> held) {
  return std::make_unique<simulated_feed>(time, source, budget_bytes, std::move(listener), std::move(held));
}

} // namespace weir::actors::simulation
