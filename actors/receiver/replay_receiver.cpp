// The way of a record that can be read again begins in batch_coordinator, which seals a range of its partition, and goes on in
// partition_executor, which reads it: nothing is copied. This actor only says which partitions there are, how far they reach, and, where a
// rate bounds them, how many records a batch would have.
#include "actors/receiver/replay_receiver.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "actors/batch_coordinator/protocol.hpp"
#include "actors/node/conduct.hpp"
#include "actors/node/replayable_inputs.hpp"
#include "actors/receiver/coordinator_line.hpp"
#include "actors/receiver/fitting_ranges.hpp"
#include "actors/receiver/source_watch.hpp"

namespace weir::actors {

namespace {

constexpr std::size_t entries_per_message = 512;
/// So many files that wait until they can be read are named.
constexpr std::size_t most_named = 10'000;
constexpr std::chrono::milliseconds look_pause{100};
/// After a costly look: so many times as long as it took, within bounds.
constexpr int costly_pause_factor = 20;
constexpr std::chrono::milliseconds longest_look_pause{10'000};

struct replay_receiver_state {
  static inline const char* name = "replay_receiver";

  replay_receiver_actor::pointer self;
  application_ptr application;
  node_ptr node;
  input_id input;
  std::shared_ptr<worker> thread;
  /// Made and used by the worker only; knows what the current coordinator has been told.
  std::shared_ptr<std::unique_ptr<source_watch>> watch;
  std::uint64_t watches = 0; ///< that there have been
  /// What was said of files that cannot be read, also by earlier watches; used by the worker only.
  std::shared_ptr<std::set<std::string>> named = std::make_shared<std::set<std::string>>();
  bool looking = false;
  std::chrono::steady_clock::time_point looks_since{}; ///< when the last look began
  std::chrono::steady_clock::time_point last_ended{};  ///< of the looks
  bool draining = false;
  std::optional<coordinator_line> line;
  std::optional<std::pair<weir::epoch, std::uint64_t>> counting; ///< the question that the worker works on

  replay_receiver_state(replay_receiver_actor::pointer ptr) : self{ptr} {}

  void start(application_ptr of, node_ptr on, input_id which) {
    application = std::move(of);
    node = std::move(on);
    input = which;
    thread = node->workers->make("listing-" + std::to_string(which.value));
    auto& url = application->settings.inputs[input.value];
    node->journal->receiver_started(input, url.what() == input_url::kind::file ? url.directory() : url.text());
    line.emplace(input, node->random());
    say_activity(false);
    self->delayed_send(self, look_pause, input_tick{watches});
    schedule_retry();
  }

  void begin_anew() {
    watch = std::make_shared<std::unique_ptr<source_watch>>();
    ++watches;
    looking = false;
    look();
  }

  void look() {
    if (looking || draining)
      return;
    looking = true;
    looks_since = self->clock().now();
    look_time now{looks_since, node->wall_clock_us(), last_ended};
    thread->post([application = application, node = node, input = input, watch = watch, named = named, number = watches,
                  now, me = caf::actor_cast<caf::actor_addr>(self)] {
      if (!*watch)
        *watch = watch_source(application, node, input);
      auto message = ask(*application, *node, input, **watch, *named, now);
      message.watch = number;
      if (auto handle = caf::actor_cast<caf::actor>(me))
        caf::anon_send(handle, std::move(message));
    });
  }

  /// On the worker.
  static source_listed ask(const application_services& application, const node_services& node, input_id input,
                           source_watch& watch, std::set<std::string>& named, const look_time& now) {
    source_listed message;
    auto news = watch.look(now);
    message.costly = watch.is_costly();
    if (!news) {
      complain(*node.journal, input, news.error().message());
      return message;
    }
    for (auto& file : news->unreadable)
      if (named.size() < most_named && named.insert(file.message()).second)
        complain(*node.journal, input, file.message());
    if (news->refusal) {
      application.fail(*news->refusal);
      return message; // nothing of it is to be sealed
    }
    message.partitions = std::move(news->found);
    message.changed = std::move(news->changed);
    message.at_rest = news->at_rest;
    return message;
  }

  static void complain(actors::journal& journal, input_id input, const std::string& sentence) {
    journal.tell({.name = "input_unreadable",
                  .limited = true,
                  .actor = address{role::receiver, input.value},
                  .message = sentence});
    journal.receiver_failed(input, sentence);
  }

  void listed(const source_listed& message) {
    if (message.watch != watches)
      return;
    looking = false;
    last_ended = self->clock().now();
    if (draining)
      return;
    tell(message);
    say_activity(message.at_rest);
    schedule_tick(message.costly);
  }

  void tell(const source_listed& message) {
    offsets_found news{input};
    auto send_if = [&](std::size_t most) {
      if (news.partitions.size() + news.changed.size() >= most)
        send(line->found(std::exchange(news, {input})));
    };
    for (auto& partition : message.changed) { // these first
      news.changed.push_back(partition);
      send_if(entries_per_message);
    }
    for (auto& partition : message.partitions) {
      news.partitions.push_back(partition);
      send_if(entries_per_message);
    }
    send_if(1);
  }

  /// Nobody is told what is found before somebody has asked.
  void tick(const input_tick& message) {
    if (message.count != watches)
      return;
    if (line->is_asked())
      return look();
    say_activity(false);
    self->delayed_send(self, look_pause, input_tick{watches});
  }

  void say_activity(bool at_rest) { send(line->activity(at_rest)); }

  void taken(const offsets_taken& message) { line->hear(message); }

  void retry() {
    if (!draining)
      for (auto& news : line->untaken())
        send(news);
    schedule_retry();
  }

  void count(const count_offsets& message) {
    std::pair question{message.coordinator, message.question};
    if (!line->hear(message) || draining || counting == question)
      return; // or it was repeated
    counting = question;
    thread->post(
      [application = application, node = node, input = input, message, me = caf::actor_cast<caf::actor_addr>(self)] {
        auto answer = count_records(*application, *node, input, message);
        if (auto handle = caf::actor_cast<caf::actor>(me))
          caf::anon_send(handle, answer);
      });
  }

  void counted(const offsets_counted& message) {
    if (counting == std::pair{message.coordinator, message.question})
      counting.reset();
    send(message);
  }

  /// On the worker.
  static offsets_counted count_records(const application_services& application, const node_services& node,
                                       input_id input, const count_offsets& question) {
    auto form = node.replayable[input.value]->form();
    auto fitting =
      fit_ranges(question.ranges, question.most_records, [&](const offset_range& range) -> result<std::uint64_t> {
        auto pieces = read_range(application, node, range);
        if (!pieces)
          return tl::make_unexpected(pieces.error());
        std::uint64_t records = 0;
        for (auto& piece : *pieces)
          records += records_of(piece.bytes, form);
        return records;
      });
    offsets_counted answer{question.coordinator, input, question.question, 0, 0, 0, !fitting};
    if (fitting) {
      answer.whole_ranges = fitting->whole;
      answer.cut_to = fitting->cut_to;
      answer.records = fitting->records;
    }
    return answer;
  }

  void report(const report_input& message) {
    auto heard = line->hear(message);
    if (draining)
      send(input_drained{input, {}, {}});
    else if (heard == coordinator_line::hears::anew)
      begin_anew();
    else if (heard == coordinator_line::hears::who)
      say_activity(false);
  }

  void drain(const drain_input& message) {
    if (!line->hear(message))
      return;
    if (!std::exchange(draining, true))
      node->journal->receiver_stopped(input, drained_reason);
    send(input_drained{input, {}, {}});
  }

  void schedule_tick(bool costly) {
    auto took = std::chrono::duration_cast<std::chrono::microseconds>(self->clock().now() - looks_since);
    std::chrono::microseconds pause{look_pause};
    if (costly)
      pause = std::clamp<std::chrono::microseconds>(costly_pause_factor * took, look_pause, longest_look_pause);
    self->delayed_send(self, pause, input_tick{watches});
  }

  void schedule_retry() { self->delayed_send(self, application->settings.retry_interval, retry_tick{}); }

  template <class Message>
  void send(Message message) {
    node->directory.send(application->coordinator(), std::move(message));
  }
};

replay_receiver_actor::behavior_type replay_receiver_behavior(
  replay_receiver_actor::stateful_pointer<replay_receiver_state> self, application_ptr application, node_ptr node,
  input_id input) {
  keep_conduct(self, node->journal, to_string(address{role::receiver, input.value}));
  auto& state = self->state;
  state.start(std::move(application), std::move(node), input);
  return {
    [&state](const drain_input& message) { state.drain(message); },
    [&state](const report_input& message) { state.report(message); },
    [&state](const offsets_taken& message) { state.taken(message); },
    [&state](const input_tick& message) { state.tick(message); },
    [&state](const source_listed& message) { state.listed(message); },
    [&state](const count_offsets& message) { state.count(message); },
    [&state](const offsets_counted& message) { state.counted(message); },
    [&state](const retry_tick&) { state.retry(); },
    [](const peer_restarted&) {},
  };
}

} // namespace

replay_receiver_actor spawn_replay_receiver(caf::actor_system& system, application_ptr application, node_ptr node,
                                            input_id input) {
  return system.spawn<caf::lazy_init>(replay_receiver_behavior, std::move(application), std::move(node), input);
}

} // namespace weir::actors
