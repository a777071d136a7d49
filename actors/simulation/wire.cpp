#include "actors/simulation/wire.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

#include "actors/node/bounded_message.hpp"

namespace weir::actors::simulation {

wire::wire(caf::actor_system& system, const directory& known, timeline& time, const planned_links& plan,
           std::uint64_t seed, std::function<void(const std::string&)> broken)
  : system_{system},
    known_{known},
    broken_{std::move(broken)},
    links_{time, plan, seed, [this](const address& to, const auto& bytes) { return arrive(to, bytes); }} {}

/// What nobody says comes from the process itself, and needs no link.
void wire::carry(const address& to, caf::message message) {
  auto bytes = encode(to, message);
  if (!bytes)
    return;
  if (auto from = speaker())
    links_.send(*from, to, std::move(*bytes));
  else
    arrive(to, *bytes);
}

std::optional<links::bytes> wire::encode(const address& to, const caf::message& message) {
  links::bytes bytes;
  caf::binary_serializer sink{system_, bytes};
  auto copy = message;
  auto failed = sink(copy);
  if (auto refused = take_refusal(); failed || !refused.empty()) {
    broken_("a message to " + to_string(to) +
            " cannot be encoded: " + (refused.empty() ? caf::to_string(message) : refused));
    return std::nullopt;
  }
  if (bytes.size() > most_message_bytes) {
    broken_("a message to " + to_string(to) + " has " + std::to_string(bytes.size()) +
            " bytes: " + caf::to_string(message).substr(0, 100));
    return std::nullopt;
  }
  return bytes;
}

bool wire::arrive(const address& to, const links::bytes& bytes) {
  caf::binary_deserializer source{system_, bytes};
  caf::message message;
  if (auto failed = source(message); failed || message.empty()) {
    broken_("a message to " + to_string(to) + " cannot be decoded: " + take_refusal());
    return true;
  }
  return known_.deliver(to, message);
}

/// An actor speaks for the first time while it is in the directory.
std::optional<address> wire::speaker() {
  if (speaker_ == 0)
    return std::nullopt;
  if (auto known = speakers_.find(speaker_); known != speakers_.end())
    return known->second;
  for (auto& [who, handle] : known_.all())
    if (handle->id() == speaker_)
      return speakers_[speaker_] = who;
  return std::nullopt;
}

} // namespace weir::actors::simulation
