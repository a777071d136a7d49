#pragma once

#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "actors/caf.hpp"
#include "actors/node/role.hpp"

namespace weir::actors {

/// Where peers find each other's current incarnation. Written by the supervisor, read by everyone, from any thread.
/// Nobody keeps a peer's handle longer than it takes to send one message.
class directory {
public:
  void enter(const address& who, caf::strong_actor_ptr handle) {
    std::lock_guard guard{mutex_};
    entries_[who] = std::move(handle);
  }

  void leave(const address& who) {
    std::lock_guard guard{mutex_};
    entries_.erase(who);
  }

  /// Before the actor system ends: a handle must not outlive it.
  void clear() {
    std::lock_guard guard{mutex_};
    entries_.clear();
  }

  caf::strong_actor_ptr find(const address& who) const {
    std::lock_guard guard{mutex_};
    auto entry = entries_.find(who);
    return entry == entries_.end() ? nullptr : entry->second;
  }

  /// Whoever is entered now.
  std::vector<std::pair<address, caf::strong_actor_ptr>> all() const {
    std::lock_guard guard{mutex_};
    return {entries_.begin(), entries_.end()};
  }

  /// Sends to whoever holds the address now; a message to nobody is lost, like one to an actor that has just died:
  /// `peer_restarted` makes the sender repeat it.
  template <class Message>
  void send(const address& who, Message message) const {
    if (auto handle = find(who))
      caf::anon_send(caf::actor_cast<caf::actor>(handle), std::move(message));
  }

  template <class Message>
  void broadcast(role what, const Message& message) const {
    std::vector<caf::actor> receivers;
    {
      std::lock_guard guard{mutex_};
      for (auto& [who, handle] : entries_)
        if (who.what == what)
          receivers.push_back(caf::actor_cast<caf::actor>(handle));
    }
    for (auto& receiver : receivers)
      caf::anon_send(receiver, message);
  }

private:
  mutable std::mutex mutex_;
  std::map<address, caf::strong_actor_ptr> entries_;
};

} // namespace weir::actors

CAF_BEGIN_TYPE_ID_BLOCK(weir_node, caf::first_custom_type_id + 600)
CAF_ADD_TYPE_ID(weir_node, (weir::actors::peer_restarted))
CAF_ADD_TYPE_ID(weir_node, (weir::actors::retry_tick))
CAF_ADD_TYPE_ID(weir_node, (weir::actors::throw_on_purpose))
CAF_END_TYPE_ID_BLOCK(weir_node)
