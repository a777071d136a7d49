#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "actors/caf.hpp"
#include "actors/monitor/chaos_page.hpp"
#include "actors/monitor/journal.hpp"
#include "actors/node/role.hpp"

namespace weir::actors {

/// What an actor does about a message that it has no handler for: it drops it and warns, at most once a second, as nobody's stray message
/// may take down an actor that does its work. What a handler throws ends the actor; the reason says what it was.
/// Call first in an actor's behaviour function.
template <class Self>
void keep_conduct(Self self, std::shared_ptr<journal> journal, std::string who) {
  using time_point = std::chrono::steady_clock::time_point;
  struct strays {
    std::uint64_t unsaid = 0;
    time_point said{};
  };
  auto seen = std::make_shared<strays>();
  self->set_default_handler([seen, journal = std::move(journal), who = std::move(who)](
                              caf::scheduled_actor* actor, caf::message_view& stray) -> caf::result<caf::message> {
    if (chaos_page_is_attached() && stray.content().match_elements<throw_on_purpose>())
      throw std::runtime_error{"an experiment made it throw"};
    auto now = actor->clock().now();
    ++seen->unsaid;
    if (seen->said == time_point{} || now - seen->said >= std::chrono::seconds{1}) {
      auto count = std::exchange(seen->unsaid, 0);
      seen->said = now;
      if (journal)
        journal->warning(who + " drops " + (count == 1 ? "a message" : std::to_string(count) + " messages") +
                         " that it does not know");
    }
    return caf::sec::unexpected_message;
  });
  self->set_exception_handler([](std::exception_ptr& thrown) -> caf::error {
    std::string what = "of a type that says nothing";
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& known) {
      what = known.what();
    } catch (...) {}
    return caf::make_error(caf::sec::runtime_error, "an exception: " + what);
  });
}

} // namespace weir::actors
