// On a record's way, step 8 of 8: a committed batch becomes visible. From batch_coordinator, to whatever the output's targets are.
#include "actors/sinks/sink.hpp"

#include <map>

#include "actors/batch_coordinator/protocol.hpp"
#include "actors/monitor/chaos_page.hpp"
#include "actors/sinks/publication.hpp"

namespace weir::actors {

namespace {

struct sink_state {
  static inline const char* name = "sink";

  sink_actor::pointer self;
  services_ptr services;
  output_index output;
  std::shared_ptr<worker> thread;
  std::map<batch_id, publish_batch>
    waiting;          ///< in batch order; bounded, as sealing pauses while too many are unpublished
  batch_id busy;      ///< 0 = none
  batch_id published; ///< greatest batch that this incarnation has published

  sink_state(sink_actor::pointer ptr) : self{ptr} {}

  void start(services_ptr given, output_index which) {
    services = std::move(given);
    output = which;
    thread = services->workers->make("sink-" + std::to_string(which.value));
  }

  void publish(const publish_batch& message) {
    if (message.record.id <= published)
      answer(message.epoch, message.record.id);
    else if (message.record.id != busy)
      waiting[message.record.id] = message;
    else
      busy_epoch = message.epoch;
    publish_next();
  }

  void publish_next() {
    if (busy.value != 0 || waiting.empty())
      return;
    auto next = std::move(waiting.begin()->second);
    waiting.erase(waiting.begin());
    busy = next.record.id;
    busy_epoch = next.epoch;
    report_phase(phase::publishing, 1);
    thread->post(
      [services = services, output = output, next = std::move(next), me = caf::actor_cast<caf::actor_addr>(self)] {
        if (auto done = actors::publish(*services, services->plan->outputs()[output.value], next.record); !done) {
          services->fail(done.error());
          return;
        }
        if (auto handle = caf::actor_cast<caf::actor>(me))
          caf::anon_send(handle, publication_ended{next.epoch, next.record.id});
      });
  }

  void ended(const publication_ended& message) {
    published = message.batch;
    busy = {};
    answer(busy_epoch, message.batch);
    if (waiting.empty())
      report_phase(phase::publishing, 0);
    publish_next();
  }

  void answer(weir::epoch to, batch_id batch) {
    services->directory.send({role::batch_coordinator, 0}, batch_published{to, batch, output});
  }

  weir::epoch busy_epoch; ///< of the coordinator that asked last for the batch in work
};

sink_actor::behavior_type sink_behavior(sink_actor::stateful_pointer<sink_state> self, services_ptr services,
                                        output_index output) {
  auto& state = self->state;
  state.start(std::move(services), output);
  return {
    [&state](const publish_batch& message) { state.publish(message); },
    [&state](const publication_ended& message) { state.ended(message); },
    [](const peer_restarted&) {},
  };
}

} // namespace

sink_actor spawn_sink(caf::actor_system& system, services_ptr services, output_index output) {
  return system.spawn<caf::lazy_init>(sink_behavior, std::move(services), output);
}

} // namespace weir::actors
