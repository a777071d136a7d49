#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/batch_coordinator/coordinator_core.hpp"
#include "libstream/plan/task.hpp"

/// A small world around `coordinator_core`: the test is every other actor, the log and the clock.
namespace weir::actors::core_test {

using namespace std::chrono_literals;

constexpr std::uint64_t incarnation = 77;
constexpr weir::epoch own_epoch{5}, older_epoch{4};
constexpr input_id first{0}, second{1};
constexpr output_index files{0}, shown{1};
constexpr std::uint32_t partitions = 2;

/// Map tasks and two reduce tasks; "files" goes to text files, "shown" is printed.
class small_plan : public plan::physical_plan {
public:
  explicit small_plan(bool always_due = false, bool reduces = true) {
    plan::stage map;
    map.reads_text = true;
    map.always_due = always_due;
    stages_.push_back(map);
    if (reduces) {
      plan::stage reduce;
      reduce.index = stage_index{1};
      reduce.reads = {shuffle_index{0}};
      stages_.push_back(reduce);
    }
    plan::output_target text, print;
    text.what = plan::output_target::kind::text;
    print.what = plan::output_target::kind::print;
    outputs_ = {{files, "files", true, {text}}, {shown, "shown", true, {print}}};
  }
  const std::vector<plan::stage>& stages() const override { return stages_; }
  const std::vector<plan::shuffle>& shuffles() const override { return shuffles_; }
  const std::vector<plan::output>& outputs() const override { return outputs_; }
  const std::string& description() const override { return description_; }
  std::uint64_t fingerprint() const override { return 0; }
  result<plan::task_result> run(const plan::task_input&) const override {
    return fail(error_code::failed, "never run");
  }

private:
  std::vector<plan::stage> stages_;
  std::vector<plan::shuffle> shuffles_;
  std::vector<plan::output> outputs_;
  std::string description_;
};

struct told_journal final : journal {
  void input_bound(const std::string&) override {}
  void batch_committed(const batch_summary& batch) override { committed.push_back(batch); }
  void batch_done(batch_id batch, std::int64_t) override { done.push_back(batch.value); }
  void batch_amended(const log::batch_record& record) override { amended.push_back(record); }
  void actor_restarted(const address&, const std::string&) override {}
  void batch_submitted(const batch_submission& batch) override { submitted.push_back(batch); }
  void batches_recovered(const std::vector<batch_submission>& open,
                         const std::vector<batch_submission>& unpublished) override {
    recovered_open = open;
    recovered_unpublished = unpublished;
  }
  void input_waits(input_id input, std::uint64_t records, std::uint64_t bytes) override {
    waiting.push_back({input, records, bytes});
  }
  void tell(const event& told) override { events.push_back(told); }
  void warning(const std::string& sentence) override { warnings.push_back(sentence); }
  void detail(const std::string&) override {}

  std::vector<batch_summary> committed;
  std::vector<std::uint64_t> done;
  std::vector<log::batch_record> amended;
  std::vector<batch_submission> submitted, recovered_open, recovered_unpublished;
  std::vector<batch_input> waiting;
  std::vector<event> events;
  std::vector<std::string> warnings;
};

inline log::block_header block(std::uint64_t sequence, std::uint64_t bytes = 100, input_id input = first,
                               weir::epoch owner = epoch{1}) {
  log::block_header header;
  header.id = {input, owner, block_sequence{sequence}};
  header.bytes = bytes;
  header.records = 10;
  return header;
}

inline blocks_ready blocks(std::uint64_t from, std::uint64_t to, std::uint64_t bytes = 100) {
  blocks_ready message{first, epoch{1}, {}};
  for (auto each = from; each <= to; ++each)
    message.headers.push_back(block(each, bytes));
  return message;
}

inline log::split split_of(std::uint64_t from, std::uint64_t to, std::uint64_t bytes = 100) {
  return {{{first, epoch{1}, block_sequence{from}, block_sequence{to}}}, {}, bytes};
}

inline log::staged_part part(const std::string& output, std::uint32_t number, std::uint64_t bytes = 5) {
  return {output, number, bytes, 1, 7};
}

class world {
public:
  world() {
    facts.incarnation = incarnation;
    facts.inputs = {{"weir://first", 0, false, false, {}}};
    facts.plan = std::make_shared<small_plan>();
    facts.partitions = partitions;
    facts.owners = placement::of_one_node(2);
    facts.batch_interval = 100ms;
    facts.describe = [](input_id, const std::string& partition) { return "file " + partition; };
  }

  // -- the core ----------------------------------------------------------------------------------------------------------

  world& begin() {
    core.emplace(facts, told, now);
    carry_out();
    return *this;
  }
  world& claim(const recovered_batches& log = {}, weir::epoch epoch = own_epoch) {
    if (!core)
      begin();
    tell(coordination_claimed{incarnation, epoch});
    claimed = epoch;
    core->recovered(epoch, log, now);
    carry_out();
    return *this;
  }
  /// What an input says belongs to the first report that it was asked for, unless the message says otherwise.
  world& tell(offsets_found message) {
    if (message.coordinator == weir::epoch{}) {
      message.coordinator = claimed;
      message.number = ++offsets[message.input];
    }
    return tell<offsets_found>(message);
  }
  world& tell(input_activity message) {
    if (message.coordinator == weir::epoch{}) {
      message.coordinator = claimed;
      message.number = ++activities[message.input];
    }
    return tell<input_activity>(message);
  }
  template <class Message>
  world& tell(const Message& message) {
    core->hear(message, now);
    carry_out();
    return *this;
  }
  world& answer_positions(const input_queue::logged_positions& positions) {
    core->positions_read(positions, now);
    carry_out();
    return *this;
  }
  /// Time passes, and ticks come when they are due.
  world& pass(std::chrono::milliseconds time) {
    auto until = now.steady + time;
    while (tick_due && *tick_due <= until) {
      move_to(std::max(now.steady, *tick_due));
      tick_due.reset();
      tell(batch_tick{});
    }
    move_to(until);
    return *this;
  }
  world& retry() { return tell(retry_tick{}); }
  world& restart(role who, std::uint32_t index = 0) { return tell(peer_restarted{{who, index}}); }

  // -- what it wanted since `forget` ---------------------------------------------------------------------------------------

  void forget() { actions.clear(); }
  template <class Message>
  std::vector<Message> said() const {
    std::vector<Message> messages;
    for (auto& action : actions) {
      auto one = std::get_if<send_to>(&action);
      auto all = std::get_if<send_to_all>(&action);
      if (auto message = one   ? std::get_if<Message>(&one->message)
                         : all ? std::get_if<Message>(&all->message)
                               : nullptr)
        messages.push_back(*message);
    }
    return messages;
  }
  template <class Message>
  std::vector<address> asked() const {
    std::vector<address> receivers;
    for (auto& action : actions)
      if (auto one = std::get_if<send_to>(&action); one && std::holds_alternative<Message>(one->message))
        receivers.push_back(one->to);
    return receivers;
  }
  template <class Action>
  std::vector<Action> wanted() const {
    std::vector<Action> same;
    for (auto& action : actions)
      if (auto each = std::get_if<Action>(&action))
        same.push_back(*each);
    return same;
  }
  /// The order of what it wanted, in one letter each: c(laim) o(pen) s(eal) a(mend) C(ommit) f(inish) to the writer, B(locks reported) b(ehind a gap)
  /// r(elease) to the block store, I(nput opened) d(rain) i(nput reported) l(imit) n(umber counted) E(poch refused) to receivers, R(un) F(orget) to executors, P(ublish) to a sink, ! a
  /// fault point, t(ick) e(very idle check) y (retry) timers, L(og read) p(ositions read), X fail, S(poil), z (idle), Z (finished), q(uit).
  std::string order() const {
    std::string letters;
    for (auto& action : actions)
      if (auto one = std::get_if<send_to>(&action))
        letters += std::holds_alternative<offsets_taken>(one->message) ? "" : std::string{letter_of(one->message)};
      else if (auto all = std::get_if<send_to_all>(&action))
        letters += letter_of(all->message);
      else if (auto timer = std::get_if<start_timer>(&action))
        letters += "tey"[static_cast<int>(timer->timer)];
      else
        letters += "--!-LpXSzZq"[action.index()];
    return letters;
  }

  // -- the ways of a batch -------------------------------------------------------------------------------------------------

  /// So many more blocks come, and the next batch is due.
  std::uint64_t seal(std::uint64_t count = 1, std::uint64_t bytes = 100) {
    pass(100ms);
    tell(blocks(last_block + 1, last_block + count, bytes));
    last_block += count;
    pass(100ms);
    return newest();
  }
  std::uint64_t newest() const { return records.empty() ? 0 : records.back().id.value; }
  const log::batch_record& record_of(std::uint64_t batch) const {
    return *std::find_if(records.begin(), records.end(), [&](auto& each) { return each.id.value == batch; });
  }
  world& end_task(std::uint64_t batch, std::uint32_t stage, std::uint32_t task,
                  const std::vector<log::staged_part>& parts = {}, std::optional<attempt> of = {}) {
    return tell(task_finished{of.value_or(runs[batch].attempt), batch_id{batch}, stage_index{stage}, task_index{task},
                              parts, stage == 0 ? 10U : 0U});
  }
  /// All tasks of its last attempt end; both outputs get something.
  world& compute(std::uint64_t batch, std::uint64_t bytes = 5) {
    auto splits = static_cast<std::uint32_t>(runs[batch].record.splits.size());
    for (std::uint32_t i = 0; i < splits; ++i)
      end_task(batch, 0, i);
    for (std::uint32_t i = 0; i < partitions; ++i)
      end_task(batch, 1, i, {part("files", i, bytes), part("shown", i, bytes)});
    return *this;
  }
  world& commit(std::uint64_t batch) { return tell(batch_committed{own_epoch, batch_id{batch}}); }
  world& publish(std::uint64_t batch, output_index output) {
    return tell(batch_published{own_epoch, batch_id{batch}, output});
  }
  world& finish(std::uint64_t batch) { return tell(batch_finished{own_epoch, batch_id{batch}}); }
  /// Everything that follows the seal.
  world& conclude(std::uint64_t batch) {
    return compute(batch).commit(batch).publish(batch, files).publish(batch, shown).finish(batch);
  }
  std::vector<std::uint64_t> committing() const {
    std::vector<std::uint64_t> batches;
    for (auto& each : said<commit_batch>())
      batches.push_back(each.record.id.value);
    return batches;
  }
  std::vector<std::pair<std::uint64_t, std::uint32_t>> publishing() const {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> asked_for;
    auto sinks = asked<publish_batch>();
    auto messages = said<publish_batch>();
    for (std::size_t i = 0; i < messages.size(); ++i)
      asked_for.emplace_back(messages[i].record.id.value, sinks[i].index);
    return asked_for;
  }

  coordinator_facts facts;
  std::shared_ptr<told_journal> told = std::make_shared<told_journal>();
  coordinator_core::moment now{coordinator_core::moment{}.steady + 1h, 1'700'000'000'030'000};
  std::optional<coordinator_core> core;
  coordinator_actions actions;
  std::map<std::uint64_t, run_batch> runs; ///< the last of each batch
  std::vector<log::batch_record> records;  ///< sealed
  std::uint64_t last_block = 0;
  weir::epoch claimed;
  std::map<input_id, std::uint64_t> offsets, activities; ///< that were told
  bool keeps_nothing = true;                             ///< the block store, which says so whenever it is asked
  std::optional<std::chrono::steady_clock::time_point> tick_due;

private:
  static char letter_of(const coordinator_message& message) { return "cosaCfBrIdilRFPnTbE"[message.index()]; }
  void move_to(std::chrono::steady_clock::time_point time) {
    now.wall_us += std::chrono::duration_cast<std::chrono::microseconds>(time - now.steady).count();
    now.steady = time;
  }
  void carry_out() {
    for (auto& action : core->take_actions()) {
      if (auto one = std::get_if<send_to>(&action); one && keeps_nothing)
        if (auto asked = std::get_if<report_blocks>(&one->message))
          kept.push_back({asked->coordinator, asked->question, {}, one->to.node});
      if (auto timer = std::get_if<start_timer>(&action); timer && timer->timer == coordinator_timer::tick)
        tick_due = now.steady + timer->after;
      actions.push_back(std::move(action));
    }
    for (auto& seal : said<seal_batch>())
      if (newest() < seal.record.id.value)
        records.push_back(seal.record);
    for (auto& run : said<run_batch>())
      runs[run.record.id.value] = run;
    for (auto& answer : std::exchange(kept, {}))
      tell(answer);
  }
  std::vector<blocks_reported> kept; ///< answers that the core has not heard
};

} // namespace weir::actors::core_test
