// On a record's way, step 3 of 8: a block is kept in memory and handed to the log. From receiver, to checkpoint_writer and, at the same
// time, to the batch_coordinator, which seals it: the writer takes no seal before its blocks. When the block is durable, word goes
// back to the receiver, which acknowledges.
#include "actors/block_store/block_store.hpp"

#include "actors/batch_coordinator/protocol.hpp"
#include "actors/block_store/block_index.hpp"
#include "actors/node/conduct.hpp"
#include "actors/receiver/protocol.hpp"
#include "libstream/base/marks.hpp"
#include "libstream/log/block_log.hpp"
#include "libstream/log/positions.hpp"

namespace weir::actors {

namespace {

/// Headers in one message: keeps messages far below their limit.
constexpr std::size_t headers_per_message = 1024;

struct block_store_state {
  static inline const char* name = "block_store";

  block_store_actor::pointer self;
  services_ptr services;
  block_index index;
  std::map<input_id, weir::epoch> newest_epochs;

  block_store_state(block_store_actor::pointer ptr) : self{ptr} {}

  bool start(services_ptr given) {
    services = std::move(given);
    auto scanned = recover();
    if (!scanned)
      services->fail(scanned.error());
    schedule_retry();
    return scanned.has_value();
  }

  /// Reads from the log what (input, epoch) has behind what is known of it.
  result<void> recover(input_id input, weir::epoch owner) {
    return log::scan_headers(*services->store, input, owner, index.known_through(input, owner).next(),
                             [this](const log::block_header& header) {
                               index.recovered(header);
                               return true;
                             });
  }

  result<void> recover() {
    auto epochs = log::read_epochs(*services->store);
    if (!epochs)
      return tl::make_unexpected(epochs.error());
    for (auto& [key, position] : *epochs)
      if (auto scanned = recover(key.first, key.second); !scanned)
        return scanned;
    return {};
  }

  void store(const store_blocks& message) {
    if (auto& newest = newest_epochs[message.input]; newest < message.epoch) {
      newest = message.epoch;
      forget_unknown(message.input, newest);
    }
    auto fresh = index.stored(message.headers, message.durable);
    release_finished(message);
    if (!fresh.empty()) {
      append(message.input, message.epoch, fresh);
      report(fresh); // not before: a seal must not reach the writer ahead of its blocks
    } else if (auto through = index.durable_through(message.input, message.epoch); through.value > 0)
      services->directory.send({role::receiver, message.input.value},
                               blocks_durable{message.input, message.epoch, through});
  }

  void appended(const blocks_appended& message) {
    index.appended(message.input, message.epoch, message.through);
    if (index.known_through(message.input, message.epoch) < message.through)
      report_unknown(message.input, message.epoch, index.known_through(message.input, message.epoch));
    services->directory.send({role::receiver, message.input.value},
                             blocks_durable{message.input, message.epoch, message.through});
  }

  /// A lost predecessor had them appended, after this one had read the log; their receiver may be gone as well.
  void report_unknown(input_id input, weir::epoch owner, block_sequence known) {
    if (auto scanned = recover(input, owner); !scanned) {
      services->fail(scanned.error());
      return;
    }
    if (index.known_through(input, owner) == known)
      return;
    mark("store.finds_unreported_blocks");
    for (auto& headers : index.known())
      if (headers.front().id.input == input && headers.front().id.epoch == owner)
        report(headers);
  }

  void refused(const epoch_refused& message) {
    index.refused(message.input, message.epoch);
    forget_unknown(message.input, message.epoch.next());
    services->directory.send({role::receiver, message.input.value}, message);
  }

  void forget_unknown(input_id input, weir::epoch newest) {
    services->blocks.drop_unknown(input, newest, [this](const block_id& id) { return index.knows(id); });
  }

  void report_all() {
    for (auto& headers : index.known())
      report(headers);
  }

  void release(const release_blocks& message) {
    for (auto& range : message.ranges) {
      index.released(range);
      services->blocks.drop(range.input, range.epoch, range.last);
      services->directory.send({role::receiver, range.input.value},
                               blocks_released{range.input, range.epoch, range.last});
    }
  }

  /// What was to be released while this actor was down is not in the log any more when it comes back.
  void release_finished(const store_blocks& message) {
    auto through = index.released_through(message.input, message.epoch, message.durable);
    if (through.value == 0)
      return;
    services->blocks.drop(message.input, message.epoch, through);
    services->directory.send({role::receiver, message.input.value},
                             blocks_released{message.input, message.epoch, through});
  }

  void repeat(const address& restarted) {
    if (restarted.what == role::checkpoint_writer)
      append_again();
  }

  void retry() {
    append_again();
    find_unknown();
    schedule_retry();
  }

  /// The answer to a lost predecessor's append may have died with its writer: then the log knows of blocks that nobody reports.
  void find_unknown() {
    auto epochs = log::read_epochs(*services->store);
    if (!epochs) {
      services->fail(epochs.error());
      return;
    }
    for (auto& [key, position] : *epochs)
      report_unknown(key.first, key.second, index.known_through(key.first, key.second));
  }

  void append_again() {
    for (auto& headers : index.undurable()) {
      mark("store.appends_again");
      append(headers.front().id.input, headers.front().id.epoch, headers);
    }
  }

  void schedule_retry() { self->delayed_send(self, services->settings.retry_interval, retry_tick{}); }

  void append(input_id input, weir::epoch owner, const std::vector<log::block_header>& headers) {
    services->directory.send({role::checkpoint_writer, 0}, append_blocks{input, owner, headers});
  }

  void report(const std::vector<log::block_header>& headers) {
    for (std::size_t from = 0; from < headers.size(); from += headers_per_message) {
      blocks_ready message{headers.front().id.input, headers.front().id.epoch, {}};
      auto to = std::min(headers.size(), from + headers_per_message);
      for (auto at = from; at < to; ++at) {
        message.headers.push_back(headers[at]);
        message.headers.back().producers.clear();
      }
      services->directory.send({role::batch_coordinator, 0}, std::move(message));
    }
  }
};

block_store_actor::behavior_type block_store_behavior(block_store_actor::stateful_pointer<block_store_state> self,
                                                      services_ptr services) {
  keep_conduct(self, services, to_string(address{role::block_store, 0}));
  auto& state = self->state;
  if (!state.start(std::move(services)))
    self->quit(caf::exit_reason::user_shutdown);
  return {
    [&state](const store_blocks& message) { state.store(message); },
    [&state](const blocks_appended& message) { state.appended(message); },
    [&state](const epoch_refused& message) { state.refused(message); },
    [&state](const report_blocks&) { state.report_all(); },
    [&state](const release_blocks& message) { state.release(message); },
    [&state](const retry_tick&) { state.retry(); },
    [&state](const peer_restarted& message) { state.repeat(message.who); },
  };
}

} // namespace

block_store_actor spawn_block_store(caf::actor_system& system, services_ptr services) {
  return system.spawn<caf::lazy_init>(block_store_behavior, std::move(services));
}

} // namespace weir::actors
