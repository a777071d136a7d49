// On a record's way, step 3 of 11: a block is kept in memory and handed to the log. From receiver, to checkpoint_writer and, at the same
// time, to the batch_coordinator, which seals it: the writer takes no seal before its blocks. When the block is durable, word goes
// back to the receiver, which acknowledges.
#include "actors/block_store/block_store.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <set>

#include "actors/batch_coordinator/protocol.hpp"
#include "actors/block_store/block_index.hpp"
#include "actors/node/conduct.hpp"
#include "actors/node/log_reader.hpp"
#include "actors/node/message_parts.hpp"
#include "actors/node/newest_coordinator.hpp"
#include "actors/receiver/protocol.hpp"
#include "libstream/base/marks.hpp"

namespace weir::actors {

namespace {

/// Headers in one message: keeps messages far below their limit.
constexpr std::size_t headers_per_message = 1024;

/// Requests that are kept until the log has been read. More are dropped: whoever asks asks again.
constexpr std::size_t most_early = 4096;

using headers = std::vector<log::block_header>;

/// What the log has of (input, epoch) behind what is known of it. On the log's thread.
result<headers> read_behind(const log::readable_node_log& log, input_id input, weir::epoch owner,
                            block_sequence known) {
  headers behind;
  auto scanned = log.scan_headers(input, owner, known.next(), [&](const log::block_header& header) {
    behind.push_back(header);
    return true;
  });
  if (!scanned)
    return tl::make_unexpected(scanned.error());
  return behind;
}

/// The same of every (input, epoch).
result<headers> read_behind(const log::readable_node_log& log, const block_index::heights& known) {
  auto epochs = log.read_epochs();
  if (!epochs)
    return tl::make_unexpected(epochs.error());
  headers all;
  for (auto& [key, position] : *epochs) {
    auto entry = known.find(key);
    auto behind = read_behind(log, key.first, key.second, entry == known.end() ? block_sequence{} : entry->second);
    if (!behind)
      return behind;
    all.insert(all.end(), behind->begin(), behind->end());
  }
  return all;
}

struct block_store_state {
  static inline const char* name = "block_store";

  block_store_actor::pointer self;
  application_ptr application;
  node_ptr node;
  std::optional<log_reader> log;
  block_index index;
  newest_coordinator coordinator;
  std::map<input_id, weir::epoch> newest_epochs;
  bool recovered = false;
  bool looking = false;                    ///< for blocks that nobody has reported
  std::uint64_t answers = 0;               ///< to the coordinator's questions
  std::deque<std::function<void()>> early; ///< requests that came before the log was read

  block_store_state(block_store_actor::pointer ptr) : self{ptr} {}

  void start(application_ptr of, node_ptr on) {
    application = std::move(of);
    node = std::move(on);
    log.emplace(self, *node->workers, application->fail);
    log->read([node = node] { return read_behind(node->log, {}); }, [this](auto& found) { recover(found); });
    schedule_retry();
  }

  void recover(const headers& found) {
    for (auto& header : found)
      index.recovered(header);
    recovered = true;
    for (auto& request : std::exchange(early, {}))
      request();
  }

  /// Nothing is decided before it is known what the log holds.
  template <class Message>
  void take(const Message& message) {
    if (recovered)
      on(message);
    else if (early.size() < most_early)
      early.push_back([this, message] { on(message); });
  }

  void on(const store_blocks& message) {
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
      node->directory.send(node->here(role::receiver, message.input.value),
                           blocks_durable{message.input, message.epoch, through});
  }

  /// Blocks that are not known here were appended for a lost predecessor, after this one had read the log; their receiver may be gone as
  /// well. It hears of them once they are known: what it reckons durable is taken for released where it is not.
  void on(const blocks_appended& message) {
    auto known = index.known_through(message.input, message.epoch);
    index.appended(message.input, message.epoch, message.through);
    if (message.through <= known)
      return say_durable(message);
    log->read([node = node, message, known] { return read_behind(node->log, message.input, message.epoch, known); },
              [this, message](auto& found) {
                report_unknown(found);
                say_durable(message);
              });
  }

  void say_durable(const blocks_appended& message) {
    node->directory.send(node->here(role::receiver, message.input.value),
                         blocks_durable{message.input, message.epoch, message.through});
  }

  /// Of what was found, some may have become known since, and gone again.
  void report_unknown(const headers& found) {
    std::set<std::pair<input_id, weir::epoch>> lines;
    for (auto& header : found)
      if (header.id.sequence > index.known_through(header.id.input, header.id.epoch)) {
        index.recovered(header);
        lines.emplace(header.id.input, header.id.epoch);
      }
    if (lines.empty())
      return;
    mark("store.finds_unreported_blocks");
    for (auto& known : index.known())
      if (lines.count({known.front().id.input, known.front().id.epoch}) > 0)
        report(known);
  }

  void on(const epoch_refused& message) {
    index.refused(message.input, message.epoch);
    forget_unknown(message.input, message.epoch.next());
    node->directory.send(node->here(role::receiver, message.input.value), message);
    say_void(message);
  }

  /// What the writer took before it refused is in the log by now, also where its answer was lost: only what is behind that is void.
  void say_void(const epoch_refused& message) {
    auto durable = index.durable_through(message.input, message.epoch);
    log->read([node = node, message, durable] { return read_behind(node->log, message.input, message.epoch, durable); },
              [this, message](auto& found) {
                report_unknown(found);
                node->directory.send(
                  application->coordinator(),
                  blocks_void{message.input, message.epoch, index.durable_through(message.input, message.epoch)});
              });
  }

  void forget_unknown(input_id input, weir::epoch newest) {
    node->blocks.drop_unknown(input, newest, [this](const block_id& id) { return index.knows(id); });
  }

  void on(const report_blocks& message) {
    if (!coordinator.hears(message.coordinator))
      return;
    blocks_reported answer{message.coordinator, message.question, {}, node->id, ++answers};
    for (auto& known : index.known()) {
      report(known);
      auto& last = known.back().id;
      answer.lines.push_back({last.input, last.epoch, last.sequence});
    }
    for (auto& part : parts_of(std::move(answer)))
      node->directory.send(application->coordinator(), std::move(part));
  }

  void on(const report_blocks_behind& message) {
    if (!coordinator.hears(message.coordinator))
      return;
    report(index.known_behind(message.input, message.epoch, message.after));
  }

  void on(const release_blocks& message) {
    if (!coordinator.hears(message.coordinator))
      return; // the newer one is told of them, and releases them
    for (auto& range : message.ranges) {
      index.released(range);
      node->blocks.drop(range.input, range.epoch, range.last);
      node->directory.send(node->here(role::receiver, range.input.value),
                           blocks_released{range.input, range.epoch, range.last});
    }
  }

  /// What was to be released while this actor was down is not in the log any more when it comes back.
  void release_finished(const store_blocks& message) {
    auto through = index.released_through(message.input, message.epoch, message.durable);
    if (through.value == 0)
      return;
    node->blocks.drop(message.input, message.epoch, through);
    node->directory.send(node->here(role::receiver, message.input.value),
                         blocks_released{message.input, message.epoch, through});
  }

  void on(const peer_restarted& message) {
    if (message.who.what == role::checkpoint_writer)
      append_again();
  }

  void retry() {
    if (recovered) {
      append_again();
      find_unknown();
      report_again();
    }
    schedule_retry();
  }

  /// The answer to a lost predecessor's append may have died with its writer: then the log knows of blocks that nobody reports.
  void find_unknown() {
    if (std::exchange(looking, true))
      return;
    log->read([node = node, known = index.known_through()] { return read_behind(node->log, known); },
              [this](auto& found) {
                looking = false;
                report_unknown(found);
              });
  }

  /// What is here for long is waiting to be sealed or released, or the coordinator has not heard of it, or nobody heard its answer.
  void report_again() {
    for (auto& overdue : index.overdue()) {
      mark("store.reports_again");
      report(overdue);
    }
  }

  void append_again() {
    for (auto& undurable : index.undurable()) {
      mark("store.appends_again");
      append(undurable.front().id.input, undurable.front().id.epoch, undurable);
    }
  }

  void schedule_retry() { self->delayed_send(self, application->settings.retry_interval, retry_tick{}); }

  void append(input_id input, weir::epoch owner, const headers& fresh) {
    for (auto& part : in_parts(fresh))
      node->directory.send(node->here(role::checkpoint_writer), append_blocks{input, owner, std::move(part)});
  }

  void report(const headers& kept) {
    for (std::size_t from = 0; from < kept.size(); from += headers_per_message) {
      auto& [input, owner, sequence] = kept.front().id;
      blocks_ready message{input, owner, {}, index.durable_through(input, owner)};
      auto to = std::min(kept.size(), from + headers_per_message);
      for (auto next = from; next < to; ++next) {
        message.headers.push_back(kept[next]);
        message.headers.back().producers.clear();
      }
      node->directory.send(application->coordinator(), std::move(message));
    }
  }
};

block_store_actor::behavior_type block_store_behavior(block_store_actor::stateful_pointer<block_store_state> self,
                                                      application_ptr application, node_ptr node) {
  keep_conduct(self, node->journal, to_string(address{role::block_store, 0}));
  auto& state = self->state;
  state.start(std::move(application), std::move(node));
  return {
    [&state](const store_blocks& message) { state.take(message); },
    [&state](const blocks_appended& message) { state.take(message); },
    [&state](const epoch_refused& message) { state.take(message); },
    [&state](const report_blocks& message) { state.take(message); },
    [&state](const report_blocks_behind& message) { state.take(message); },
    [&state](const release_blocks& message) { state.take(message); },
    [&state](const log_was_read& message) { state.log->heard(message); },
    [&state](const retry_tick&) { state.retry(); },
    [&state](const peer_restarted& message) { state.take(message); },
  };
}

} // namespace

block_store_actor spawn_block_store(caf::actor_system& system, application_ptr application, node_ptr node) {
  return system.spawn<caf::lazy_init>(block_store_behavior, std::move(application), std::move(node));
}

} // namespace weir::actors
