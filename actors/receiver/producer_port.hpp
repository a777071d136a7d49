#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "actors/monitor/journal.hpp"
#include "actors/receiver/intake.hpp"
#include "actors/receiver/messages.hpp"
#include "actors/receiver/numbered_feed.hpp"
#include "actors/receiver/paced_frames.hpp"
#include "actors/receiver/receiver_actions.hpp"
#include "libstream/base/token_bucket.hpp"

namespace weir::actors {

/// The connections of a `weir://` port as a numbered feed: `intake` decides what is new and who is answered, `paced_frames` waits for the
/// rate, and the server is told. No CAF; one thread.
class producer_port final : public numbered_feed {
public:
  struct settings {
    input_id input;
    std::uint64_t max_producers = UINT64_MAX;
    std::chrono::milliseconds producer_ttl{0}; ///< who is silent for so long is forgotten
  };
  /// What the log knew of producers when the port was opened.
  struct known_producers {
    std::uint64_t names = 0;
    bool anyone_departed = false;
  };

  producer_port(block_generator& blocks, receiver_actions& actions, const settings& given,
                std::unique_ptr<ingest_server> server, std::shared_ptr<journal> journal);

  /// Before it is opened.
  void know(const known_producers& known);

  // What producers do. From the server.
  void hear(const producer_hello& message);
  void hear(const producer_data& message, time_point now);
  void hear(const producer_goodbye& message, time_point now);
  void hear(const connection_closed& message, time_point now);
  // A goodbye is durable; silent producers have been forgotten. From the writer.
  void hear(const departure_recorded& message);
  void hear(const producers_forgotten& message);
  // Timers.
  void look_again(time_point now);
  void forget_silent();

  std::string place() const override { return server_->address(); }
  bool is_port() const override { return true; }
  std::uint64_t connections() const override { return server_->open_connections(); }
  void opened() override;
  void limit(std::uint64_t records_per_s, time_point now) override;
  void stop() override;
  void found(const producer_found& answer) override;
  void ask_again() override;
  void reached(const std::string& producer, std::uint64_t last) override;
  void confirmed(std::uint64_t) override {} // nobody gives tickets
  void released(std::uint64_t bytes) override { server_->release(bytes); }
  bool holds_records() const override { return !frames_.empty(); }
  bool has_ended() const override { return stopped_; }
  bool at_rest() override { return anyone_departed_ && server_->open_connections() == 0; }

private:
  void said(connection_id connection, paced_frames::said what, time_point now);
  void take_frames(time_point now);
  void take(connection_id from, paced_frames::said& what);
  void give_back_frames();
  void schedule_forgetting();
  void act();

  void perform(const intake::look_up& what);
  void perform(const intake::welcome& what) { server_->welcome(what.connection, what.last_durable); }
  void perform(const intake::acknowledge& what) { server_->acknowledge(what.connection, what.through); }
  void perform(const intake::refuse& what);
  void perform(const intake::record_departure& what);
  void perform(const intake::farewell& what) { server_->farewell(what.connection); }
  void perform(const intake::release& what) { server_->release(what.bytes); }

  block_generator& blocks_;
  receiver_actions& actions_;
  const settings settings_;
  std::unique_ptr<ingest_server> server_;
  std::shared_ptr<journal> journal_;
  intake intake_;
  paced_frames frames_; ///< came, and are not taken yet
  token_bucket bucket_;
  bool held_back_ = false;
  bool looks_again_ = false; ///< a timer runs
  bool anyone_departed_ = false;
  bool stopped_ = false;
  std::uint64_t forgettings_ = 0; ///< asked for so far
};

} // namespace weir::actors
