// On a record's way, steps 4, 5 and 7 of 8: blocks, seals and commits become durable, many in one transaction. From block_store and
// batch_coordinator, to the log thread, and back as an answer.
#include "actors/checkpoint_writer/checkpoint_writer.hpp"

#include <algorithm>
#include <deque>
#include <iterator>

#include "actors/checkpoint_writer/log_fence.hpp"
#include "actors/checkpoint_writer/write_group.hpp"
#include "actors/node/conduct.hpp"
#include "actors/node/full_disk.hpp"
#include "libstream/base/marks.hpp"
#include "libstream/log/batch_log.hpp"
#include "libstream/log/block_log.hpp"
#include "libstream/log/positions.hpp"

namespace weir::actors {

namespace {

using verdict = log_fence::verdict;

/// Requests of lost peers may wait for ever: no more than these are kept.
constexpr std::size_t max_parked = 256;
/// On a full disk requests are kept up to this number; whoever asks for more asks again.
constexpr std::size_t max_refused = 1024;
/// Nobody waits for the end of a batch: it goes with the next transaction, or with one of its own after this time.
constexpr std::chrono::milliseconds unhurried{20};
/// At batches up to this length blocks and seal wait for the commit, up to half a batch: one sync a batch instead of two.
constexpr std::chrono::milliseconds short_batch{5};
/// Of blocks: so many do not wait.
constexpr std::uint64_t lingering_bytes = 512 * limits::kib;
/// Names that one transaction forgets at most.
constexpr std::uint64_t most_forgotten = 10'000;
/// A producer that says hello has been heard of; written if the log has not heard of it for so long.
constexpr std::uint64_t hello_counts_after_ms = 3'600'000;

struct writer_state {
  static inline const char* name = "checkpoint_writer";

  checkpoint_writer_actor::pointer self;
  services_ptr services;
  std::shared_ptr<worker> thread;
  struct loaded_log {
    std::optional<log_fence> fence;
    std::uint64_t service_ms = 0;
  };
  std::shared_ptr<loaded_log> loading = std::make_shared<loaded_log>();
  std::optional<log_fence> fence;
  std::uint64_t service_before_ms = 0; ///< the service time when this incarnation began, see `log::read_service_time`
  std::chrono::steady_clock::time_point began;
  std::deque<std::function<void()>> early;         ///< requests that came before the log was read
  std::deque<std::function<bool()>> parked;        ///< requests that rest on others that have not come yet
  std::deque<std::shared_ptr<write_group>> groups; ///< with the log thread, oldest first
  /// Shared with the jobs of the log thread, and touched by them only: a group was refused for lack of room, so what comes behind
  /// it must not be written before it.
  std::shared_ptr<bool> refusing = std::make_shared<bool>(false);
  full_disk pause;
  std::size_t tried = 0;                  ///< steps that are being tried again
  bool trying_again = false;              ///< the next group is the first of these
  std::uint64_t pauses = 0;               ///< a timer that was set in an older one is over
  std::vector<write_group::step> waiting; ///< for company, in the order in which they must be written
  std::uint64_t waiting_bytes = 0;
  std::uint64_t flushes = 0; ///< that `waiting` has seen: a timer that was set before the last one is over
  std::chrono::microseconds asked_wait{0}; ///< the shortest that was asked for since; 0 = none

  writer_state(checkpoint_writer_actor::pointer ptr) : self{ptr} {}

  /// Reads the log on its own thread, behind whatever a lost predecessor still had under way there.
  void start(services_ptr given) {
    services = std::move(given);
    began = self->clock().now();
    thread = services->workers->make("log");
    thread->post([services = services, loading = loading, me = caf::actor_cast<caf::actor_addr>(self)] {
      auto loaded = log_fence::load(*services->store);
      if (!loaded) {
        services->fail(loaded.error());
        return;
      }
      auto served = log::read_service_time(*services->store);
      if (!served) {
        services->fail(served.error());
        return;
      }
      *loading = {std::move(*loaded), *served};
      if (auto handle = caf::actor_cast<caf::actor>(me))
        caf::anon_send(handle, group_written{0});
    });
  }

  std::uint64_t service_ms() const {
    auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(self->clock().now() - began);
    return service_before_ms + static_cast<std::uint64_t>(passed.count());
  }

  template <class Message>
  void handle(const Message& message) {
    if (pause.lasts() && waiting.size() + tried >= max_refused)
      return;
    if (!fence)
      early.push_back([this, message] { handle(message); });
    else if (!take(message))
      park([this, message] { return take(message); });
    else
      take_parked();
  }

  void park(std::function<bool()> request) {
    mark("writer.waits_for_others");
    if (parked.size() == max_parked)
      parked.pop_front(); // whoever asked asks again
    parked.push_back(std::move(request));
  }

  /// What was taken last may be what they wait for; and one of them may be what another waits for.
  void take_parked() {
    for (auto progress = true; progress && !parked.empty();) {
      progress = false;
      for (auto& request : std::exchange(parked, {}))
        if (request())
          progress = true;
        else
          parked.push_back(std::move(request));
    }
  }

  // -- requests, in the protocol's order; false: not yet -------------------------------------------------------------------

  bool take(const claim_coordination& message) {
    auto epoch = fence->claim(message.incarnation);
    return add({[epoch](auto& changes, auto&) -> result<void> {
                  log::put_coordinator_epoch(changes, epoch);
                  return {};
                },
                [this, message, epoch] {
                  answer(role::batch_coordinator, 0, coordination_claimed{message.incarnation, epoch});
                }});
  }

  bool take(const open_epoch& message) {
    if (message.coordinator != fence->coordinator())
      return refuse(message.coordinator);
    auto opening = fence->open(message.input, message.incarnation);
    write_group::step step;
    if (opening.what == verdict::write)
      step.write = [message, opening](auto& changes, auto&) -> result<void> {
        log::put_epoch(changes, message.input, opening.owner, {{}, message.incarnation});
        return {};
      };
    step.answer = [this, message, opening] {
      answer(role::batch_coordinator, 0, epoch_opened{message.input, opening.owner, message.incarnation});
    };
    return add(std::move(step));
  }

  bool take(const append_blocks& message) {
    auto headers = message.headers;
    auto what = fence->append(message.input, message.epoch, headers);
    if (
      what ==
      verdict::
        refuse) { // in its turn: blocks of that epoch may be on their way to the log, and are not to be dropped meanwhile
      mark("writer.refuses_blocks");
      write_group::step refusal;
      refusal.answer = [this, input = message.input, owner = message.epoch] {
        answer(role::block_store, 0, epoch_refused{input, owner});
      };
      return add(std::move(refusal));
    }
    if (what == verdict::wait)
      return false;
    write_group::step step;
    if (what == verdict::write) {
      std::vector<data::buffer_handle> contents;
      for (auto& header : headers) {
        contents.push_back(services->blocks.find(header.id));
        step.bytes += header.bytes;
        if (!contents.back()) {
          services->fail(
            {error_code::failed, "a block to be logged is not in memory", "checkpoint writer", "report this"});
          return true;
        }
      }
      step.write = [headers, contents, now = service_ms()](auto& changes, auto& store) {
        return append(changes, store, headers, contents, now);
      };
      step.fault_before = "writer.before_append";
      step.fault_after = "writer.after_append";
    }
    step.answer = [this, input = message.input, owner = message.epoch, through = fence->last(message.input)] {
      answer(role::block_store, 0, blocks_appended{input, owner, through});
    };
    return add_lingering(std::move(step));
  }

  bool take(const find_producer& message) {
    if (!fence->is_current(message.input, message.epoch))
      return answer(role::receiver, message.input.value, epoch_refused{message.input, message.epoch});
    auto found = std::make_shared<std::optional<log::producer_position>>();
    return add({[message, found, now = service_ms()](auto& changes, auto& store) -> result<void> {
                  auto position = log::read_producer(store, message.input, message.producer);
                  if (!position)
                    return tl::make_unexpected(position.error());
                  *found = *position;
                  if (!*found || now < (*found)->seen_ms + hello_counts_after_ms)
                    return {};
                  (*found)->seen_ms = now;
                  log::put_producer(changes, message.input, message.producer, **found);
                  return {};
                },
                [this, message, found] {
                  auto last = *found ? (*found)->last : 0;
                  answer(role::receiver, message.input.value,
                         producer_found{message.input, message.epoch, message.producer, last, found->has_value()});
                }});
  }

  bool take(const record_departure& message) {
    if (!fence->is_current(message.input, message.epoch))
      return answer(role::receiver, message.input.value, epoch_refused{message.input, message.epoch});
    auto added = std::make_shared<bool>(false);
    return add({[message, added, now = service_ms()](auto& changes, auto& store) -> result<void> {
                  auto position = log::read_producer(store, message.input, message.producer);
                  if (!position)
                    return tl::make_unexpected(position.error());
                  *added = !position->has_value();
                  auto known = position->value_or(log::producer_position{});
                  known.left = true;
                  known.seen_ms = std::max(known.seen_ms, now);
                  log::put_producer(changes, message.input, message.producer, known);
                  return {};
                },
                [this, message, added] {
                  answer(role::receiver, message.input.value,
                         departure_recorded{message.input, message.epoch, message.producer, *added});
                }});
  }

  /// It is asked again, so a full disk is not kept waiting with it.
  bool take(const forget_producers& message) {
    if (!fence->is_current(message.input, message.epoch))
      return answer(role::receiver, message.input.value, epoch_refused{message.input, message.epoch});
    if (pause.lasts())
      return true;
    auto counts = std::make_shared<log::forgotten_producers>();
    return add({[message, counts, now = service_ms()](auto& changes, auto& store) -> result<void> {
                  auto before = now - std::min(now, message.idle_ms);
                  auto forgotten =
                    log::forget_producers(changes, store, message.input, before, message.present, most_forgotten);
                  if (!forgotten)
                    return tl::make_unexpected(forgotten.error());
                  *counts = std::move(*forgotten);
                  log::put_service_time(changes, now);
                  return {};
                },
                [this, message, counts] {
                  answer(role::receiver, message.input.value,
                         producers_forgotten{message.input, message.epoch, counts->forgotten, counts->remaining,
                                             counts->example});
                }});
  }

  bool take(const seal_batch& message) {
    auto what = fence->seal(message.epoch, message.record, message.after);
    if (what == verdict::refuse)
      return refuse(message.epoch);
    if (what == verdict::never) {
      mark("writer.never_seals");
      return answer(role::batch_coordinator, 0, seal_impossible{message.epoch, message.record.id});
    }
    if (what == verdict::wait)
      return false;
    write_group::step step;
    if (what == verdict::write) {
      step.write = [record = message.record](auto& changes, auto& store) { return log::seal(changes, store, record); };
      step.fault_before = "writer.before_seal";
      step.fault_after = "writer.after_seal";
    }
    step.answer = [this, message] {
      answer(role::batch_coordinator, 0, batch_sealed{message.epoch, message.record.id});
    };
    return add_lingering(std::move(step));
  }

  bool take(const amend_batch& message) {
    auto number = message.record.amendment.number;
    auto what = fence->amend(message.epoch, message.record.id, number);
    if (what == verdict::refuse)
      return refuse(message.epoch);
    if (what == verdict::wait)
      return false;
    if (what == verdict::answer)
      mark("writer.answers_amendment_again");
    write_group::step step;
    if (what == verdict::write) {
      step.write = [record = message.record](auto& changes, auto&) -> result<void> {
        log::amend(changes, record);
        return {};
      };
    }
    step.answer = [this, epoch = message.epoch, batch = message.record.id, number] {
      answer(role::batch_coordinator, 0, batch_amended{epoch, batch, number});
    };
    return add(std::move(step));
  }

  bool take(const commit_batch& message) {
    auto what = fence->commit(message.epoch, message.record.id);
    if (what == verdict::refuse)
      return refuse(message.epoch);
    if (what == verdict::wait)
      return false;
    if (what == verdict::answer)
      mark("writer.answers_commit_again");
    write_group::step step;
    if (what == verdict::write) {
      auto& record = message.record;
      std::vector<staging::bytes_handle> staged;
      for (auto& part : record.parts) {
        staged.push_back(services->staging.find({record.epoch, record.view}, record.id, part.output, part.part));
        step.bytes += part.bytes;
        if (!staged.back()) {
          services->fail({error_code::failed, "a staged part to be committed is not in memory", "output " + part.output,
                          "report this"});
          return true;
        }
      }
      step.write = [record, staged](auto& changes, auto&) -> result<void> {
        std::vector<log::staged_bytes> parts;
        for (auto& part : staged)
          parts.push_back({*part, part});
        log::commit(changes, record, parts);
        return {};
      };
      step.fault_before = "writer.before_commit";
      step.fault_after = "writer.after_commit";
    }
    step.answer = [this, message] {
      answer(role::batch_coordinator, 0, batch_committed{message.epoch, message.record.id});
    };
    return add(std::move(step));
  }

  bool take(const finish_batch& message) {
    auto what = fence->finish(message.epoch, message.batch);
    if (what == verdict::refuse)
      return refuse(message.epoch);
    write_group::step step;
    if (what == verdict::write) {
      step.write = [batch = message.batch](auto& changes, auto& store) -> result<void> {
        auto record = log::read_batch(store, batch);
        if (!record)
          return tl::make_unexpected(record.error());
        if (*record)
          log::finish(changes, **record);
        return {};
      };
      step.fault_before = "writer.before_finish";
    }
    step.answer = [this, message] {
      services->staging.drop(message.batch);
      answer(role::batch_coordinator, 0, batch_finished{message.epoch, message.batch});
    };
    step.frees = true;
    return add_later(std::move(step), unhurried);
  }

  // -- group commit --------------------------------------------------------------------------------------------------------

  /// Blocks with the positions that their producers reach by them.
  static result<void> append(log::transaction& changes, const log::store& store,
                             const std::vector<log::block_header>& headers,
                             const std::vector<data::buffer_handle>& contents, std::uint64_t now) {
    std::map<std::string, log::producer_position> positions;
    for (std::size_t i = 0; i < headers.size(); ++i) {
      log::append_block(changes, headers[i], contents[i]->view(), contents[i]);
      for (auto& range : headers[i].producers) {
        auto entry = positions.find(range.producer);
        if (entry == positions.end()) {
          auto known = log::read_producer(store, headers[i].id.input, range.producer);
          if (!known)
            return tl::make_unexpected(known.error());
          entry = positions.emplace(range.producer, known->value_or(log::producer_position{})).first;
        }
        entry->second.last = std::max(entry->second.last, range.last);
        entry->second.seen_ms = std::max(entry->second.seen_ms, now);
      }
    }
    for (auto& [producer, position] : positions)
      log::put_producer(changes, headers.front().id.input, producer, position);
    return {};
  }

  /// What comes while the log thread is busy goes into one transaction.
  bool add(write_group::step step) {
    if (pause.lasts() &&
        !step.write) { // a repeat, of which there may be any number while the disk is full: it is asked again
      mark("writer.drops_repeats");
      return true;
    }
    waiting.push_back(std::move(step));
    flush();
    return true;
  }

  /// For company that is sure to come; but no longer than this.
  bool add_later(write_group::step step, std::chrono::microseconds wait) {
    if (pause.lasts())
      return add(std::move(step));
    waiting_bytes += step.bytes;
    waiting.push_back(std::move(step));
    if (asked_wait.count() == 0 || wait < asked_wait) {
      asked_wait = wait;
      self->delayed_send(self, wait, unhurried_due{flushes});
    }
    return true;
  }

  /// Blocks and seals, whose commit follows at once if batches are short.
  bool add_lingering(write_group::step step) {
    auto interval = services->settings.batch_interval;
    if (interval > short_batch || waiting_bytes + step.bytes > lingering_bytes)
      return add(std::move(step));
    return add_later(std::move(step), interval / 2);
  }

  /// Hands over what waits, in its order: to the group that the log thread has not taken yet, as long as it has room, then to new ones.
  void flush() {
    ++flushes;
    waiting_bytes = 0;
    asked_wait = {};
    if (pause.lasts())
      return;
    std::shared_ptr<write_group> fresh;
    for (auto& step : std::exchange(waiting, {})) {
      if (!fresh && !groups.empty() && groups.back()->add(step))
        continue;
      add_to(fresh, step);
    }
    if (fresh)
      post(std::move(fresh));
  }

  /// To `group`, or if that has no room to a new one behind it.
  void add_to(std::shared_ptr<write_group>& group, write_group::step& step) {
    if (group && group->add(step))
      return;
    if (group)
      post(std::move(group));
    group = std::make_shared<write_group>();
    group->add(step);
  }

  void post(std::shared_ptr<write_group> group) {
    auto again = std::exchange(trying_again, false);
    groups.push_back(group);
    thread->post([services = services, refusing = refusing, again, group = std::move(group),
                  me = caf::actor_cast<caf::actor_addr>(self)] {
      if (again)
        *refusing = false;
      if (*refusing) {
        mark("writer.holds_group_back");
        return;
      }
      auto done = group->write(*services->store);
      if (!done && !done.error().full) {
        services->fail(done.error());
        return;
      }
      *refusing = !done;
      auto handle = caf::actor_cast<caf::actor>(me);
      if (!handle)
        return;
      if (done)
        caf::anon_send(handle, group_written{1});
      else
        caf::anon_send(handle, group_refused{done.error().message()});
    });
  }

  void written(const group_written& message) {
    if (message.group == 0) {
      fence = std::move(loading->fence);
      service_before_ms = loading->service_ms;
      for (auto& request : std::exchange(early, {}))
        request();
      return;
    }
    auto done = std::move(groups.front());
    groups.pop_front();
    if (groups.empty())
      go_on();
    for (auto& step : done->steps())
      step.answer();
  }

  // -- a full disk -----------------------------------------------------------------------------------------------------------

  /// Nothing of the first group was written, nor of those behind it: they wait, in their order. What only makes room goes first, so that
  /// a log that has reached its limit is freed by the batches that are published.
  void refused(const group_refused& message) {
    mark("writer.waits_for_room");
    std::vector<write_group::step> steps;
    for (auto& group : std::exchange(groups, {}))
      for (auto& step : group->take_steps())
        steps.push_back(std::move(step));
    std::move(waiting.begin(), waiting.end(), std::back_inserter(steps));
    waiting = std::move(steps);
    tried = 0;
    if (auto words = pause.refused(self->clock().now(), message.problem))
      services->journal->warning(*words);
    self->delayed_send(self, services->settings.disk_full_retry, write_again{++pauses});
  }

  void try_again() {
    auto steps = std::exchange(waiting, {});
    tried = steps.size();
    trying_again = true;
    auto others = std::stable_partition(steps.begin(), steps.end(), [](auto& each) { return each.frees; });
    if (others != steps.begin() && others != steps.end())
      mark("writer.frees_first");
    for (auto from = steps.begin(); from != steps.end();) {
      auto to = from < others ? others : steps.end();
      std::shared_ptr<write_group> fresh;
      for (; from != to; ++from)
        add_to(fresh, *from);
      post(std::move(fresh));
    }
    if (groups.empty())
      go_on();
  }

  void go_on() {
    if (!pause.lasts())
      return;
    tried = 0;
    if (auto words = pause.went_on(self->clock().now()))
      services->journal->warning(*words);
    flush();
  }

  template <class Message>
  bool answer(role what, std::uint32_t index, Message message) {
    services->directory.send({what, index}, std::move(message));
    return true;
  }

  bool refuse(weir::epoch older) {
    return answer(role::batch_coordinator, 0, coordination_lost{older, fence->coordinator()});
  }
};

checkpoint_writer_actor::behavior_type writer_behavior(checkpoint_writer_actor::stateful_pointer<writer_state> self,
                                                       services_ptr services) {
  keep_conduct(self, services, to_string(address{role::checkpoint_writer, 0}));
  auto& state = self->state;
  state.start(std::move(services));
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
    [&state](const group_written& message) { state.written(message); },
    [&state](const group_refused& message) { state.refused(message); },
    [&state](const write_again& message) {
      if (message.pause == state.pauses)
        state.try_again();
    },
    [&state](const unhurried_due& message) {
      if (message.flushes == state.flushes)
        state.flush();
    },
    [](const peer_restarted&) {},
  };
}

} // namespace

checkpoint_writer_actor spawn_checkpoint_writer(caf::actor_system& system, services_ptr services) {
  return system.spawn<caf::lazy_init>(writer_behavior, std::move(services));
}

} // namespace weir::actors
