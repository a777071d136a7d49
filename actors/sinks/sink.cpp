// On a record's way, step 8 of 8: a committed batch becomes visible. From batch_coordinator, to whatever the output's targets are.
#include "actors/sinks/sink.hpp"

#include <map>

#include "actors/batch_coordinator/protocol.hpp"
#include "actors/monitor/chaos_page.hpp"
#include "actors/node/conduct.hpp"
#include "actors/node/full_disk.hpp"
#include "actors/sinks/publication.hpp"
#include "libstream/base/marks.hpp"

namespace weir::actors {

namespace {

/// Published together: enough that syncs are shared, little enough that the first is not late for the last.
constexpr std::size_t most_batches = 64;
constexpr std::uint64_t most_bytes = 8 * limits::mib;

struct sink_state {
  static inline const char* name = "sink";

  sink_actor::pointer self;
  services_ptr services;
  output_index output;
  std::shared_ptr<worker> thread;
  std::map<batch_id, log::commit_record> waiting; ///< bounded, as sealing pauses while too much is unpublished
  std::vector<log::commit_record> group;          ///< in work
  batch_id busy_through;                          ///< the greatest of it; 0 = none
  full_disk pause;
  batch_id published;   ///< greatest batch that this incarnation has published
  weir::epoch asked_by; ///< the newest coordinator that asked
  bool begun = false;   ///< with the oldest batch that is unpublished: from there on all come in order

  sink_state(sink_actor::pointer ptr) : self{ptr} {}

  void start(services_ptr given, output_index which) {
    services = std::move(given);
    output = which;
    thread = services->workers->make("sink-" + std::to_string(which.value));
  }

  void publish(const publish_batch& message) {
    asked_by = std::max(asked_by, message.epoch);
    // What a coordinator asks of a lost predecessor, older batches have been asked of before: it asks anew, for the oldest first.
    begun = begun || message.record.id <= message.oldest;
    if (!begun)
      return;
    if (message.record.id <= published) {
      mark("sink.answers_again");
      answer(message.record.id);
    } else if (message.record.id > busy_through) {
      waiting[message.record.id] = message.record;
    }
    publish_next();
  }

  /// What came while the thread was busy is published together, so that it shares syncs.
  void publish_next() {
    if (busy_through.value != 0 || waiting.empty())
      return;
    group.clear();
    for (std::uint64_t bytes = 0; !waiting.empty() && group.size() < most_batches && bytes < most_bytes;) {
      group.push_back(std::move(waiting.extract(waiting.begin()).mapped()));
      for (auto& part : group.back().parts)
        bytes += part.bytes;
    }
    busy_through = group.back().id;
    report_phase(phase::publishing, static_cast<std::int32_t>(group.size()));
    publish_group();
  }

  void publish_group() {
    thread->post([services = services, output = output, group = group, me = caf::actor_cast<caf::actor_addr>(self)] {
      auto begin = services->wall_clock_us();
      for (auto& batch : group)
        services->journal->output_started(batch.id, output, begin);
      auto done = actors::publish(*services, services->plan->outputs()[output.value], group);
      auto end = services->wall_clock_us();
      for (auto& batch : group)
        services->journal->output_ended(batch.id, output, end, done ? "" : done.error().message());
      if (!done && !done.error().full) {
        services->fail(done.error());
        return;
      }
      auto handle = caf::actor_cast<caf::actor>(me);
      if (!handle)
        return;
      if (!done) {
        caf::anon_send(handle, publication_refused{done.error().message()});
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
      services->journal->warning(*words);
    self->delayed_send(self, services->settings.disk_full_retry, publish_again{busy_through.value});
  }

  void try_again(const publish_again& message) {
    if (message.through == busy_through.value)
      publish_group();
  }

  void ended(const publication_ended& message) {
    if (auto words = pause.went_on(self->clock().now()))
      services->journal->warning(*words);
    published = busy_through;
    busy_through = {};
    for (auto batch : message.batches)
      answer(batch);
    if (waiting.empty())
      report_phase(phase::publishing, 0);
    publish_next();
  }

  void answer(batch_id batch) {
    services->directory.send({role::batch_coordinator, 0}, batch_published{asked_by, batch, output});
  }
};

sink_actor::behavior_type sink_behavior(sink_actor::stateful_pointer<sink_state> self, services_ptr services,
                                        output_index output) {
  keep_conduct(self, services, to_string(address{role::sink, output.value}));
  auto& state = self->state;
  state.start(std::move(services), output);
  return {
    [&state](const publish_batch& message) { state.publish(message); },
    [&state](const publication_ended& message) { state.ended(message); },
    [&state](const publication_refused& message) { state.refused(message); },
    [&state](const publish_again& message) { state.try_again(message); },
    [](const peer_restarted&) {},
  };
}

} // namespace

sink_actor spawn_sink(caf::actor_system& system, services_ptr services, output_index output) {
  return system.spawn<caf::lazy_init>(sink_behavior, std::move(services), output);
}

} // namespace weir::actors
