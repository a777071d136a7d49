// On a record's way, steps 4, 5 and 10 of 11: blocks, seals and commits become durable, many in one transaction. From block_store and
// batch_coordinator, to the log thread, and back as an answer.
#include "actors/checkpoint_writer/checkpoint_writer.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <tuple>
#include <utility>

#include "actors/checkpoint_writer/group_commit.hpp"
#include "actors/checkpoint_writer/log_thread.hpp"
#include "actors/checkpoint_writer/parked_requests.hpp"
#include "actors/node/conduct.hpp"
#include "actors/node/message_parts.hpp"
#include "libstream/base/ensure.hpp"
#include "libstream/base/marks.hpp"
#include "libstream/log/block_log.hpp"
#include "libstream/log/joint_log.hpp"
#include "libstream/log/positions.hpp"

namespace weir::actors {

namespace {

using log::verdict;

/// Nobody waits for the end of a batch: it goes with the next transaction, or with one of its own after this time.
constexpr std::chrono::milliseconds unhurried{20};
/// Names that one transaction forgets at most.
constexpr std::uint64_t most_forgotten = 10'000;

struct writer_state {
  static inline const char* name = "checkpoint_writer";

  checkpoint_writer_actor::pointer self;
  application_ptr application;
  node_ptr node;
  std::optional<log_thread> thread;
  struct loaded_log {
    std::optional<log::joint_log> log;
    std::uint64_t service_ms = 0;
  };
  std::shared_ptr<loaded_log> loading = std::make_shared<loaded_log>();
  std::optional<log::joint_log> log;
  std::uint64_t service_before_ms = 0; ///< the service time when this incarnation began, see `log::read_service_time`
  std::chrono::steady_clock::time_point began;
  std::deque<std::function<void()>> early; ///< requests that came before the log was read
  parked_requests parked;
  std::tuple<joined_parts<seal_batch>, joined_parts<amend_batch>, joined_parts<commit_batch>> joined;
  std::optional<group_commit> commits;
  std::map<input_id, std::pair<weir::epoch, std::uint64_t>> forgetting; ///< the newest question of each input

  writer_state(checkpoint_writer_actor::pointer ptr) : self{ptr} {}

  /// Reads the log on its own thread, behind whatever a lost predecessor still had under way there.
  void start(application_ptr of, node_ptr on, const writer_ptr& own) {
    application = std::move(of);
    node = std::move(on);
    commits.emplace(application->settings.batch_interval);
    began = self->clock().now();
    auto worker = node->workers->make("log");
    thread.emplace(worker, own->store, application->fail);
    worker->post([application = application, own, loading = loading, me = caf::actor_cast<caf::actor_addr>(self)] {
      auto loaded = log::joint_log::load(*own->store);
      if (!loaded) {
        application->fail(loaded.error());
        return;
      }
      auto served = log::read_service_time(*own->store);
      if (!served) {
        application->fail(served.error());
        return;
      }
      *loading = {std::move(*loaded), *served};
      if (auto handle = caf::actor_cast<caf::actor>(me))
        caf::anon_send(handle, group_written{0});
    });
  }

  void loaded() {
    log = std::move(loading->log);
    service_before_ms = loading->service_ms;
    for (auto& request : std::exchange(early, {}))
      request();
  }

  std::uint64_t service_ms() const {
    auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(self->clock().now() - began);
    return service_before_ms + static_cast<std::uint64_t>(passed.count());
  }

  /// Of what comes in parts nothing is done before all have come.
  template <class Message>
  void handle(const Message& message) {
    if constexpr (splittable_message<Message>) {
      if (auto whole = std::get<joined_parts<Message>>(joined).take(message))
        decide_on(*whole);
    } else
      decide_on(message);
  }

  template <class Message>
  void decide_on(const Message& message) {
    if (commits->is_full())
      return;
    if (!log) {
      early.push_back([this, message] { decide_on(message); });
    } else if (!take(message)) {
      mark("writer.waits_for_others");
      parked.park([this, message] { return take(message); });
    } else {
      parked.try_again();
    }
  }

  // -- requests of the coordinator, in the protocol's order; false: not yet ------------------------------------------------

  struct decision {
    log::batch_answer answer;
    write_step step; ///< for what is written or repeated

    bool stands() const { return answer.verdict == verdict::written || answer.verdict == verdict::repeated; }
  };

  decision decide(const log::batch_command& command, const fault_places& around = {}) {
    decision made;
    auto staged = [this](const log::commit_record& record) { return staged_parts(record); };
    made.answer = log->apply(command, staged, made.step.changes);
    if (made.answer.verdict == verdict::written)
      made.step.faults = around;
    return made;
  }

  /// Where a decision does not stand.
  bool object(const log::batch_answer& answer, weir::epoch asker) {
    return answer.verdict != verdict::wait && send(application->coordinator(), coordination_lost{asker, answer.epoch});
  }

  /// Until its commit is durable, what a batch has staged is in memory.
  std::vector<log::staged_bytes> staged_parts(const log::commit_record& record) const {
    std::vector<log::staged_bytes> parts;
    for (auto& part : record.parts) {
      auto bytes = node->staging.find({record.epoch, record.view}, record.id, part.output, part.part);
      ensure(bytes != nullptr, "a part that is committed was staged here", "batch", record.id, "output", part.output,
             "part", part.part, "epoch", record.epoch, "view", record.view);
      parts.push_back({*bytes, bytes});
    }
    return parts;
  }

  bool take(const claim_coordination& message) {
    auto [answer, step] = decide(log::claim_command{message.incarnation, message.after});
    auto& newest = log->batches().fence().claimed();
    step.answer = reply(application->coordinator(), coordination_claimed{newest.incarnation, newest.epoch});
    return carry_out(commits->add(std::move(step)));
  }

  bool take(const open_epoch& message) {
    auto made = decide(log::open_command{message.coordinator, message.input, message.incarnation, message.after});
    if (made.answer.verdict == verdict::refused)
      return object(made.answer, message.coordinator);
    auto newest = log::newest_epoch(log->batches().positions(), message.input);
    if (!newest)
      return true; // it names an epoch of an input that has none
    made.step.answer =
      reply(application->coordinator(), epoch_opened{message.input, newest->first, newest->second.incarnation});
    return carry_out(commits->add(std::move(made.step)));
  }

  bool take(const seal_batch& message) {
    auto made = decide(log::seal_command{message.epoch, message.after, message.record},
                       {.before = "writer.before_seal", .after = "writer.after_seal"});
    if (made.answer.verdict == verdict::never) {
      mark("writer.never_seals");
      return send(application->coordinator(), seal_impossible{message.epoch, message.record.id});
    }
    if (!made.stands())
      return object(made.answer, message.epoch);
    made.step.answer = reply(application->coordinator(), batch_sealed{message.epoch, message.record.id});
    return carry_out(commits->add_lingering(std::move(made.step)));
  }

  bool take(const amend_batch& message) {
    auto made = decide(log::amend_command{message.epoch, message.record});
    if (!made.stands())
      return object(made.answer, message.epoch);
    if (made.answer.verdict == verdict::repeated)
      mark("writer.answers_amendment_again");
    made.step.answer = reply(application->coordinator(),
                             batch_amended{message.epoch, message.record.id, message.record.amendment.number});
    return carry_out(commits->add(std::move(made.step)));
  }

  bool take(const commit_batch& message) {
    auto made = decide(log::commit_command{message.epoch, message.record},
                       {.before = "writer.before_commit", .after = "writer.after_commit"});
    if (!made.stands())
      return object(made.answer, message.epoch);
    if (made.answer.verdict == verdict::repeated)
      mark("writer.answers_commit_again");
    else
      for (auto& part : message.record.parts)
        made.step.bytes += part.bytes;
    made.step.answer = reply(application->coordinator(), batch_committed{message.epoch, message.record.id});
    return carry_out(commits->add(std::move(made.step)));
  }

  bool take(const finish_batch& message) {
    auto made = decide(log::finish_command{message.epoch, message.batch}, {.before = "writer.before_finish"});
    if (!made.stands())
      return object(made.answer, message.epoch);
    made.step.answer = [this, message] {
      node->staging.drop(message.batch);
      send(application->coordinator(), batch_finished{message.epoch, message.batch});
    };
    made.step.frees = true;
    return carry_out(commits->add_later(std::move(made.step), unhurried));
  }

  // -- requests about blocks and their producers; false: not yet -----------------------------------------------------------

  bool take(const append_blocks& message) {
    auto headers = message.headers;
    write_step step;
    switch (log->blocks().append(message.input, message.epoch, headers)) {
      case verdict::refused:
        // In its turn: blocks of that epoch may be on their way to the log, and are not to be dropped meanwhile.
        mark("writer.refuses_blocks");
        step.answer = reply(node->here(role::block_store), epoch_refused{message.input, message.epoch});
        return carry_out(commits->add(std::move(step)));
      case verdict::written: append(step, std::move(headers)); break;
      case verdict::repeated: break;
      default: return false;
    }
    auto through = log->blocks().last(message.input);
    step.answer = reply(node->here(role::block_store), blocks_appended{message.input, message.epoch, through});
    return carry_out(commits->add_lingering(std::move(step)));
  }

  /// Blocks with the positions that their producers reach by them.
  void append(write_step& step, std::vector<log::block_header> headers) const {
    for (auto& header : headers) {
      auto bytes = node->blocks.find(header.id);
      ensure(bytes != nullptr, "a block that is to be logged is on the shelf", "input", header.id.input, "epoch",
             header.id.epoch, "sequence", header.id.sequence);
      log::append_block(step.changes, header, bytes->view(), bytes);
      step.bytes += header.bytes;
    }
    step.look_up = [headers = std::move(headers), now = service_ms()](auto&, auto& producers) {
      return producers.append(headers, now);
    };
    step.faults = {.before = "writer.before_append", .after = "writer.after_append"};
  }

  /// Answers and nothing else, if the epoch of a request from a receiver is over.
  template <class Message>
  bool is_over(const Message& message) {
    return !log->blocks().is_current(message.input, message.epoch) &&
           send(node->here(role::receiver, message.input.value), epoch_refused{message.input, message.epoch});
  }

  bool take(const find_producer& message) {
    if (is_over(message))
      return true;
    auto known = std::make_shared<std::optional<log::producer_position>>();
    write_step step;
    step.look_up = [message, known, now = service_ms()](auto&, auto& producers) {
      return producers.greet(message.input, message.producer, now).map([&](const auto& position) {
        *known = position;
      });
    };
    step.answer = [this, message, known] {
      send(node->here(role::receiver, message.input.value),
           producer_found{message.input, message.epoch, message.producer, *known ? (*known)->last : 0,
                          known->has_value(), message.question});
    };
    return carry_out(commits->add(std::move(step)));
  }

  bool take(const record_departure& message) {
    if (is_over(message))
      return true;
    auto added = std::make_shared<bool>(false);
    write_step step;
    step.look_up = [message, added, now = service_ms()](auto&, auto& producers) {
      return producers.part(message.input, message.producer, now).map([&](bool is_new) { *added = is_new; });
    };
    step.answer = [this, message, added] {
      send(node->here(role::receiver, message.input.value),
           departure_recorded{message.input, message.epoch, message.producer, *added, message.question});
    };
    return carry_out(commits->add(std::move(step)));
  }

  /// Who is present is said by the newest question only.
  bool is_late(const forget_producers& message) {
    auto& newest = forgetting[message.input];
    std::pair asked{message.epoch, message.question};
    if (message.question != 0 && asked <= newest)
      return true;
    newest = asked;
    return false;
  }

  /// It is asked again, so a full disk is not kept waiting with it.
  bool take(const forget_producers& message) {
    if (is_over(message) || commits->pauses() || is_late(message))
      return true;
    auto counts = std::make_shared<log::forgotten_producers>();
    write_step step;
    step.look_up = [message, counts, now = service_ms()](auto& changes, auto& producers) -> result<void> {
      auto before = now - std::min(now, message.idle_ms);
      auto forgotten =
        log::forget_producers(changes, producers.content(), message.input, before, message.present, most_forgotten);
      if (!forgotten)
        return tl::make_unexpected(forgotten.error());
      *counts = std::move(*forgotten);
      log::put_service_time(changes, now);
      return {};
    };
    step.answer = [this, message, counts] {
      send(node->here(role::receiver, message.input.value),
           producers_forgotten{message.input, message.epoch, counts->forgotten, counts->remaining, counts->example,
                               message.question});
    };
    return carry_out(commits->add(std::move(step)));
  }

  // -- what the group commit decides ---------------------------------------------------------------------------------------

  bool carry_out(group_commit::actions next) {
    for (auto& group : next.post)
      post(std::move(group));
    if (next.words)
      node->journal->warning(*next.words);
    if (next.wait)
      self->delayed_send(self, next.wait->length, unhurried_due{next.wait->flushes});
    if (next.pause)
      self->delayed_send(self, application->settings.disk_full_retry, write_again{*next.pause});
    for (auto& step : next.durable)
      step.answer();
    return true;
  }

  void post(group_commit::posted_group group) {
    thread->post(std::move(group), [me = caf::actor_cast<caf::actor_addr>(self)](const result<void>& done) {
      auto handle = caf::actor_cast<caf::actor>(me);
      if (handle && done)
        caf::anon_send(handle, group_written{1});
      else if (handle)
        caf::anon_send(handle, group_refused{done.error().message()});
    });
  }

  template <class Message>
  bool send(const address& to, Message message) {
    node->directory.send(to, std::move(message));
    return true;
  }

  template <class Message>
  std::function<void()> reply(const address& to, Message message) {
    return [this, to, message] { send(to, message); };
  }
};

checkpoint_writer_actor::behavior_type writer_behavior(checkpoint_writer_actor::stateful_pointer<writer_state> self,
                                                       application_ptr application, node_ptr node, writer_ptr own) {
  keep_conduct(self, node->journal, to_string(address{role::checkpoint_writer, 0}));
  auto& state = self->state;
  state.start(std::move(application), std::move(node), own);
  return {
    [&state](const claim_coordination& message) { state.handle(message); },
    [&state](const open_epoch& message) { state.handle(message); },
    [&state](const append_blocks& message) { state.handle(message); },
    [&state](const find_producer& message) { state.handle(message); },
    [&state](const record_departure& message) { state.handle(message); },
    [&state](const forget_producers& message) { state.handle(message); },
    [&state](const seal_batch& message) { state.handle(message); },
    [&state](const amend_batch& message) { state.handle(message); },
    [&state](const commit_batch& message) { state.handle(message); },
    [&state](const finish_batch& message) { state.handle(message); },
    [&state](const group_written& message) {
      if (message.group == 0)
        state.loaded();
      else
        state.carry_out(state.commits->written(state.self->clock().now()));
    },
    [&state](const group_refused& message) {
      state.carry_out(state.commits->refused(state.self->clock().now(), message.problem));
    },
    [&state](const write_again& message) {
      state.carry_out(state.commits->try_again(message.pause, state.self->clock().now()));
    },
    [&state](const unhurried_due& message) { state.carry_out(state.commits->waited(message.flushes)); },
    [](const peer_restarted&) {},
  };
}

} // namespace

checkpoint_writer_actor spawn_checkpoint_writer(caf::actor_system& system, application_ptr application, node_ptr node,
                                                writer_ptr own) {
  return system.spawn<caf::lazy_init>(writer_behavior, std::move(application), std::move(node), std::move(own));
}

} // namespace weir::actors
