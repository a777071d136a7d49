#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "actors/sources/asio_ingest_server.hpp"
#include "tests/unit/actors/sources/raw_client.hpp"

namespace weir::testing {

/// A receiver without actors: keeps what producers say, answers at once (or leaves the answers to the test), and outlives its servers.
/// Records become durable when they are acknowledged; those that are not are forgotten when the server goes.
class ledger : public actors::ingest_listener, public std::enable_shared_from_this<ledger> {
public:
  using connection_id = actors::connection_id;
  struct producer {
    std::string taken;
    std::uint64_t last = 0;
    std::string durable;
    std::uint64_t durable_last = 0;
    std::uint64_t skipped = 0;
    bool left = false;
  };

  std::atomic<bool> answers_hello{true};
  std::atomic<bool> releases{true};
  /// Acknowledge only every so many frames; the goodbye waits for nothing, because a producer says it after the last one.
  std::atomic<std::uint64_t> acknowledges_every{1};

  void use(actors::ingest_server* server) {
    std::lock_guard guard{mutex_};
    server_ = server;
    for (auto& [name, who] : producers_) {
      who.taken = who.durable;
      who.last = who.durable_last;
    }
    names_.clear();
    changed_.notify_all();
  }

  void hello(connection_id connection, std::string name) override {
    std::lock_guard guard{mutex_};
    names_[connection] = name;
    hellos_.push_back(connection);
    if (answers_hello && server_)
      server_->welcome(connection, producers_[name].durable_last);
    changed_.notify_all();
  }

  void data(connection_id connection, actors::ingest_data frame) override {
    std::lock_guard guard{mutex_};
    ++frames_;
    auto& who = producers_[names_[connection]];
    std::string_view text = frame.bytes ? frame.bytes->view() : std::string_view{};
    for (std::uint64_t number = frame.first; number < frame.first + frame.count; ++number) {
      auto line = text.substr(0, text.find('\n') + 1);
      text.remove_prefix(line.size());
      if (number != who.last + 1)
        continue;
      who.last = number;
      who.taken += line;
      who.skipped += line.empty();
    }
    if (releases && server_)
      server_->release(frame.held);
    if (frames_ % acknowledges_every == 0)
      make_durable(connection, who);
    changed_.notify_all();
  }

  void goodbye(connection_id connection) override {
    std::lock_guard guard{mutex_};
    auto& who = producers_[names_[connection]];
    who.left = true;
    if (server_)
      server_->farewell(connection);
    changed_.notify_all();
  }

  void closed(connection_id connection) override {
    std::lock_guard guard{mutex_};
    closed_.insert(connection);
    changed_.notify_all();
  }

  /// What was taken and not acknowledged.
  void acknowledge_all() {
    std::lock_guard guard{mutex_};
    for (auto& [connection, name] : names_)
      make_durable(connection, producers_[name]);
  }

  bool wait_for(const std::function<bool()>& condition) {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, std::chrono::milliseconds(patience_ms), condition);
  }
  bool wait_for_hellos(std::size_t count) {
    return wait_for([&] { return hellos_.size() >= count; });
  }
  bool wait_for_frames(std::uint64_t count) {
    return wait_for([&] { return frames_ >= count; });
  }
  bool wait_for_closed(std::size_t count) {
    return wait_for([&] { return closed_.size() >= count; });
  }

  std::uint64_t frames() const {
    std::lock_guard guard{mutex_};
    return frames_;
  }
  connection_id hello_of(std::size_t index) const {
    std::lock_guard guard{mutex_};
    return hellos_.at(index);
  }
  producer of(const std::string& name) const {
    std::lock_guard guard{mutex_};
    auto entry = producers_.find(name);
    return entry == producers_.end() ? producer{} : entry->second;
  }
  std::size_t producers() const {
    std::lock_guard guard{mutex_};
    return producers_.size();
  }

private:
  void make_durable(connection_id connection, producer& who) {
    who.durable = who.taken;
    who.durable_last = who.last;
    if (server_)
      server_->acknowledge(connection, who.durable_last);
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  actors::ingest_server* server_ = nullptr;
  std::map<connection_id, std::string> names_;
  std::map<std::string, producer> producers_;
  std::vector<connection_id> hellos_;
  std::set<connection_id> closed_;
  std::uint64_t frames_ = 0;
};

/// A port with a ledger behind it.
struct ledger_port {
  explicit ledger_port(actors::ingest_port_options options = {}, std::uint64_t budget_bytes = 8 * limits::mib,
                       const std::string& address = "127.0.0.1:0",
                       std::shared_ptr<ledger> with = std::make_shared<ledger>())
    : book{std::move(with)}, transport{actors::make_asio_ingest_transport(options)}, budget{budget_bytes} {
    open(address);
  }
  ~ledger_port() { shut(); }

  void open(const std::string& address) {
    auto bound = transport->listen(address, budget, book);
    REQUIRE(bound);
    server = std::move(*bound);
    book->use(server.get());
  }
  /// Answers that the ledger gives meanwhile meet a living server.
  void shut() {
    book->use(nullptr);
    server.reset();
  }
  std::string address() const { return server->address(); }

  std::shared_ptr<ledger> book;
  std::unique_ptr<actors::ingest_transport> transport;
  std::uint64_t budget;
  std::unique_ptr<actors::ingest_server> server;
};

} // namespace weir::testing
