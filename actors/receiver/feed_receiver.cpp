// On a record's way, step 2 of 8, for inputs that the process fetches or makes itself: records become a block. From a feed in sources,
// to block_store.
#include "actors/receiver/feed_receiver.hpp"

#include "actors/batch_coordinator/protocol.hpp"
#include "actors/block_store/protocol.hpp"
#include "actors/node/conduct.hpp"
#include "actors/receiver/block_generator.hpp"
#include "actors/receiver/input_rate.hpp"
#include "actors/receiver/numbered_records.hpp"
#include "libstream/base/marks.hpp"

namespace weir::actors {

namespace {

/// Passes what the feed says on to the actor's mailbox.
class mailbox_listener final : public feed_listener {
public:
  explicit mailbox_listener(feed_receiver_actor::pointer self) : self_{caf::actor_cast<caf::actor_addr>(self)} {}

  void records(fed_records records) override { send(feed_gave{std::move(records)}); }
  void stopped() override { send(feed_ended{}); }
  void source_stopped(std::string why) override { send(actors::source_stopped{std::move(why)}); }
  void warning(std::string sentence) override { send(feed_warned{std::move(sentence), true}); }
  void recovery(std::string sentence) override { send(feed_warned{std::move(sentence), false}); }
  void wake_after(std::chrono::milliseconds pause, std::uint64_t why) override {
    send(feed_sleeps{static_cast<std::uint64_t>(pause.count()), why});
  }

private:
  template <class Message>
  void send(Message message) {
    if (auto self = caf::actor_cast<caf::actor>(self_))
      caf::anon_send(self, std::move(message));
  }
  caf::actor_addr self_;
};

struct feed_receiver_state {
  static inline const char* name = "feed_receiver";

  feed_receiver_actor::pointer self;
  services_ptr services;
  input_id input;
  std::uint64_t incarnation = 0;
  std::unique_ptr<block_generator> blocks;
  numbered_records numbered;
  std::unique_ptr<actors::feed> feed;
  std::optional<input_rate> rate;
  receiver_figures counted;
  bool begun = false;
  bool draining = false;
  bool ended = false; ///< the feed has said its last word

  feed_receiver_state(feed_receiver_actor::pointer ptr) : self{ptr} {}
  ~feed_receiver_state() {
    if (feed && blocks->is_open())
      say_figures(); // nobody else knows them
  }

  bool start(services_ptr given, input_id which) {
    services = std::move(given);
    input = which;
    incarnation = services->random();
    blocks = std::make_unique<block_generator>(input, limits::block_bytes);
    auto opened = services->open_feed(input, std::make_shared<mailbox_listener>(self));
    if (!opened) {
      services->fail(opened.error());
      return false;
    }
    feed = std::move(*opened);
    rate.emplace(services->settings);
    feed->limit(rate->records_per_s());
    ask_to_open();
    schedule_tick();
    schedule_retry();
    return true;
  }

  // -- what the coordinator says ---------------------------------------------------------------------------------------

  void opened(const input_opened& message) {
    if (message.incarnation != incarnation || blocks->is_open())
      return;
    blocks->opened(message.epoch);
    if (auto producer = feed->producer(); producer.empty())
      begin(0);
    else
      look_up(producer);
    services->journal->receiver_started(input, input_name());        // who waits for that finds the feed told to begin
    services->journal->receiver_counted(input, counted = figures()); // zeros, too: an earlier one may have counted
  }

  /// A feed that was stopped begins nothing any more.
  void begin(std::uint64_t last_durable) {
    if (!std::exchange(begun, true))
      feed->begin(last_durable);
  }

  void drain() {
    if (!std::exchange(draining, true)) {
      feed->stop();
      services->journal->receiver_stopped(input, drained_reason);
    }
    say_drained();
  }

  void report() {
    if (!blocks->is_open())
      ask_to_open();
    say_drained();
  }

  // -- what the log says -----------------------------------------------------------------------------------------------

  void durable(const blocks_durable& message) {
    if (message.epoch != blocks->current_epoch())
      return;
    blocks->durable(message.through);
    act();
  }

  /// A committed batch rests on what is released, so it is durable: the word of that may have died with a block store or a writer.
  void released(const blocks_released& message) {
    if (message.epoch != blocks->current_epoch())
      return;
    if (blocks->last_durable() < message.through)
      mark("receiver.hears_release_first");
    blocks->durable(message.through);
    blocks->released(message.through);
    act();
  }

  void fenced(const epoch_refused& message) {
    if (message.epoch == blocks->current_epoch())
      self->quit(caf::exit_reason::user_shutdown); // the supervisor starts a successor, which opens a newer epoch
  }

  void found(const producer_found& message) {
    if (message.epoch != blocks->current_epoch())
      return;
    numbered.found(message.producer, message.last);
    if (message.producer == feed->producer())
      begin(message.last);
    act();
  }

  // -- what the feed says ----------------------------------------------------------------------------------------------

  void gave(const feed_gave& message) {
    if (message.records.producer.empty())
      blocks->add(message.records);
    else
      numbered.arrived(message.records);
    act();
  }

  void feed_has_ended() {
    ended = true;
    blocks->cut();
    act();
  }

  /// The feed keeps to it: a socket is left unread, a storing thread waits.
  void limit(const limit_rate& message) {
    if (rate->heard(message))
      feed->limit(rate->records_per_s());
  }

  void stopped_itself(const source_stopped& message) {
    services->journal->receiver_stopped(input, message.why);
    services->journal->tell({.name = "input_stopped",
                             .level = log_level::notice,
                             .actor = address{role::receiver, input.value},
                             .message = input_name() + " has stopped itself: " + message.why});
  }

  void warn(const feed_warned& message) {
    if (!message.failed) {
      services->journal->tell({.name = "reconnected",
                               .level = log_level::notice,
                               .limited = true,
                               .actor = address{role::receiver, input.value},
                               .message = message.sentence});
      return;
    }
    services->journal->warning(message.sentence);
    services->journal->receiver_failed(input, message.sentence);
  }

  // -- time ------------------------------------------------------------------------------------------------------------

  void tick() {
    if (!blocks->is_open())
      ask_to_open();
    say_activity();
    say_figures();
    schedule_tick();
  }

  void repeat(const address& restarted) {
    if (restarted.what == role::batch_coordinator) {
      report();
      say_activity();
    } else if (restarted.what == role::checkpoint_writer) {
      ask_writer_again();
    } else if (restarted.what == role::block_store) {
      store_again();
    }
  }

  void retry() {
    ask_writer_again();
    store_again();
    schedule_retry();
  }

  /// Also with nothing to store: the answer says what has been released meanwhile.
  void store_again() {
    if (!blocks->is_open())
      return;
    auto undurable = blocks->undurable();
    if (!undurable.empty())
      mark("receiver.stores_again");
    services->directory.send({role::block_store, 0}, store_blocks{input, blocks->current_epoch(),
                                                                  blocks->last_durable(), std::move(undurable)});
  }

  void ask_writer_again() {
    if (!blocks->is_open())
      return;
    if (auto producer = feed->producer(); !begun && !producer.empty())
      look_up(producer);
    for (auto& producer : numbered.unanswered())
      look_up(producer);
  }

  // -- doing what was decided --------------------------------------------------------------------------------------------

  using headers = std::vector<log::block_header>;

  /// What one of the two decides may give the other something to decide.
  void act() {
    headers cut;
    for (auto any = true; any;) {
      auto numbers = numbered.take_actions();
      for (auto& action : numbers)
        std::visit([this](auto& what) { perform(what); }, action);
      auto blocked = blocks->take_actions();
      for (auto& action : blocked)
        std::visit([this, &cut](auto& what) { perform(what, cut); }, action);
      any = !numbers.empty() || !blocked.empty();
    }
    if (!cut.empty())
      services->directory.send({role::block_store, 0},
                               store_blocks{input, blocks->current_epoch(), blocks->last_durable(), std::move(cut)});
    say_drained();
  }

  void perform(numbered_records::look_up& what) { look_up(what.producer); }
  void perform(numbered_records::accept& what) { blocks->add(what.records); }
  void perform(numbered_records::confirm& what) { confirm(what.ticket, {}); }
  void perform(numbered_records::refuse& what) {
    confirm(what.ticket,
            fail(error_code::usage, what.reason, input_name(), "hand over records in the order of their numbers"));
  }
  void perform(numbered_records::release& what) { feed->release(what.bytes); }

  void perform(block_generator::release& what, headers&) { feed->release(what.bytes); }
  void perform(block_generator::confirm& what, headers&) { confirm(what.ticket, {}); }
  void perform(block_generator::reach& what, headers&) { numbered.durable(what.producer, what.last); }
  /// At the next multiple of the block interval, of which the batch interval is one: so a batch's last block is cut when the batch is.
  void perform(block_generator::schedule_cut& what, headers&) {
    if (what.soon) {
      self->send(self, cut_block{what.sequence});
      return;
    }
    auto interval = services->settings.block_interval;
    auto past = std::chrono::microseconds{services->wall_clock_us() % interval.count()};
    self->delayed_send(self, interval - past, cut_block{what.sequence});
  }
  void perform(block_generator::store& what, headers& cut) {
    services->blocks.put(what.header.id, std::move(what.bytes));
    cut.push_back(std::move(what.header));
  }

  void confirm(std::uint64_t ticket, const result<void>& how) {
    if (ticket != 0)
      feed->stored(ticket, how);
  }

  const std::string input_name() const { return services->settings.inputs[input.value].text(); }
  void ask_to_open() { services->directory.send({role::batch_coordinator, 0}, open_input{input, incarnation}); }
  void look_up(const std::string& producer) {
    services->directory.send({role::checkpoint_writer, 0}, find_producer{input, blocks->current_epoch(), producer});
  }
  bool all_durable() const { return blocks->all_durable() && !numbered.any_waiting(); }
  void say_activity() {
    auto rests = feed->at_rest();
    auto at_rest = rests && begun && all_durable();
    services->directory.send({role::batch_coordinator, 0}, input_activity{input, at_rest});
  }
  receiver_figures figures() const {
    return {blocks->durable_records(), blocks->durable_bytes(), feed->connections(), rate->records_per_s()};
  }
  void say_figures() {
    if (auto now = figures(); now != counted)
      services->journal->receiver_counted(input, counted = now);
  }
  /// The figures go first: the application may end on the word that it has drained.
  void say_drained() {
    if (!draining || !ended || !all_durable())
      return;
    say_figures();
    services->directory.send({role::batch_coordinator, 0},
                             input_drained{input, blocks->current_epoch(), blocks->last_cut()});
  }
  void schedule_retry() { self->delayed_send(self, services->settings.retry_interval, retry_tick{}); }
  void schedule_tick() { self->delayed_send(self, std::chrono::milliseconds(100), input_tick{}); }
};

feed_receiver_actor::behavior_type feed_receiver_behavior(
  feed_receiver_actor::stateful_pointer<feed_receiver_state> self, services_ptr services, input_id input) {
  keep_conduct(self, services, to_string(address{role::receiver, input.value}));
  auto& state = self->state;
  if (!state.start(std::move(services), input))
    self->quit(caf::exit_reason::normal); // it has said why: a successor would only say it again
  return {
    [&state](const input_opened& message) { state.opened(message); },
    [&state](const blocks_durable& message) { state.durable(message); },
    [&state](const blocks_released& message) { state.released(message); },
    [&state](const epoch_refused& message) { state.fenced(message); },
    [&state](const producer_found& message) { state.found(message); },
    [&state](const drain_input&) { state.drain(); },
    [&state](const report_input&) { state.report(); },
    [&state](const limit_rate& message) { state.limit(message); },
    [&state](const feed_gave& message) { state.gave(message); },
    [&state](const feed_ended&) { state.feed_has_ended(); },
    [&state](const source_stopped& message) { state.stopped_itself(message); },
    [&state](const feed_warned& message) { state.warn(message); },
    [&state, self](const feed_sleeps& message) {
      self->delayed_send(self, std::chrono::milliseconds(message.pause_ms), feed_wakes{message.why});
    },
    [&state](const feed_wakes& message) { state.feed->wake(message.why); },
    [&state](const cut_block& message) {
      state.blocks->cut_due(message.sequence);
      state.act();
    },
    [&state](const input_tick&) { state.tick(); },
    [&state](const retry_tick&) { state.retry(); },
    [&state](const peer_restarted& message) { state.repeat(message.who); },
  };
}

} // namespace

feed_receiver_actor spawn_feed_receiver(caf::actor_system& system, services_ptr services, input_id input) {
  return system.spawn<caf::lazy_init>(feed_receiver_behavior, std::move(services), input);
}

} // namespace weir::actors
