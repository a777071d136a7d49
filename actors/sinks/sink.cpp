// On a record's way, step 11 of 11: a committed batch becomes visible. From batch_coordinator, to whatever the output's targets are.
#include "actors/sinks/sink.hpp"

#include <map>

#include "actors/batch_coordinator/protocol.hpp"
#include "actors/monitor/chaos_page.hpp"
#include "actors/node/conduct.hpp"
#include "actors/node/full_disk.hpp"
#include "actors/node/message_parts.hpp"
#include "actors/node/newest_coordinator.hpp"
#include "actors/sinks/output_patience.hpp"
#include "actors/sinks/publication.hpp"
#include "libstream/base/ensure.hpp"
#include "libstream/base/marks.hpp"
#include "libstream/base/text.hpp"

namespace weir::actors {

namespace {

/// Published together: enough that syncs are shared, little enough that the first is not late for the last.
constexpr std::size_t most_batches = 64;
constexpr std::uint64_t most_bytes = 8 * limits::mib;

bool is_cancelled(const plan::output& output) {
  return std::any_of(output.targets.begin(), output.targets.end(),
                     [](auto& target) { return target.destination && target.destination->is_cancelled(); });
}

struct sink_state {
  static inline const char* name = "sink";

  sink_actor::pointer self;
  application_ptr application;
  node_ptr node;
  output_index output;
  std::shared_ptr<worker> thread;
  std::map<batch_id, log::commit_record> waiting; ///< bounded, as sealing pauses while too much is unpublished
  joined_parts<publish_batch> requests;
  std::vector<log::commit_record> group; ///< in work
  batch_id busy_through;                 ///< the greatest of it; 0 = none
  bool one_by_one = false;               ///< the program's functions fail on one batch, not on a group
  std::uint64_t attempt = 0;             ///< to publish a group: rises
  full_disk pause;
  std::optional<output_patience> patience; ///< with the batch in work
  batch_id published;                      ///< greatest batch that this incarnation has published
  newest_coordinator coordinator;          ///< that has asked
  std::uint64_t incarnation = 0;
  batch_id taken; ///< the greatest; it begins with the oldest that is unpublished, and from there on misses none

  sink_state(sink_actor::pointer ptr) : self{ptr} {}

  void start(application_ptr of, node_ptr on, output_index which) {
    application = std::move(of);
    node = std::move(on);
    output = which;
    incarnation = node->random();
    thread = node->workers->make("sink-" + std::to_string(which.value));
    say_ready();
    patience.emplace(application->settings.output_retry_limit);
    auto& targets = plan().targets;
    one_by_one =
      std::any_of(targets.begin(), targets.end(), [](auto& target) { return target.destination != nullptr; });
  }

  const plan::output& plan() const { return application->plan->outputs()[output.value]; }

  void publish(const publish_batch& part) {
    if (auto whole = requests.take(part))
      publish_whole(*whole);
  }

  void publish_whole(const publish_batch& message) {
    if (!coordinator.hears(message.epoch))
      return;
    if (message.incarnation != incarnation) {
      mark("sink.is_asked_for_another");
      say_ready();
      return;
    }
    auto& batch = message.record.id;
    if (batch <= published) {
      mark("sink.answers_again");
      answer(batch);
    } else if (batch > taken && (batch <= message.oldest || (message.after.value > 0 && message.after <= taken))) {
      taken = batch;
      waiting[batch] = message.record;
    } // Or one before it has been lost: the coordinator asks again, in order.
    publish_next();
  }

  /// What came while the thread was busy is published together, so that it shares syncs.
  void publish_next() {
    if (busy_through.value != 0 || waiting.empty())
      return;
    group.clear();
    auto most = one_by_one ? std::size_t{1} : most_batches;
    for (std::uint64_t bytes = 0; !waiting.empty() && group.size() < most && bytes < most_bytes;) {
      group.push_back(std::move(waiting.extract(waiting.begin()).mapped()));
      for (auto& part : group.back().parts)
        bytes += part.bytes;
    }
    busy_through = group.back().id;
    report_phase(phase::publishing, static_cast<std::int32_t>(group.size()));
    publish_group();
  }

  void publish_group() {
    ++attempt;
    thread->post([application = application, node = node, output = output, group = group,
                  me = caf::actor_cast<caf::actor_addr>(self)] {
      auto begin = node->wall_clock_us();
      for (auto& batch : group)
        node->journal->output_started(batch.id, output, begin);
      auto done = actors::publish(*application, *node, application->plan->outputs()[output.value], group);
      auto end = node->wall_clock_us();
      for (auto& batch : group)
        node->journal->output_ended(batch.id, output, end, done ? "" : done.error().why.message());
      if (!done && is_cancelled(application->plan->outputs()[output.value]))
        return; // the application ends, and the log keeps them
      auto handle = caf::actor_cast<caf::actor>(me);
      if (!done && !done.error().may_pass) {
        application->fail(done.error().why);
        return;
      }
      if (!handle)
        return;
      if (!done && done.error().why.full) {
        caf::anon_send(handle, publication_refused{done.error().why.message()});
        return;
      }
      if (!done) {
        auto& why = done.error().why;
        caf::anon_send(handle, publication_failed{group.front().id, static_cast<std::uint32_t>(why.code),
                                                  !why.thrown_by.empty(), why.message()});
        return;
      }
      publication_ended message;
      for (auto& batch : group)
        message.batches.push_back(batch.id);
      caf::anon_send(handle, std::move(message));
    });
  }

  /// What was begun is begun anew: a text output is written under a temporary name, and what is published already is recognised.
  void refused(const publication_refused& message) {
    mark("sink.waits_for_room");
    if (auto words = pause.refused(self->clock().now(), message.problem))
      node->journal->warning(*words);
    self->delayed_send(self, application->settings.disk_full_retry, publish_again{attempt});
  }

  /// Younger batches of this output wait, as it is told them in order; other outputs go on.
  void failed(const publication_failed& message) {
    ensure_in_work(message.batch);
    // Files that could not be written since the start are a mistake of the configuration rather than a disk that has gone bad.
    auto may_wait = message.by_function || published.value > 0;
    auto now = self->clock().now();
    if (auto next_attempt_in = may_wait ? patience->failed(now) : std::nullopt) {
      mark("sink.tries_again");
      if (patience->may_tell(now))
        tell("output_retried", log_level::warning, message.problem + "; " + what_follows(now));
      self->delayed_send(self, *next_attempt_in, publish_again{attempt});
    } else if (application->settings.on_error == error_policy::stop || !message.by_function) {
      application->fail({static_cast<error_code>(message.code), message.problem, {}, {}}); // the log keeps the batch
    } else {
      mark("sink.leaves_batch_out");
      tell("output_left_out", log_level::warning,
           "output " + plan().name + " is without batch " + std::to_string(message.batch.value) + ": " +
             message.problem);
      patience->over();
      ended({{message.batch}});
    }
  }

  std::string what_follows(output_patience::time_point now) const {
    auto limit = application->settings.output_retry_limit;
    auto so_far = patience->count() == 1 ? std::string{}
                                         : ", it has failed " + std::to_string(patience->count()) + " times in " +
                                             std::to_string(patience->lasted(now).count() / 1000) + " s";
    return (limit == for_ever ? "it is tried again until it succeeds"
                              : "it is tried again for " + format_duration(limit) + " (output_retry_limit)") +
           so_far + "; nothing is lost";
  }

  void tell(const char* event, log_level level, std::string sentence) {
    node->journal->tell({.name = event,
                         .level = level,
                         .limited = std::string_view{event} != "output_left_out",
                         .batch = busy_through,
                         .actor = address{role::sink, output.value},
                         .message = std::move(sentence),
                         .more = {{"output", plan().name}}});
  }

  void try_again(const publish_again& message) {
    if (message.attempt == attempt && busy_through.value != 0)
      publish_group();
  }

  /// The thread has one group at a time, and says once how it went.
  void ensure_in_work(batch_id first) const {
    ensure(busy_through.value != 0 && first == group.front().id, "an output's thread tells of what it was given",
           "output", output, "batch", first, "busy_through", busy_through);
  }

  void ended(const publication_ended& message) {
    ensure_in_work(message.batches.front());
    if (auto words = pause.went_on(self->clock().now()))
      node->journal->warning(*words);
    auto failures = patience->count();
    auto lasted = patience->lasted(self->clock().now());
    if (patience->over())
      tell("output_goes_on", log_level::notice,
           "output " + plan().name + " has taken batch " + std::to_string(group.front().id.value) + " after " +
             std::to_string(failures) + " failures in " + std::to_string(lasted.count()) + " ms; going on");
    published = busy_through;
    busy_through = {};
    for (auto batch : message.batches)
      answer(batch);
    if (waiting.empty())
      report_phase(phase::publishing, 0);
    publish_next();
  }

  void say_ready() { node->directory.send(application->coordinator(), ready_to_publish{output, incarnation}); }

  void answer(batch_id batch) {
    node->directory.send(application->coordinator(), batch_published{coordinator.epoch(), batch, output});
  }
};

sink_actor::behavior_type sink_behavior(sink_actor::stateful_pointer<sink_state> self, application_ptr application,
                                        node_ptr node, output_index output) {
  keep_conduct(self, node->journal, to_string(address{role::sink, output.value}));
  auto& state = self->state;
  state.start(std::move(application), std::move(node), output);
  return {
    [&state](const publish_batch& message) { state.publish(message); },
    [&state](const publication_ended& message) { state.ended(message); },
    [&state](const publication_refused& message) { state.refused(message); },
    [&state](const publication_failed& message) { state.failed(message); },
    [&state](const publish_again& message) { state.try_again(message); },
    [](const peer_restarted&) {},
  };
}

} // namespace

sink_actor spawn_sink(caf::actor_system& system, application_ptr application, node_ptr node, output_index output) {
  return system.spawn<caf::lazy_init>(sink_behavior, std::move(application), std::move(node), output);
}

} // namespace weir::actors
