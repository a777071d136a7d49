#include "actors/batch_coordinator/input_rates.hpp"

#include <algorithm>

namespace weir::actors {

input_rates::input_rates(const coordinator_facts& facts, time_point now)
  : counts_ahead_{facts.rates.max_rate > 0 && !facts.draining} {
  auto rate = rate_controller::first_rate(facts.rates);
  for (std::uint32_t i = 0; i < facts.inputs.size(); ++i)
    if (facts.inputs[i].replayable)
      paces_.emplace(input_id{i}, facts.batch_interval).first->second.set_rate(rate, now);
}

bool input_rates::allow(input_queue& queue, time_point now) {
  auto all_counted = true;
  for (auto& [input, pace] : paces_)
    if (counts_ahead_ && pace.rate() > 0)
      all_counted = allow_counted(input, queue, now) && all_counted;
    else
      queue.pace(input, pace.allowed_bytes(now));
  return all_counted;
}

bool input_rates::allow_counted(input_id input, input_queue& queue, time_point now) {
  auto& count = counts_[input];
  auto& pace = paces_.at(input);
  if (count.open_question())
    return false;
  if (auto& answer = count.answered()) {
    if (queue.allow(input, answer->ranges))
      return true;
    if (answer->ranges.empty()) { // they cannot be read: the task says why
      queue.pace(input, pace.allowed_bytes(now));
      return true;
    }
    count.forget_answer(); // something else comes next meanwhile
  }
  queue.pace(input, 0);
  auto records = pace.allowed_records(now);
  return records == 0 || !ask(input, queue, pace.bytes_to_count(records), records);
}

/// False: there is nothing to ask about, or nothing more than was counted already.
bool input_rates::ask(input_id input, const input_queue& queue, std::uint64_t bytes, std::uint64_t records) {
  bytes = std::min(bytes, replay_pace::most_counted_bytes);
  auto& count = counts_[input];
  auto next = queue.next_offsets(input, bytes, max_counted_ranges);
  if (next.empty() || (count.answered() && count.answered()->ranges == next))
    return false;
  new_questions_.emplace_back(input, count.ask(std::move(next), bytes, records));
  return true;
}

bool input_rates::counted(const offsets_counted& message, const input_queue& queue) {
  auto entry = counts_.find(message.input);
  if (entry == counts_.end())
    return false;
  auto& count = entry->second;
  auto is_news = message.failed ? count.give_up(message.question)
                                : count.answer(message.question, message.whole_ranges, message.cut_to, message.records);
  if (!is_news)
    return false;
  auto wider = count.answered()->wider;
  return wider.bytes == 0 || !ask(message.input, queue, wider.bytes, wider.most_records);
}

input_rates::questions input_rates::open_questions() const {
  questions open;
  for (auto& [input, count] : counts_)
    if (auto& question = count.open_question())
      open.emplace_back(input, *question);
  return open;
}

void input_rates::drain() {
  counts_ahead_ = false;
  counts_.clear();
  new_questions_.clear();
}

void input_rates::sealed(batch_id batch, const std::map<input_id, input_queue::amount>& shares) {
  for (auto& [input, taken] : shares) {
    auto pace = paces_.find(input);
    if (pace == paces_.end())
      continue;
    auto count = counts_.find(input);
    auto answer = count == counts_.end() ? std::nullopt : count->second.answered();
    if (answer && !answer->ranges.empty())
      pace->second.sealed_counted(batch, answer->records, taken.bytes);
    else
      pace->second.sealed(batch, taken.bytes);
    if (answer)
      count->second.forget_answer();
  }
}

void input_rates::computed(const batch_summary& summary) {
  for (auto& taken : summary.inputs)
    if (auto pace = paces_.find(taken.input); pace != paces_.end())
      pace->second.computed(summary.batch, taken.records, taken.bytes);
}

bool input_rates::set_rate(input_id input, std::uint64_t rate, time_point now) {
  auto pace = paces_.find(input);
  if (pace == paces_.end())
    return false;
  pace->second.set_rate(rate, now);
  return true;
}

} // namespace weir::actors
