#include "actors/simulation/simulated_network.hpp"

#include <utility>

namespace weir::actors::simulation {

/// The receiver's handle on its port. As the real one, it passes calls on to where the connections live.
class simulated_network::port_owner final : public ingest_server {
public:
  port_owner(simulated_network& network, port_handle which) : network_{network}, port_{std::move(which)} {}
  ~port_owner() override { network_.close(*port_); }

  void welcome(connection_id id, std::uint64_t last_durable) override {
    later(id, [network = &network_, id, last_durable](port&, accepted& who) {
      if (who.where != accepted::state::awaiting_welcome)
        return;
      who.where = accepted::state::open;
      who.next_number = last_durable + 1;
      network->downstream(id, [last_durable](producer_ear& ear) { ear.welcomed(last_durable); });
    });
  }
  void acknowledge(connection_id id, std::uint64_t through) override {
    later(id, [network = &network_, id, through](port&, accepted& who) {
      if (who.where == accepted::state::open || who.where == accepted::state::leaving)
        network->downstream(id, [through](producer_ear& ear) { ear.acknowledged(through); });
    });
  }
  void farewell(connection_id id) override {
    later(id, [network = &network_, id](port& at, accepted&) {
      network->downstream(id, [](producer_ear& ear) { ear.farewell(); });
      network->leave(at, id);
    });
  }
  void refuse(connection_id id, std::string reason) override {
    later(id, [network = &network_, id, reason = std::move(reason)](port& at, accepted&) {
      network->refuse(at, id, reason);
    });
  }
  void release(std::uint64_t bytes) override {
    if (bytes > port_->held && !port_->closed)
      network_.broken_("a receiver released " + std::to_string(bytes) + " bytes, but held " +
                       std::to_string(port_->held));
    port_->held -= std::min(port_->held, bytes);
    auto& network = network_;
    network_.time_.after({}, [&network, which = port_, bytes] { network.admit(*which, which->budget.release(bytes)); });
  }
  void hold_back(bool hold) override {
    auto& network = network_;
    network_.time_.after({}, [&network, which = port_, hold] { network.admit(*which, which->budget.hold_back(hold)); });
  }
  void stop_reading() override {
    network_.time_.after({}, [which = port_] { which->reads = false; });
  }
  std::string address() const override { return port_->address; }
  std::size_t open_connections() const override { return port_->connections.size(); }

private:
  template <class Action>
  void later(connection_id id, Action action) {
    network_.time_.after({}, [which = port_, id, action] {
      auto entry = which->connections.find(id);
      if (!which->closed && entry != which->connections.end())
        action(*which, entry->second);
    });
  }

  simulated_network& network_;
  port_handle port_;
};

result<std::unique_ptr<ingest_server>> simulated_network::listen(const std::string& address, std::uint64_t budget_bytes,
                                                                 std::shared_ptr<ingest_listener> listener) {
  if (ports_.count(address))
    return fail(weir::error_code::configuration, "cannot listen: the port is in use by an earlier incarnation",
                address);
  auto made = std::make_shared<port>(
    port{address, budget_bytes, frame_budget{budget_bytes}, std::move(listener), {}, true, false, 0});
  ports_[address] = made;
  return std::make_unique<port_owner>(*this, made);
}

// -- the producers' side -------------------------------------------------------------------------------------------------

connection_id simulated_network::dial(const std::string& address, producer_ear& ear) {
  auto id = ++last_;
  connections_[id] = {address, &ear, {}, time_.now(), time_.now(), true};
  time_.after(draw(), [this, id] {
    auto entry = connections_.find(id);
    if (entry == connections_.end())
      return;
    auto at = ports_.find(entry->second.address);
    if (at == ports_.end() || !at->second->reads)
      return cut(id);
    entry->second.server = at->second;
    entry->second.upstream = entry->second.downstream = time_.now();
    at->second->connections[id] = {};
    if (!entry->second.ear) // hung up while it was dialling
      return leave(*at->second, id);
    downstream(id, [](producer_ear& hears) { hears.connected(); });
  });
  return id;
}

void simulated_network::send(connection_id connection, const outgoing& frame) {
  upstream(connection, [this, connection, frame](port& at) {
    auto entry = at.connections.find(connection);
    if (entry == at.connections.end())
      return;
    entry->second.unread.push_back(frame);
    read(at, connection);
  });
}

void simulated_network::hang_up(connection_id id) {
  auto entry = connections_.find(id);
  if (entry == connections_.end())
    return;
  entry->second.ear = nullptr;
  upstream(id, [this, id](port& at) { leave(at, id); });
}

/// In order, as a stream of bytes would bring it.
void simulated_network::upstream(connection_id id, std::function<void(port&)> what) {
  auto entry = connections_.find(id);
  if (entry == connections_.end() || !entry->second.up)
    return;
  auto& last = entry->second.upstream;
  last = std::max(last, time_.now() + draw());
  time_.at(last, [this, id, what = std::move(what)] {
    auto at = connections_.find(id);
    if (at == connections_.end() || !at->second.up)
      return;
    if (auto server = at->second.server.lock(); server && !server->closed)
      what(*server);
  });
}

void simulated_network::downstream(connection_id id, std::function<void(producer_ear&)> what) {
  auto entry = connections_.find(id);
  if (entry == connections_.end() || !entry->second.up)
    return;
  auto& last = entry->second.downstream;
  last = std::max(last, time_.now() + draw());
  time_.at(last, [this, id, what = std::move(what)] {
    auto at = connections_.find(id);
    if (at != connections_.end() && at->second.up && at->second.ear)
      what(*at->second.ear);
  });
}

// -- the server's side -----------------------------------------------------------------------------------------------------

void simulated_network::read(port& at, connection_id id) {
  while (true) {
    auto entry = at.connections.find(id);
    if (at.closed || !at.reads || entry == at.connections.end() || entry->second.waits || entry->second.unread.empty())
      return;
    auto& who = entry->second;
    auto frame = who.unread.front();
    if (!take(at, id, who, frame))
      return;
  }
}

/// False if the frame stays unread.
bool simulated_network::take(port& at, connection_id id, accepted& who, const outgoing& frame) {
  using state = accepted::state;
  if (frame.type == frame_type::hello && who.where == state::greeting) {
    who.where = state::awaiting_welcome;
    who.unread.pop_front();
    at.listener->hello(id, frame.producer);
    return true;
  }
  if (who.where != state::open) {
    broken_("a producer spoke out of turn");
    return false;
  }
  if (frame.type == frame_type::goodbye) {
    who.where = state::leaving;
    who.unread.pop_front();
    at.listener->goodbye(id);
    return true;
  }
  if (frame.sequence > who.next_number) {
    refuse(at, id, "a gap: expected record " + std::to_string(who.next_number));
    return false;
  }
  who.next_number = std::max(who.next_number, frame.sequence + frame.count);
  if (!at.budget.ask(id, frame_overhead_bytes + (frame.bytes ? frame.bytes->size() : 0))) {
    who.waits = true;
    return false;
  }
  who.unread.pop_front();
  hand_over(at, id, frame);
  return true;
}

void simulated_network::hand_over(port& at, connection_id id, const outgoing& frame) {
  auto held = at.budget.hand_on(id);
  at.held += held;
  at.largest = std::max(at.largest, held);
  if (at.held > at.budget_bytes + at.largest)
    broken_("receivers of " + at.address + " hold " + std::to_string(at.held) + " bytes; the budget is " +
            std::to_string(at.budget_bytes) + ", and one frame may go beyond it");
  at.listener->data(id, {frame.sequence, frame.count, frame.bytes, held});
  if (auto what = std::exchange(on_next_data_, nullptr))
    time_.after({}, [id, what = std::move(what)] { what(id); });
}

void simulated_network::admit(port& at, const std::vector<connection_id>& granted) {
  for (auto id : granted) {
    auto entry = at.connections.find(id);
    if (at.closed || entry == at.connections.end())
      continue;
    entry->second.waits = false;
    auto frame = std::move(entry->second.unread.front());
    entry->second.unread.pop_front();
    if (at.reads)
      hand_over(at, id, frame);
    else
      admit(at, at.budget.leave(id));
    read(at, id);
  }
}

void simulated_network::refuse(port& at, connection_id id, const std::string& reason) {
  downstream(id, [reason](producer_ear& ear) { ear.refused(reason); });
  leave(at, id);
}

void simulated_network::leave(port& at, connection_id id) {
  auto entry = at.connections.find(id);
  if (at.closed || entry == at.connections.end())
    return;
  auto was = std::move(entry->second);
  at.connections.erase(entry);
  if (was.where != accepted::state::greeting)
    at.listener->closed(id);
  cut_later(id);
  if (was.waits)
    admit(at, at.budget.leave(id));
}

void simulated_network::cut(connection_id id) {
  auto entry = connections_.find(id);
  if (entry == connections_.end())
    return;
  entry->second.up = false;
  time_.after(draw(), [this, id] {
    auto at = connections_.find(id);
    if (at == connections_.end())
      return;
    auto ear = at->second.ear;
    connections_.erase(at);
    if (ear)
      ear->closed();
  });
}

/// Behind the last words that are under way.
void simulated_network::cut_later(connection_id id) {
  if (auto entry = connections_.find(id); entry != connections_.end())
    time_.at(std::max(time_.now(), entry->second.downstream), [this, id] { cut(id); });
}

void simulated_network::close(port& which) {
  if (which.closed)
    return;
  which.closed = true;
  which.held = 0;
  ports_.erase(which.address);
  for (auto& [id, who] : std::exchange(which.connections, {})) {
    // What a process has sent before it dies may still arrive.
    if (time_.random().percent(50))
      cut(id);
    else
      cut_later(id);
  }
  which.listener = nullptr;
}

// -- faults ----------------------------------------------------------------------------------------------------------------

void simulated_network::drop_all_ports() {
  while (!ports_.empty())
    close(*ports_.begin()->second);
}

bool simulated_network::reset_one() {
  std::vector<connection_id> candidates;
  for (auto& [id, each] : connections_)
    if (each.up && !each.server.expired())
      candidates.push_back(id);
  if (candidates.empty())
    return false;
  reset(candidates[time_.random().below(candidates.size())]);
  return true;
}

void simulated_network::reset(connection_id id) {
  auto entry = connections_.find(id);
  if (entry == connections_.end())
    return;
  auto where = entry->second.server;
  cut(id);
  // To the server it may look open long after its producer has come back.
  auto late =
    time_.random().percent(20) ? timeline::duration{time_.random().magnitude(1'000, 500'000)} : timeline::duration{0};
  time_.after(draw() + late, [this, id, where] {
    if (auto at = where.lock())
      leave(*at, id);
  });
}

std::size_t simulated_network::open_connections() const {
  std::size_t connections = 0;
  for (auto& [address, which] : ports_)
    connections += which->closed ? 0 : which->connections.size();
  return connections;
}

std::uint64_t simulated_network::held_bytes() const {
  std::uint64_t bytes = 0;
  for (auto& [address, which] : ports_)
    bytes += which->held;
  return bytes;
}

} // namespace weir::actors::simulation
