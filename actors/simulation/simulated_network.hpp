#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/simulation/timeline.hpp"
#include "actors/sources/frame_budget.hpp"
#include "actors/sources/ingest_server.hpp"
#include "actors/sources/producer_session.hpp"

namespace weir::actors::simulation {

/// What a producer hears on its connection. Nothing comes after `closed`.
class producer_ear {
public:
  virtual ~producer_ear() = default;
  virtual void connected() = 0;
  virtual void welcomed(std::uint64_t last_durable) = 0;
  virtual void acknowledged(std::uint64_t through) = 0;
  virtual void farewell() = 0;
  virtual void refused(const std::string& reason) = 0;
  virtual void closed() = 0;
};

/// Sockets without sockets: links with seeded latency that keep the order of what they carry, and can be reset at any time, so that
/// what was under way is lost and both ends learn of it at different times. Does what `ingest_server.hpp` promises.
class simulated_network final : public ingest_transport {
public:
  struct latency {
    timeline::duration shortest{50};
    timeline::duration longest{2'000};
  };

  /// `broken` is told when a receiver breaks a promise towards its server.
  simulated_network(timeline& time, latency links, std::function<void(const std::string&)> broken)
    : time_{time}, links_{links}, broken_{std::move(broken)} {}

  result<std::unique_ptr<ingest_server>> listen(const std::string& address, std::uint64_t budget_bytes,
                                                std::shared_ptr<ingest_listener> listener) override;

  // -- the producers' side

  /// Connects; `ear` hears how that goes. The number is the connection's; 0 is none.
  connection_id dial(const std::string& address, producer_ear& ear);
  void send(connection_id connection, const outgoing& frame);
  /// The producer is gone: its ear hears nothing any more, the server learns of it later.
  void hang_up(connection_id connection);

  // -- faults and judgement

  /// The process has died: no listener hears anything any more, all producers are cut off.
  void drop_all_ports();
  /// Resets one connection, if there is any.
  bool reset_one();
  /// Resets the next connection that brings records, before they can be durable: they will come again.
  void reset_next_data() {
    on_next_data([this](connection_id id) { reset(id); });
  }
  /// Calls `what` once, when the next records have come to a receiver.
  void on_next_data(std::function<void(connection_id)> what) { on_next_data_ = std::move(what); }
  /// Payload bytes handed to receivers and not released, over all ports.
  std::uint64_t held_bytes() const;
  /// As the servers see them, over all ports that are open.
  std::size_t open_connections() const;

private:
  struct port;
  struct link {
    std::string address;
    producer_ear* ear = nullptr; ///< null once it has heard `closed`
    std::weak_ptr<port> server;
    timeline::time_point upstream, downstream; ///< when the last thing in each direction arrives
    bool up = true;                            ///< carries things
  };
  /// A connection as the server sees it.
  struct accepted {
    enum class state { greeting, awaiting_welcome, open, leaving } where = state::greeting;
    std::deque<outgoing> unread;
    bool waits = false; ///< for the budget
    std::uint64_t next_number = 1;
  };
  struct port {
    std::string address;
    std::uint64_t budget_bytes = 0;
    frame_budget budget;
    std::shared_ptr<ingest_listener> listener;
    std::map<connection_id, accepted> connections;
    bool reads = true;
    bool closed = false;
    std::uint64_t held = 0;
    std::uint64_t largest = 0; ///< of what was handed over at once
  };
  using port_handle = std::shared_ptr<port>;
  class port_owner;

  timeline::duration draw() { return time_.random().between(links_.shortest, links_.longest); }
  void upstream(connection_id id, std::function<void(port&)> what);
  void downstream(connection_id id, std::function<void(producer_ear&)> what);
  void read(port& at, connection_id id);
  bool take(port& at, connection_id id, accepted& who, const outgoing& frame);
  void hand_over(port& at, connection_id id, const outgoing& frame);
  void admit(port& at, const std::vector<connection_id>& granted);
  void refuse(port& at, connection_id id, const std::string& reason);
  /// The server's end is over.
  void leave(port& at, connection_id id);
  /// The link is cut; the producer learns of it later.
  void reset(connection_id id);
  void cut(connection_id id);
  void cut_later(connection_id id);
  void close(port& which);

  timeline& time_;
  latency links_;
  std::function<void(const std::string&)> broken_;
  std::map<connection_id, link> connections_;
  std::map<std::string, port_handle> ports_;
  connection_id last_ = 0;
  std::function<void(connection_id)> on_next_data_;
};

} // namespace weir::actors::simulation
