#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "actors/caf.hpp"
#include "actors/monitor/journal.hpp"
#include "actors/node/role.hpp"
#include "actors/receiver/feed_messages.hpp"
#include "actors/receiver/messages.hpp"

namespace weir::actors {

/// Passes what threads of a source say on to a receiver's mailbox. It keeps nobody alive.
class receiver_mailbox {
public:
  template <class Actor>
  explicit receiver_mailbox(Actor* receiver) : receiver_{caf::actor_cast<caf::actor_addr>(receiver)} {}

  template <class Message>
  void send(Message message) const {
    if (auto receiver = caf::actor_cast<caf::actor>(receiver_))
      caf::anon_send(receiver, std::move(message));
  }

private:
  caf::actor_addr receiver_;
};

/// What a server hears of its connections.
class port_listener final : public ingest_listener {
public:
  port_listener(receiver_mailbox mailbox, std::shared_ptr<actors::journal> journal, input_id input)
    : mailbox_{std::move(mailbox)}, journal_{std::move(journal)}, input_{input} {}

  void hello(connection_id connection, std::string producer) override {
    mailbox_.send(producer_hello{connection, std::move(producer)});
  }
  void data(connection_id connection, ingest_data data) override {
    mailbox_.send(producer_data{connection, std::move(data)});
  }
  void goodbye(connection_id connection) override { mailbox_.send(producer_goodbye{connection}); }
  void closed(connection_id connection) override { mailbox_.send(connection_closed{connection}); }
  void turned_away(const std::string& peer, const std::string& reason) override {
    journal_->tell({.name = "connection_refused",
                    .limited = true,
                    .actor = address{role::receiver, input_.value},
                    .message = reason,
                    .more = {{"peer", peer}}});
  }

private:
  receiver_mailbox mailbox_;
  std::shared_ptr<actors::journal> journal_;
  input_id input_;
};

/// What a feed has to say.
class own_feed_listener final : public feed_listener {
public:
  explicit own_feed_listener(receiver_mailbox mailbox) : mailbox_{std::move(mailbox)} {}

  void records(fed_records records) override { mailbox_.send(feed_gave{std::move(records)}); }
  void stopped() override { mailbox_.send(feed_ended{}); }
  void source_stopped(std::string why) override { mailbox_.send(actors::source_stopped{std::move(why)}); }
  void warning(std::string sentence) override { mailbox_.send(feed_warned{std::move(sentence), true}); }
  void recovery(std::string sentence) override { mailbox_.send(feed_warned{std::move(sentence), false}); }
  void wake_after(std::chrono::milliseconds pause, std::uint64_t why) override {
    mailbox_.send(feed_sleeps{static_cast<std::uint64_t>(pause.count()), why});
  }

private:
  receiver_mailbox mailbox_;
};

} // namespace weir::actors
