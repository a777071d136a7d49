#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <utility>
#include <variant>
#include <vector>

#include "libstream/log/batch_command.hpp"
#include "libstream/log/joint_log.hpp"

namespace weir::testing {

/// Blocks that a receiver has appended.
struct append_event {
  input_id input;
  weir::epoch epoch;
  std::vector<log::block_header> headers;
};
using log_event = std::variant<log::batch_command, append_event>;

/// What coordinators and receivers ask of a log, drawn from a seed: a coordinator seals, amends, commits and finishes batch after batch, receivers
/// open epochs and append, all of them start anew now and then. The link between them and the log delays, repeats and reorders: what waits is
/// asked again, and what an older coordinator or receiver has asked arrives late.
class drawn_commands {
public:
  explicit drawn_commands(std::uint64_t seed) : random_{seed} { claim(); }

  /// What arrives next at the log.
  log_event next() {
    while (link_.empty() || below(4) == 0)
      plan();
    at_ = below(std::min<std::uint64_t>(link_.size(), 12));
    return link_[at_];
  }

  /// What the log, which now stands as `now`, has said of it.
  void answered(const log::joint_log& now, const log::batch_answer& answer) {
    auto event = link_[at_];
    auto keeps = answer.verdict == log::verdict::wait || below(4) == 0; // asked again, or repeated by the link
    if (!keeps)
      link_.erase(link_.begin() + static_cast<std::ptrdiff_t>(at_));
    auto command = std::get_if<log::batch_command>(&event);
    if (!command)
      return;
    if (auto claimed = std::get_if<log::claim_command>(command)) {
      if (claimed->incarnation == incarnation_)
        take_claim(now, answer);
    } else if (answer.verdict == log::verdict::never || answer.verdict == log::verdict::refused)
      lose(*command);
    else if (auto opened = std::get_if<log::open_command>(command))
      take_epoch(*opened, answer);
    if (link_.size() > 60)
      lose_all();
  }

private:
  struct receiver {
    weir::epoch epoch;
    block_sequence appended;
  };

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  void send(log_event event) { link_.push_back(std::move(event)); }

  /// Overtakes what the coordinator before has asked: much of that may wait for something that will not come any more.
  void claim() {
    coordinator_ = {};
    incarnation_ = random_();
    link_.insert(link_.begin(), log::claim_command{incarnation_, claimed_});
  }

  /// Behind another one, if there is one that it did not know.
  void take_claim(const log::joint_log& now, const log::batch_answer& answer) {
    claimed_ = std::max(claimed_, answer.epoch);
    if (answer.verdict == log::verdict::superseded)
      link_.insert(link_.begin(), log::claim_command{incarnation_, claimed_});
    else
      begin(now, answer.epoch);
  }

  /// A coordinator begins with what the log holds. It goes on with what is sealed and not done: no later batch commits before.
  void begin(const log::joint_log& now, weir::epoch claimed) {
    if (coordinator_ == claimed)
      return;
    coordinator_ = claimed;
    sealed_to_.clear();
    for (auto& [key, position] : now.batches().positions().epochs) {
      sealed_to_[key] = position.sealed_to;
      newest_[key.first] = std::max(newest_[key.first], key.second);
    }
    last_ = now.batches().fence().last_sealed();
    std::erase_if(sent_, [&](auto& each) { return now.batches().fence().find(each.first) == nullptr; });
    open_.clear();
    for (auto& [id, batch] : sent_)
      open_.push_back(batch);
  }

  /// A coordinator that was replaced, or whose blocks are lost, starts anew.
  void lose(const log::batch_command& command) {
    auto by = std::visit(
      [](auto& each) {
        if constexpr (requires { each.coordinator; })
          return each.coordinator;
        else
          return weir::epoch{};
      },
      command);
    if (by == coordinator_ && coordinator_.value > 0)
      claim();
  }

  /// The link breaks, with all that is under way; and so everybody starts anew.
  void lose_all() {
    link_.clear();
    receivers_.clear();
    claim();
  }

  void take_epoch(const log::open_command& opened, const log::batch_answer& answer) {
    newest_[opened.input] = std::max(newest_[opened.input], answer.epoch);
    if (answer.verdict != log::verdict::superseded && receivers_[opened.input].epoch < answer.epoch)
      receivers_[opened.input] = {answer.epoch, {}};
  }

  void plan() {
    if (below(150) == 0)
      return claim();
    if (coordinator_.value == 0)
      return append();
    switch (below(10)) {
      case 0: return open();
      case 1:
      case 2:
      case 3: return append();
      case 4:
      case 5: return seal();
      case 6: return amend();
      default: return conclude();
    }
  }

  void open() {
    auto input = input_id{static_cast<std::uint32_t>(below(3))};
    if (receivers_.contains(input) && below(6) > 0)
      return;
    send(log::open_command{coordinator_, input, random_(), newest_[input]});
  }

  void append() {
    if (receivers_.empty())
      return;
    auto& [input, to] = *std::next(receivers_.begin(), static_cast<std::ptrdiff_t>(below(receivers_.size())));
    append_event event{input, to.epoch, {}};
    for (auto count = 1 + below(3); count > 0; --count) {
      to.appended = to.appended.next();
      log::block_header header;
      header.id = {input, to.epoch, to.appended};
      event.headers.push_back(header);
    }
    send(event);
  }

  void seal() {
    log::batch_record batch;
    batch.id = batch_id{last_.value + 1 + below(3)};
    batch.time_ms = static_cast<std::int64_t>(batch.id.value) * 100;
    batch.epoch = coordinator_;
    for (auto& [input, from] : receivers_)
      seal_blocks({input, from.epoch}, from.appended, batch);
    if (below(2) == 0)
      batch.splits.push_back({{}, {{input_id{9}, "log", 1'000'000, 0, offset_, offset_ + 10}}, 10});
    offset_ = offset_ + (batch.splits.empty() || batch.splits.back().ranges.empty() ? 0 : 10);
    send(log::seal_command{coordinator_, last_, batch});
    last_ = batch.id;
    open_.push_back(batch);
    sent_[batch.id] = batch;
  }

  /// Some of what was appended, in one split or two.
  void seal_blocks(const std::pair<input_id, weir::epoch>& of, block_sequence appended, log::batch_record& batch) {
    auto& sealed = sealed_to_[of];
    if (!(sealed < appended) || below(3) == 0)
      return;
    auto last = block_sequence{sealed.value + 1 + below(appended.value - sealed.value)};
    auto middle = block_sequence{sealed.value + 1 + below(last.value - sealed.value)};
    batch.splits.push_back({{{of.first, of.second, sealed.next(), middle}}, {}, 1});
    if (middle < last)
      batch.splits.push_back({{{of.first, of.second, middle.next(), last}}, {}, 1});
    sealed = last;
  }

  void amend() {
    if (open_.empty())
      return;
    auto& batch = open_[below(open_.size())];
    ++batch.amendment.number;
    batch.amendment.skipped = below(2) == 0;
    send(log::amend_command{coordinator_, batch});
    sent_[batch.id] = batch;
  }

  /// Commits the first of the open batches, and says that it is done.
  void conclude() {
    if (open_.empty())
      return;
    log::commit_record commit;
    commit.id = open_.front().id;
    commit.time_ms = open_.front().time_ms;
    commit.epoch = coordinator_;
    if (below(2) == 0)
      commit.parts.push_back({"counts", 0, 2, 1, 0});
    send(log::commit_command{coordinator_, commit});
    send(log::finish_command{coordinator_, commit.id});
    open_.erase(open_.begin());
  }

  std::mt19937_64 random_;
  std::vector<log_event> link_; ///< what is under way, in the order in which it was sent
  std::size_t at_ = 0;
  weir::epoch coordinator_; ///< 0 = not known yet
  std::uint64_t incarnation_ = 0;
  weir::epoch claimed_; ///< the newest of a coordinator that is known
  std::map<input_id, weir::epoch> newest_;
  std::map<input_id, receiver> receivers_;
  std::map<std::pair<input_id, weir::epoch>, block_sequence> sealed_to_;
  std::uint64_t offset_ = 0;
  batch_id last_;
  std::vector<log::batch_record> open_;        ///< that the coordinator has not concluded
  std::map<batch_id, log::batch_record> sent_; ///< as sealed or amended last; cleared of those that are done at a start
};

} // namespace weir::testing
