#include "actors/monitor/observer.hpp"

#include <algorithm>

namespace weir::actors {

namespace {

constexpr std::int64_t sample_every_us = 200'000;
/// Rates are those of about this long.
constexpr std::int64_t rate_span_us = 5'000'000;

double per_second(std::uint64_t now, std::uint64_t before, std::int64_t span_us) {
  return span_us > 0 && now > before ? static_cast<double>(now - before) * 1e6 / static_cast<double>(span_us) : 0;
}

} // namespace

observer::observer(std::vector<std::string> outputs, std::vector<std::string> inputs, clock now,
                   std::function<void(listener_event)> deliver)
  : now_{std::move(now)}, deliver_{std::move(deliver)}, book_{std::move(outputs), inputs} {
  for (std::uint32_t i = 0; i < inputs.size(); ++i) {
    inputs_.emplace_back();
    inputs_.back().info.input = input_id{i};
    inputs_.back().info.name = inputs[i];
  }
  in_batches_.resize(inputs.size());
}

void observer::started() {
  std::lock_guard guard{mutex_};
  samples_.push_back(sample_now());
  deliver_([at = event_time_of(now_())](streaming_listener& listener) { listener.on_streaming_started(at); });
}

void observer::ended() {
  std::lock_guard guard{mutex_};
  for (auto& input : inputs_)
    stop(input, "the application has ended");
}

// -- batches ---------------------------------------------------------------------------------------------------------------

void observer::tell_batch(void (streaming_listener::*function)(const batch_info&), const batch_book::entry* batch) {
  if (batch)
    deliver_([function, info = batch->info](streaming_listener& listener) { (listener.*function)(info); });
}

void observer::tell_output(void (streaming_listener::*function)(const output_operation_info&),
                           const std::optional<output_operation_info>& output) {
  if (output)
    deliver_([function, info = *output](streaming_listener& listener) { (listener.*function)(info); });
}

void observer::batch_submitted(const batch_submission& batch) {
  std::lock_guard guard{mutex_};
  tell_batch(&streaming_listener::on_batch_submitted, book_.submitted(batch));
}

void observer::batch_started(batch_id batch, std::int64_t at_us) {
  std::lock_guard guard{mutex_};
  tell_batch(&streaming_listener::on_batch_started, book_.started(batch, event_time_of(at_us)));
}

void observer::batch_committed(const batch_summary& batch) {
  std::lock_guard guard{mutex_};
  auto known = book_.open().find(batch.batch);
  auto was_waiting = known != book_.open().end() && known->second.where == batch_book::state::submitted;
  auto committed = book_.committed(batch, event_time_of(now_()));
  if (was_waiting)
    tell_batch(&streaming_listener::on_batch_started, committed);
  if (committed)
    for (auto& taken : batch.inputs)
      if (auto input = find(taken.input)) {
        in_batches_[taken.input.value] += taken.records;
        if (!input->counts)
          input->records = in_batches_[taken.input.value];
      }
  if (auto amended = amendments_.find(batch.batch); amended != amendments_.end()) {
    leave_out(amended->second);
    amendments_.erase(amended);
  }
  take_sample();
}

void observer::batch_amended(const log::batch_record& batch) {
  std::lock_guard guard{mutex_};
  amendments_[batch.id] = batch.amendment;
}

void observer::leave_out(const log::amendment& amendment) {
  left_out_.batches += amendment.skipped ? 1 : 0;
  left_out_.records += amendment.skipped ? 0 : amendment.excluded.size();
}

void observer::batch_done(batch_id batch, std::int64_t) {
  std::lock_guard guard{mutex_};
  tell_batch(&streaming_listener::on_batch_completed, book_.completed(batch, event_time_of(now_())));
}

void observer::output_started(batch_id batch, output_index output, std::int64_t at_us) {
  std::lock_guard guard{mutex_};
  tell_output(&streaming_listener::on_output_operation_started,
              book_.output_started(batch, output, event_time_of(at_us)));
}

void observer::output_ended(batch_id batch, output_index output, std::int64_t at_us, const std::string& failure) {
  std::lock_guard guard{mutex_};
  tell_output(&streaming_listener::on_output_operation_completed,
              book_.output_ended(batch, output, event_time_of(at_us), failure));
}

void observer::batches_recovered(const std::vector<batch_submission>& open,
                                 const std::vector<batch_submission>& unpublished) {
  std::lock_guard guard{mutex_};
  std::erase_if(amendments_, [&](auto& amended) {
    auto committed = std::none_of(open.begin(), open.end(), [&](auto& batch) { return batch.batch == amended.first; });
    if (committed) // the coordinator died before it said so
      leave_out(amended.second);
    return committed;
  });
  for (auto batch : book_.recovered(open, unpublished))
    tell_batch(&streaming_listener::on_batch_submitted, batch);
}

// -- inputs ----------------------------------------------------------------------------------------------------------------

observed_input* observer::find(input_id input) {
  return input.value < inputs_.size() ? &inputs_[input.value] : nullptr;
}

void observer::tell_receiver(void (streaming_listener::*function)(const receiver_info&), const observed_input& input) {
  deliver_([function, info = input.info](streaming_listener& listener) { (listener.*function)(info); });
}

void observer::receiver_started(input_id which, const std::string& location) {
  std::lock_guard guard{mutex_};
  auto input = find(which);
  if (!input || input->info.active)
    return;
  input->info.active = true;
  input->info.stop_reason.clear();
  input->info.location = location;
  tell_receiver(&streaming_listener::on_receiver_started, *input);
}

void observer::stop(observed_input& input, const std::string& why) {
  if (!std::exchange(input.info.active, false))
    return;
  input.info.stop_reason = why;
  tell_receiver(&streaming_listener::on_receiver_stopped, input);
}

void observer::receiver_stopped(input_id which, const std::string& why) {
  std::lock_guard guard{mutex_};
  if (auto input = find(which))
    stop(*input, why);
}

void observer::note_error(observed_input& input, const std::string& sentence) {
  input.info.last_error = sentence;
  input.info.last_error_time = event_time_of(now_());
  tell_receiver(&streaming_listener::on_receiver_error, input);
}

void observer::receiver_failed(input_id which, const std::string& sentence) {
  std::lock_guard guard{mutex_};
  if (auto input = find(which))
    note_error(*input, sentence);
}

void observer::receiver_counted(input_id which, const receiver_figures& figures) {
  std::lock_guard guard{mutex_};
  auto input = find(which);
  if (!input)
    return;
  auto counted_before =
    figures.records >= input->figures.records ? input->figures.records : 0; // else a new incarnation
  if (!std::exchange(input->counts, true))
    input->records = 0; // what batches have told so far is counted here, too
  input->records += figures.records - counted_before;
  input->figures = figures;
  take_sample();
}

void observer::input_waits(input_id which, std::uint64_t records, std::uint64_t bytes) {
  std::lock_guard guard{mutex_};
  if (auto input = find(which)) {
    input->waiting_records = records;
    input->waiting_bytes = bytes;
  }
}

// -- the rest --------------------------------------------------------------------------------------------------------------

void observer::actor_restarted(const address& who, const std::string& reason) {
  std::lock_guard guard{mutex_};
  ++restarts_;
  last_restart_ = to_string(who) + ": " + reason;
  auto input = who.what == role::receiver ? find(input_id{who.index}) : nullptr;
  if (!input)
    return;
  ++input->restarts;
  input->figures.connections = 0;
  note_error(*input, "the receiver ended: " + reason);
  stop(*input, "it is started again");
}

/// A sink that dies over it says it again.
void observer::tell(const event& told) {
  if (std::string_view{told.name} == "output_left_out" && told.actor && told.batch) {
    std::lock_guard guard{mutex_};
    auto [last, is_first] = without_.try_emplace(told.actor->index, *told.batch);
    if (is_first || std::exchange(last->second, *told.batch) != *told.batch)
      ++left_out_.batches_of_output;
  }
  journal::tell(told);
}

void observer::warning(const std::string& sentence) {
  std::lock_guard guard{mutex_};
  last_warning_ = sentence;
}

std::uint64_t observer::received() const {
  std::uint64_t sum = 0;
  for (auto& input : inputs_)
    sum += input.records;
  return sum;
}

observer::sample observer::sample_now() const {
  sample figures{now_(), received(), book_.count().processed_records};
  for (auto& input : inputs_)
    figures.inputs.push_back(input.records);
  return figures;
}

void observer::take_sample() {
  auto now = now_();
  if (!samples_.empty() && now - samples_.back().at_us < sample_every_us)
    return;
  samples_.push_back(sample_now());
  while (samples_.size() > 2 && now - samples_[1].at_us > rate_span_us)
    samples_.pop_front();
}

observation observer::look(std::size_t batches) const {
  std::lock_guard guard{mutex_};
  observation seen;
  seen.inputs = inputs_;
  for (auto& [id, batch] : book_.open())
    seen.open.push_back(batch);
  auto& ended = book_.ended();
  seen.ended.assign(ended.end() - static_cast<std::ptrdiff_t>(std::min(batches, ended.size())), ended.end());
  seen.counts = book_.count();
  seen.left_out = left_out_;
  seen.received_records = received();
  auto now = now_();
  sample since;
  for (auto& each : samples_)
    if (since.at_us == 0 || now - each.at_us >= rate_span_us)
      since = each;
  seen.received_per_s = per_second(seen.received_records, since.received, now - since.at_us);
  seen.processed_per_s = per_second(seen.counts.processed_records, since.processed, now - since.at_us);
  for (std::size_t i = 0; i < since.inputs.size(); ++i)
    seen.inputs[i].records_per_s = per_second(inputs_[i].records, since.inputs[i], now - since.at_us);
  auto publications = book_.publications();
  for (std::size_t i = 0; i < publications.size(); ++i)
    seen.outputs.push_back({book_.output_names()[i], std::move(publications[i])});
  seen.restarts = restarts_;
  seen.last_restart = last_restart_;
  seen.last_warning = last_warning_;
  return seen;
}

} // namespace weir::actors
