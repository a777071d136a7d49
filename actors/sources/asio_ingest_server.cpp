// On a record's way, step 1 of 11: connections of producers, and how much of what they send is read. To ingest_connection, which reads it.
#include "actors/sources/asio_ingest_server.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <sys/resource.h>
#include <thread>
#include <unordered_map>
#include <vector>

#include "actors/asio.hpp"
#include "actors/quiet_thread.hpp"
#include "actors/sources/frame_budget.hpp"
#include "actors/sources/ingest_connection.hpp"
#include "actors/sources/input_url.hpp"
#include "actors/sources/room_for_newcomers.hpp"

namespace weir::actors {

namespace {

/// Connections beyond the limit that may be on their way out at the same time; further ones are closed without a word.
constexpr std::size_t max_refusals = 64;
constexpr std::chrono::milliseconds accept_pause{100};

constexpr std::uint64_t least_reserve = 32;
/// Nobody who waits for unfinished frames gets on for so long: then those who hold memory for them go, also if they wait themselves.
constexpr std::chrono::seconds stuck{1};

std::uint64_t open_files_limit() {
  rlimit open_files{};
  return ::getrlimit(RLIMIT_NOFILE, &open_files) == 0 ? open_files.rlim_cur : UINT64_MAX;
}

class ingest_port;

/// The thread on which all sockets of a transport live.
class io_thread {
public:
  io_thread() : work_{asio::make_work_guard(context)} {
    thread_ = start_quiet_thread([this] { context.run(); });
  }
  ~io_thread() {
    work_.reset();
    context.stop();
    thread_.join();
  }
  bool is_current() const { return std::this_thread::get_id() == thread_.get_id(); }

  asio::io_context context{1};
  /// Over all ports, so that a late message about a former port's connection meets nobody.
  std::atomic<connection_id> next_connection{1};
  // Of all ports, touched on this thread only.
  std::size_t sockets = 0;      ///< those of connections, also of such as are on their way out
  std::size_t connections = 0;  ///< those that may still bring records
  std::set<ingest_port*> ports; ///< that accept or have accepted, until they are closed

private:
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

/// One listening socket and its connections. Lives on the io thread, but for the counters.
class ingest_port final : public connection_owner, public std::enable_shared_from_this<ingest_port> {
public:
  using connection_ptr = std::shared_ptr<ingest_connection>;

  ingest_port(io_thread& io, const ingest_port_options& options, tcp::acceptor acceptor, std::uint64_t budget_bytes,
              std::shared_ptr<ingest_listener> listener)
    : io_{io},
      options_{options},
      acceptor_{std::move(acceptor)},
      accept_timer_{io.context},
      sweep_timer_{io.context},
      budget_{budget_bytes},
      listener_{std::move(listener)} {}

  void accept();
  void stop_reading();
  void release(std::uint64_t bytes) { admit_all(budget_.release(bytes)); }
  void hold_back(bool hold) { admit_all(budget_.hold_back(hold)); }
  /// After this nobody is called.
  void close();
  connection_ptr find(connection_id id) const {
    auto entry = connections_.find(id);
    return entry == connections_.end() ? nullptr : entry->second;
  }
  std::size_t open_connections() const { return open_.load(); }

  // connection_owner
  const ingest_port_options& options() const override { return options_; }
  ingest_listener& listener() override { return *listener_; }
  bool admit(connection_id id, std::uint64_t bytes, piece_kind kind) override { return budget_.ask(id, bytes, kind); }
  std::uint64_t small_frame_bytes() const override { return budget_.small_frame_bytes(); }
  std::uint64_t hand_on(connection_id id) override;
  void give_up(connection_id id) override { admit_all(budget_.leave(id)); }
  void left(ingest_connection& connection) override;
  void gone(connection_id id) override { io_.sockets -= connections_.erase(id); }

private:
  void accepted(io_error failure, tcp::socket socket);
  void serve(tcp::socket socket);
  /// Closes a connection that has sent nothing, of whichever port, if one more is more than may be.
  void make_room_for_newcomer();
  void add_standings(std::vector<connection_standing>& to) const;
  void admit_all(const std::vector<connection_id>& granted);
  void sweep();
  void make_room(ingest_connection::clock::time_point now);

  io_thread& io_;
  const ingest_port_options options_;
  tcp::acceptor acceptor_;
  asio::steady_timer accept_timer_;
  asio::steady_timer sweep_timer_;
  frame_budget budget_;
  std::shared_ptr<ingest_listener> listener_;
  std::unordered_map<connection_id, connection_ptr> connections_;
  std::atomic<std::size_t> open_{0};
  std::uint64_t waits_ended_ = 0; ///< as the budget said when somebody got on last
  ingest_connection::clock::time_point got_on_;
  bool sweeping_ = false;
  bool closed_ = false;
};

void ingest_port::accept() {
  if (!acceptor_.is_open())
    return;
  io_.ports.insert(this);
  acceptor_.async_accept(
    [self = shared_from_this()](io_error failure, tcp::socket socket) { self->accepted(failure, std::move(socket)); });
}

void ingest_port::accepted(io_error failure, tcp::socket socket) {
  if (!acceptor_.is_open())
    return;
  if (failure) {
    // No descriptors, no memory: the next attempt would fail at once, too.
    listener_->turned_away("unknown", "a connection cannot be accepted: " + failure.message() + "; it is tried again");
    accept_timer_.expires_after(accept_pause);
    accept_timer_.async_wait([self = shared_from_this()](io_error) { self->accept(); });
    return;
  }
  if (io_.sockets < options_.max_connections + max_refusals)
    serve(std::move(socket));
  else
    listener_->turned_away(peer_of(socket), "too many connections");
  accept();
}

void ingest_port::serve(tcp::socket socket) {
  make_room_for_newcomer();
  auto id = io_.next_connection++;
  auto connection = std::make_shared<ingest_connection>(id, std::move(socket), *this);
  connections_.emplace(id, connection);
  ++io_.sockets;
  ++io_.connections;
  ++open_;
  if (io_.connections > options_.max_connections)
    connection->refuse(ingest_error::busy, "this process serves " + std::to_string(options_.max_connections) +
                                             " connections already, as many as it may; try again");
  else
    connection->start();
  if (!sweeping_)
    sweep();
}

void ingest_port::add_standings(std::vector<connection_standing>& to) const {
  for (auto& [id, connection] : connections_)
    if (connection->takes_part())
      to.push_back(connection->standing());
}

void ingest_port::make_room_for_newcomer() {
  if (io_.connections < options_.max_connections)
    return;
  std::vector<connection_standing> standings;
  for (auto port : io_.ports)
    port->add_standings(standings);
  auto who = first_to_go(standings, ingest_connection::clock::now(), options_.newcomer_grace);
  if (!who)
    return;
  for (auto port : io_.ports)
    if (auto connection = port->find(*who))
      return connection->refuse(ingest_error::busy, "a newcomer needs one of the " +
                                                      std::to_string(options_.max_connections) +
                                                      " connections that this process may serve, and this one has "
                                                      "sent no record; try again");
}

/// Unfinished frames hold less now, so that others may go on: later, because the caller is in the middle of a frame.
std::uint64_t ingest_port::hand_on(connection_id id) {
  auto bytes = budget_.hand_on(id);
  if (budget_.anyone_waits())
    asio::post(io_.context, [self = shared_from_this()] { self->admit_all(self->budget_.grant_waiting()); });
  return bytes;
}

void ingest_port::left(ingest_connection& connection) {
  if (closed_)
    return;
  if (connection.has_said_hello())
    listener_->closed(connection.id());
  --open_;
  --io_.connections;
}

void ingest_port::admit_all(const std::vector<connection_id>& granted) {
  for (auto id : granted)
    if (auto connection = closed_ ? nullptr : find(id))
      connection->admitted();
}

void ingest_port::sweep() {
  sweeping_ = !connections_.empty() && !closed_;
  if (!sweeping_)
    return;
  sweep_timer_.expires_after(options_.sweep_interval);
  sweep_timer_.async_wait([self = shared_from_this()](io_error failure) {
    if (failure || self->closed_)
      return;
    std::vector<connection_ptr> connections;
    for (auto& [id, connection] : self->connections_)
      connections.push_back(connection);
    auto now = ingest_connection::clock::now();
    for (auto& connection : connections)
      connection->check_deadlines(now);
    self->make_room(now);
    self->sweep();
  });
}

/// Unfinished frames that hold the memory which others wait for: who began first goes first, until they hold a quarter of it.
void ingest_port::make_room(ingest_connection::clock::time_point now) {
  if (!budget_.waits_for_unfinished() || waits_ended_ != budget_.waits_ended()) {
    waits_ended_ = budget_.waits_ended();
    got_on_ = now;
  }
  auto nobody_gets_on = now - got_on_ >= stuck;
  for (auto id : budget_.holders_in_the_way(nobody_gets_on)) {
    if (budget_.holders_in_the_way(nobody_gets_on).empty())
      return;
    if (auto connection = find(id))
      connection->make_room(now);
  }
}

void ingest_port::stop_reading() {
  io_error ignored;
  acceptor_.close(ignored);
  for (auto& [id, connection] : connections_)
    connection->stop_reading();
}

void ingest_port::close() {
  closed_ = true;
  io_.ports.erase(this);
  io_error ignored;
  acceptor_.close(ignored);
  accept_timer_.cancel();
  sweep_timer_.cancel();
  auto connections = std::move(connections_);
  connections_.clear();
  io_.sockets -= connections.size();
  io_.connections -= open_;
  for (auto& [id, connection] : connections)
    connection->abort();
  open_ = 0;
}

/// The server as receivers know it: passes every call on to the io thread.
class asio_ingest_server final : public ingest_server {
public:
  asio_ingest_server(std::shared_ptr<io_thread> io, std::shared_ptr<ingest_port> port, std::string address)
    : io_{std::move(io)}, port_{std::move(port)}, address_{std::move(address)} {}

  ~asio_ingest_server() override {
    std::promise<void> closed;
    asio::post(io_->context, [port = std::move(port_), &closed] {
      port->close();
      closed.set_value();
    });
    closed.get_future().wait();
  }

  void welcome(connection_id id, std::uint64_t last_durable) override {
    with(id, [last_durable](ingest_connection& connection) { connection.welcome(last_durable); });
  }
  void acknowledge(connection_id id, std::uint64_t through) override {
    with(id, [through](ingest_connection& connection) { connection.acknowledge(through); });
  }
  void farewell(connection_id id) override {
    with(id, [](ingest_connection& connection) { connection.farewell(); });
  }
  void refuse(connection_id id, std::string reason) override {
    with(id, [reason = std::move(reason)](ingest_connection& connection) {
      connection.refuse(ingest_error::refused, reason);
    });
  }
  void release(std::uint64_t bytes) override {
    asio::post(io_->context, [port = port_, bytes] { port->release(bytes); });
  }
  void hold_back(bool hold) override {
    asio::post(io_->context, [port = port_, hold] { port->hold_back(hold); });
  }
  void stop_reading() override {
    asio::post(io_->context, [port = port_] { port->stop_reading(); });
  }
  std::string address() const override { return address_; }
  std::size_t open_connections() const override { return port_->open_connections(); }

private:
  template <class Action>
  void with(connection_id id, Action action) {
    asio::post(io_->context, [port = port_, id, action = std::move(action)] {
      if (auto connection = port->find(id))
        action(*connection);
    });
  }

  std::shared_ptr<io_thread> io_;
  std::shared_ptr<ingest_port> port_;
  std::string address_;
};

/// The addresses that a host stands for; IPv4 first, because that is what people mean by localhost.
result<std::vector<tcp::endpoint>> resolve(asio::io_context& context, const endpoint& where) {
  io_error failure;
  auto address = asio::ip::make_address(where.host, failure);
  if (!failure)
    return std::vector{tcp::endpoint{address, where.port}};
  tcp::resolver resolver{context};
  auto addresses = resolver.resolve(where.host, std::to_string(where.port), tcp::resolver::passive, failure);
  if (failure)
    return fail(weir::error_code::configuration, "cannot find the host: " + failure.message(), "weir://" + where.text(),
                "write an address of this machine, e.g. 127.0.0.1 or localhost");
  std::vector<tcp::endpoint> endpoints;
  for (auto& entry : addresses)
    endpoints.push_back(entry.endpoint());
  std::stable_partition(endpoints.begin(), endpoints.end(),
                        [](const tcp::endpoint& candidate) { return candidate.address().is_v4(); });
  return endpoints;
}

io_error bind(tcp::acceptor& acceptor, const tcp::endpoint& where) {
  io_error failure;
  acceptor.open(where.protocol(), failure);
  if (!failure)
    acceptor.set_option(tcp::acceptor::reuse_address{true}, failure);
  if (!failure)
    acceptor.bind(where, failure);
  if (!failure)
    acceptor.listen(asio::socket_base::max_listen_connections, failure);
  return failure;
}

class asio_ingest_transport final : public ingest_transport {
public:
  explicit asio_ingest_transport(ingest_port_options options) : options_{options} {
    options_.max_record_bytes = std::min(options_.max_record_bytes, options_.max_frame_bytes - 2);
    open_files_ = open_files_limit();
    options_.max_connections = affordable_connections(options_.max_connections, open_files_);
  }

  result<std::string> reserve(const std::string& address) override {
    auto bound = bind_to(address);
    if (!bound)
      return tl::make_unexpected(bound.error());
    auto where = address_of(*bound);
    std::lock_guard guard{mutex_};
    reserved_.insert_or_assign(where, std::move(*bound));
    return where;
  }

  result<std::unique_ptr<ingest_server>> listen(const std::string& address, std::uint64_t budget_bytes,
                                                std::shared_ptr<ingest_listener> listener) override {
    auto bound = take_reserved(address);
    if (!bound) {
      auto fresh = bind_to(address);
      if (!fresh)
        return tl::make_unexpected(fresh.error());
      bound.emplace(std::move(*fresh));
    }
    auto where = address_of(*bound);
    auto port = std::make_shared<ingest_port>(*io_, options_, std::move(*bound), budget_bytes, std::move(listener));
    asio::post(io_->context, [port] { port->accept(); });
    return std::make_unique<asio_ingest_server>(io_, port, where);
  }

private:
  result<tcp::acceptor> bind_to(const std::string& address) {
    auto where = parse_endpoint(address);
    if (!where)
      return tl::make_unexpected(where.error());
    if (options_.max_connections == 0)
      return fail(weir::error_code::configuration,
                  "the limit of " + std::to_string(open_files_) + " open files leaves no connection",
                  "weir://" + address, "allow more, for example by ulimit -n 1024");
    auto candidates = resolve(io_->context, *where);
    if (!candidates)
      return tl::make_unexpected(candidates.error());
    tcp::acceptor acceptor{io_->context};
    io_error failure;
    for (auto& candidate : *candidates) {
      io_error ignored;
      acceptor.close(ignored);
      if (failure = bind(acceptor, candidate); !failure)
        break;
    }
    if (failure)
      return fail(weir::error_code::configuration, "cannot listen: " + text_of(failure), "weir://" + address,
                  "choose another address, or port 0 for any free port");
    return acceptor;
  }

  std::optional<tcp::acceptor> take_reserved(const std::string& address) {
    std::lock_guard guard{mutex_};
    auto entry = reserved_.extract(address);
    return entry ? std::optional{std::move(entry.mapped())} : std::nullopt;
  }

  static std::string address_of(const tcp::acceptor& acceptor) {
    io_error ignored;
    auto bound = acceptor.local_endpoint(ignored);
    return endpoint{bound.address().to_string(), bound.port()}.text();
  }

  static std::string text_of(const io_error& failure) {
    return failure == asio::error::address_in_use ? "the port is in use by another process" : failure.message();
  }

  ingest_port_options options_;
  std::uint64_t open_files_ = 0;
  std::shared_ptr<io_thread> io_ = std::make_shared<io_thread>();
  std::mutex mutex_;
  std::map<std::string, tcp::acceptor> reserved_; ///< by address
};

} // namespace

std::size_t affordable_connections(std::size_t wanted, std::uint64_t open_files) {
  auto reserve = std::max(least_reserve, open_files / 4);
  return static_cast<std::size_t>(std::min<std::uint64_t>(wanted, open_files - std::min(open_files, reserve)));
}

std::unique_ptr<ingest_transport> make_asio_ingest_transport(ingest_port_options options) {
  return std::make_unique<asio_ingest_transport>(options);
}

} // namespace weir::actors
