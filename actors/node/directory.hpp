#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "actors/caf.hpp"
#include "actors/node/carrier.hpp"
#include "actors/node/role.hpp"

namespace weir::actors {

/// Where peers find each other's current incarnation. Written by the supervisor, read by everyone, from any thread.
/// Nobody keeps a peer's handle longer than it takes to send one message.
///
/// It routes by node: an actor of this node is handed a message as it is. What is for other nodes needs a carrier.
class directory {
public:
  /// Everything that is sent goes through it from now on, and comes back by `deliver`. Before any actor starts; it outlives them.
  void carry_by(std::shared_ptr<carrier> links) { links_ = std::move(links); }

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
    if (links_)
      links_->carry(who, caf::make_message(std::move(message)));
    else if (auto handle = find(who))
      caf::anon_send(caf::actor_cast<caf::actor>(handle), std::move(message));
  }

  template <class Message>
  void broadcast(role what, const Message& message) const {
    std::vector<std::pair<address, caf::strong_actor_ptr>> receivers;
    {
      std::lock_guard guard{mutex_};
      for (auto& entry : entries_)
        if (entry.first.what == what)
          receivers.push_back(entry);
    }
    for (auto& [who, handle] : receivers)
      if (links_)
        links_->carry(who, caf::make_message(message));
      else
        caf::anon_send(caf::actor_cast<caf::actor>(handle), message);
  }

  /// A carrier has brought it. False: nobody holds the address now, and it is lost.
  bool deliver(const address& who, const caf::message& message) const {
    auto handle = find(who);
    if (handle)
      caf::anon_send(caf::actor_cast<caf::actor>(handle), message);
    return handle != nullptr;
  }

private:
  std::shared_ptr<carrier> links_; ///< null: all are in this process
  mutable std::mutex mutex_;
  std::map<address, caf::strong_actor_ptr> entries_;
};

} // namespace weir::actors

CAF_BEGIN_TYPE_ID_BLOCK(weir_node, caf::first_custom_type_id + 600)
CAF_ADD_TYPE_ID(weir_node, (weir::actors::peer_restarted))
CAF_ADD_TYPE_ID(weir_node, (weir::actors::retry_tick))
CAF_ADD_TYPE_ID(weir_node, (weir::actors::throw_on_purpose))
CAF_END_TYPE_ID_BLOCK(weir_node)
