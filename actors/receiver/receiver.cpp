// On a record's way, step 2 of 8: bytes from a producer's connection become a block. From sources/asio_ingest_server, to block_store.
#include "actors/receiver/receiver.hpp"

#include "actors/batch_coordinator/protocol.hpp"
#include "actors/block_store/protocol.hpp"
#include "actors/monitor/chaos_page.hpp"
#include "actors/node/conduct.hpp"
#include "actors/receiver/input_rate.hpp"
#include "actors/receiver/intake.hpp"
#include "actors/receiver/paced_frames.hpp"
#include "actors/sources/token_bucket.hpp"
#include "libstream/base/marks.hpp"
#include "libstream/log/positions.hpp"

namespace weir::actors {

namespace {

/// Passes what the server's thread hears on to the actor's mailbox.
class mailbox_listener final : public ingest_listener {
public:
  mailbox_listener(receiver_actor::pointer self, std::shared_ptr<actors::journal> journal, input_id input)
    : self_{caf::actor_cast<caf::actor_addr>(self)}, journal_{std::move(journal)}, input_{input} {}

  void hello(connection_id connection, std::string producer) override {
    send(producer_hello{connection, std::move(producer)});
  }
  void data(connection_id connection, ingest_data data) override { send(producer_data{connection, std::move(data)}); }
  void goodbye(connection_id connection) override { send(producer_goodbye{connection}); }
  void closed(connection_id connection) override { send(connection_closed{connection}); }
  void turned_away(const std::string& peer, const std::string& reason) override {
    journal_->tell({.name = "connection_refused",
                    .limited = true,
                    .actor = address{role::receiver, input_.value},
                    .message = reason,
                    .more = {{"peer", peer}}});
  }

private:
  template <class Message>
  void send(Message message) {
    if (auto self = caf::actor_cast<caf::actor>(self_))
      caf::anon_send(self, std::move(message));
  }
  caf::actor_addr self_;
  std::shared_ptr<actors::journal> journal_;
  input_id input_;
};

/// Between two looks at the rate: so that fast producers do not make a timer of each record, and a rate that rises is noticed.
constexpr token_bucket::duration shortest_pause{5'000};
constexpr token_bucket::duration longest_pause{1'000'000};

struct receiver_state {
  static inline const char* name = "receiver";

  receiver_actor::pointer self;
  services_ptr services;
  input_id input;
  std::uint64_t incarnation = 0;
  std::unique_ptr<actors::intake> intake;
  std::unique_ptr<ingest_server> server;
  bool draining = false;
  bool anyone_departed = false;
  std::optional<input_rate> rate;
  token_bucket bucket;
  paced_frames frames; ///< came, and are not taken yet
  bool held_back = false;
  bool looks_again = false; ///< a timer runs
  receiver_figures counted;

  receiver_state(receiver_actor::pointer ptr) : self{ptr} {}
  ~receiver_state() {
    if (intake && intake->is_open())
      say_figures(); // nobody else knows them
  }

  bool start(services_ptr given, input_id which) {
    services = std::move(given);
    input = which;
    incarnation = services->random();
    auto& url = services->settings.inputs[input.value];
    auto bound = services->ingest->listen(url.address(), services->settings.max_receiver_bytes,
                                          std::make_shared<mailbox_listener>(self, services->journal, input));
    if (!bound) {
      services->fail(bound.error());
      return false;
    }
    server = std::move(*bound);
    rate.emplace(services->settings);
    bucket.set_rate(rate->records_per_s(), self->clock().now());
    // A successor binds the same port, so that producers find it.
    services->settings.inputs[input.value].rebind(server->address());
    std::uint64_t names = 0;
    if (auto known = log::read_producers(*services->store, input); known) {
      anyone_departed = std::any_of(known->begin(), known->end(), [](auto& entry) { return entry.second.left; });
      names = known->size();
    }
    intake = std::make_unique<actors::intake>(input, limits::block_bytes, services->settings.max_producers, names);
    schedule_forgetting();
    ask_to_open();
    schedule_tick();
    schedule_retry();
    return true;
  }

  // -- what the coordinator says ---------------------------------------------------------------------------------------

  void opened(const input_opened& message) {
    if (message.incarnation != incarnation || intake->is_open())
      return;
    intake->opened(message.epoch);
    services->journal->receiver_started(input, server->address());
    services->journal->receiver_counted(input, counted = figures());
    services->journal->input_bound(services->settings.inputs[input.value].text());
    act();
  }

  void drain() {
    if (!draining) {
      draining = true;
      server->stop_reading();
      intake->stop();
      give_back_frames();
      services->journal->receiver_stopped(input, drained_reason);
    }
    act();
  }

  void report() {
    if (!intake->is_open())
      ask_to_open();
    say_activity();
    say_drained();
  }

  // -- what the log says -----------------------------------------------------------------------------------------------

  void durable(const blocks_durable& message) {
    if (message.epoch != intake->current_epoch())
      return;
    intake->durable(message.through);
    act();
  }

  /// A committed batch rests on what is released, so it is durable: the word of that may have died with a block store or a writer.
  void released(const blocks_released& message) {
    if (message.epoch != intake->current_epoch())
      return;
    if (intake->last_durable() < message.through)
      mark("receiver.hears_release_first");
    intake->durable(message.through);
    intake->released(message.through);
    act();
  }

  void fenced(const epoch_refused& message) {
    if (message.epoch != intake->current_epoch())
      return;
    self->quit(caf::exit_reason::user_shutdown); // the supervisor starts a successor, which opens a newer epoch
  }

  void found(const producer_found& message) {
    if (message.epoch != intake->current_epoch())
      return;
    intake->found(message.producer, message.last, message.logged);
    act();
  }

  void departed(const departure_recorded& message) {
    if (message.epoch != intake->current_epoch())
      return;
    anyone_departed = true;
    intake->departed(message.producer, message.added);
    act();
    say_activity();
  }

  void forgotten(const producers_forgotten& message) {
    if (message.epoch != intake->current_epoch())
      return;
    intake->counted(message.remaining);
    if (message.forgotten > 0)
      services->journal->tell(
        {.name = "producers_forgotten",
         .actor = address{role::receiver, input.value},
         .message = std::to_string(message.forgotten) +
                    " producers were silent for longer than ingest.producer_ttl and are forgotten, for example '" +
                    message.example + "'; one that comes back begins with record 1",
         .more = {}});
  }

  // -- what producers do -----------------------------------------------------------------------------------------------

  void hello(const producer_hello& message) {
    intake->hello(message.connection, message.producer);
    act();
    say_activity();
  }

  void data(const producer_data& message) { said(message.connection, message.data); }
  void goodbye(const producer_goodbye& message) { said(message.connection, paced_frames::goodbye{}); }
  void closed(const connection_closed& message) {
    said(message.connection, paced_frames::closed{});
    say_activity();
  }

  void said(connection_id connection, paced_frames::said what) {
    frames.add(connection, std::move(what));
    if (draining)
      give_back_frames();
    take_frames();
  }

  /// As much of what connections have said as the rate allows. The rest waits here, and sockets are left unread meanwhile: what is too
  /// fast waits with the producers.
  void take_frames() {
    auto now = self->clock().now();
    while (auto piece = frames.next(bucket.available(now))) {
      auto before = intake->taken_records();
      auto from = piece->connection;
      std::visit([this, from](auto& what) { take(from, what); }, piece->what);
      bucket.take(intake->taken_records() - before, now); // not what is known already
    }
    if (auto hold = !frames.empty(); hold != held_back)
      server->hold_back(held_back = hold);
    if (!held_back)
      return act();
    mark("receiver.holds_to_rate");
    if (!std::exchange(looks_again, true))
      self->delayed_send(self, std::clamp(bucket.wait(now), shortest_pause, longest_pause), read_again{});
    act();
  }

  void take(connection_id from, ingest_data& what) { intake->data(from, what); }
  void take(connection_id from, paced_frames::goodbye&) { intake->goodbye(from); }
  void take(connection_id from, paced_frames::closed&) { intake->closed(from); }

  /// It drains, and the intake takes no more. Nothing of these frames was acknowledged, so producers hand them to the next start.
  void give_back_frames() {
    while (auto piece = frames.next(token_bucket::unlimited))
      std::visit([&](auto& what) { take(piece->connection, what); }, piece->what);
  }

  void limit(const limit_rate& message) {
    if (!rate->heard(message))
      return;
    bucket.set_rate(rate->records_per_s(), self->clock().now());
    take_frames();
  }

  void look_again() {
    looks_again = false;
    take_frames();
  }

  receiver_figures figures() const {
    return {intake->durable_records(), intake->durable_bytes(), server->open_connections(), rate->records_per_s()};
  }

  // -- time ------------------------------------------------------------------------------------------------------------

  void tick() {
    if (!intake->is_open())
      ask_to_open();
    say_activity();
    say_figures();
    schedule_tick();
  }

  void repeat(const address& restarted) {
    if (restarted.what == role::batch_coordinator) {
      report();
    } else if (restarted.what == role::checkpoint_writer) {
      ask_writer_again();
    } else if (restarted.what == role::block_store) {
      store_again();
    }
  }

  /// Names that are idle for long leave the log. Nobody waits for it, so nothing is repeated: it is asked again anyway.
  void forget() {
    if (intake->is_open() && !draining)
      services->directory.send({role::checkpoint_writer, 0},
                               forget_producers{input, intake->current_epoch(),
                                                static_cast<std::uint64_t>(services->settings.producer_ttl.count()),
                                                intake->present_producers()});
    schedule_forgetting();
  }

  void retry() {
    ask_writer_again();
    store_again();
    schedule_retry();
  }

  /// Also with nothing to store: the answer says what has been released meanwhile.
  void store_again() {
    if (!intake->is_open())
      return;
    auto undurable = intake->undurable();
    if (!undurable.empty())
      mark("receiver.stores_again");
    services->directory.send({role::block_store, 0}, store_blocks{input, intake->current_epoch(),
                                                                  intake->last_durable(), std::move(undurable)});
  }

  void ask_writer_again() {
    if (!intake->is_open())
      return;
    for (auto& producer : intake->unanswered_lookups())
      look_up(producer);
    for (auto& producer : intake->unanswered_departures()) {
      mark("receiver.asks_for_farewell_again");
      depart(producer);
    }
  }

  // -- doing what was decided --------------------------------------------------------------------------------------------

  void act() {
    std::vector<log::block_header> cut;
    for (auto& action : intake->take_actions())
      std::visit([this, &cut](auto& what) { perform(what, cut); }, action);
    if (!cut.empty()) {
      fault_point("receiver.block_cut");
      store(std::move(cut));
    }
    say_drained();
  }

  using headers = std::vector<log::block_header>;
  void perform(intake::look_up& what, headers&) { look_up(what.producer); }
  void perform(intake::welcome& what, headers&) { server->welcome(what.connection, what.last_durable); }
  void perform(intake::acknowledge& what, headers&) { server->acknowledge(what.connection, what.through); }
  void perform(intake::refuse& what, headers&) {
    services->journal->receiver_failed(input, "a producer was refused: " + what.reason);
    server->refuse(what.connection, what.reason);
  }
  void perform(intake::farewell& what, headers&) { server->farewell(what.connection); }
  void perform(intake::release& what, headers&) { server->release(what.bytes); }
  void perform(intake::record_departure& what, headers&) { depart(what.producer); }
  /// At the next multiple of the block interval, of which the batch interval is one: so a batch's last block is cut when the batch is.
  void perform(intake::schedule_cut& what, headers&) {
    auto interval = services->settings.block_interval;
    auto past = std::chrono::microseconds{services->wall_clock_us() % interval.count()};
    self->delayed_send(self, interval - past, cut_block{what.sequence});
  }
  void perform(intake::store& what, headers& cut) {
    services->blocks.put(what.header.id, std::move(what.bytes));
    cut.push_back(std::move(what.header));
  }

  void ask_to_open() { services->directory.send({role::batch_coordinator, 0}, open_input{input, incarnation}); }
  void look_up(const std::string& producer) {
    services->directory.send({role::checkpoint_writer, 0}, find_producer{input, intake->current_epoch(), producer});
  }
  void depart(const std::string& producer) {
    services->directory.send({role::checkpoint_writer, 0}, record_departure{input, intake->current_epoch(), producer});
  }
  void store(headers cut) {
    if (!cut.empty())
      services->directory.send({role::block_store, 0},
                               store_blocks{input, intake->current_epoch(), intake->last_durable(), std::move(cut)});
  }
  void say_activity() {
    auto at_rest = frames.empty() && anyone_departed && intake->all_durable() && server->open_connections() == 0;
    services->directory.send({role::batch_coordinator, 0}, input_activity{input, at_rest});
  }
  void say_figures() {
    if (auto now = figures(); now != counted)
      services->journal->receiver_counted(input, counted = now);
  }
  /// The figures go first: the application may end on the word that it has drained.
  void say_drained() {
    if (!draining || !intake->all_durable())
      return;
    say_figures();
    services->directory.send({role::batch_coordinator, 0},
                             input_drained{input, intake->current_epoch(), intake->last_cut()});
  }
  void schedule_retry() { self->delayed_send(self, services->settings.retry_interval, retry_tick{}); }
  void schedule_forgetting() {
    using namespace std::chrono_literals;
    auto pause = std::clamp<std::chrono::milliseconds>(services->settings.producer_ttl / 20, 100ms, 1h);
    self->delayed_send(self, pause, forgetting_due{});
  }
  void schedule_tick() { self->delayed_send(self, std::chrono::milliseconds(100), input_tick{}); }
};

receiver_actor::behavior_type receiver_behavior(receiver_actor::stateful_pointer<receiver_state> self,
                                                services_ptr services, input_id input) {
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
    [&state](const departure_recorded& message) { state.departed(message); },
    [&state](const producers_forgotten& message) { state.forgotten(message); },
    [&state](const drain_input&) { state.drain(); },
    [&state](const report_input&) { state.report(); },
    [&state](const limit_rate& message) { state.limit(message); },
    [&state](const read_again&) { state.look_again(); },
    [&state](const producer_hello& message) { state.hello(message); },
    [&state](const producer_data& message) { state.data(message); },
    [&state](const producer_goodbye& message) { state.goodbye(message); },
    [&state](const connection_closed& message) { state.closed(message); },
    [&state](const cut_block& message) {
      state.intake->cut_due(message.sequence);
      state.act();
    },
    [&state](const input_tick&) { state.tick(); },
    [&state](const forgetting_due&) { state.forget(); },
    [&state](const retry_tick&) { state.retry(); },
    [&state](const peer_restarted& message) { state.repeat(message.who); },
  };
}

} // namespace

receiver_actor spawn_receiver(caf::actor_system& system, services_ptr services, input_id input) {
  return system.spawn<caf::lazy_init>(receiver_behavior, std::move(services), input);
}

} // namespace weir::actors
