#pragma once

#include <map>
#include <vector>

#include "actors/runtime/stream_error.hpp"
#include "actors/runtime/stream_messages.hpp"
#include "actors/runtime/system_visit.hpp"
#include "libstream/api/receiver.hpp"

namespace weir {

/// A stream that actors feed: its records, and whom to send them to.
template <class T>
struct actor_input {
  dstream<T> records;
  caf::actor
    handle; ///< stays the same over restarts of the receiver; answers a `stream_error` before the start and after the end
};

namespace actors {

/// Neither begins nor ends anything: actors come by themselves.
template <class T>
class actor_fed final : public receiver<T> {
public:
  /// Why nothing can be stored now; nothing: it may be tried.
  std::optional<stream_error> refusal() const {
    if (this->has_ended())
      return stream_error::ended;
    if (this->is_stopped())
      return stream_error::not_yet;
    return std::nullopt;
  }

private:
  void on_start() override {}
  void on_stop() override {}
};

/// What has become of records that were handed over.
inline request_settled settled(std::uint64_t request, const result<void>& how) {
  if (how)
    return {request, 0, {}};
  auto& why = how.error();
  auto code = why.full                        ? stream_error::full
              : why.code == error_code::usage ? stream_error::invalid
                                              : stream_error::unknown;
  return {request, static_cast<std::uint8_t>(code), why.message()};
}

template <class T>
struct actor_stream_state {
  static inline const char* name = "actor_stream";
  std::shared_ptr<actor_fed<T>> source;
  std::uint64_t last_request = 0;
  std::map<std::uint64_t, std::pair<caf::response_promise, std::uint64_t>> open; ///< as many as the input may hold
};

template <class T>
caf::behavior actor_stream_behavior(caf::stateful_actor<actor_stream_state<T>>* self,
                                    std::shared_ptr<actor_fed<T>> source) {
  self->state.source = std::move(source);
  auto take = [self](std::span<const T> records, plan::record_numbers numbers) {
    auto promise = self->make_response_promise();
    if (auto refused = self->state.source->refusal()) {
      promise.deliver(make_error(*refused, *refused == stream_error::ended ? "the stream takes no more records"
                                                                           : "the stream has not started"));
      return promise;
    }
    auto request = ++self->state.last_request;
    self->state.open[request] = {promise, records.size()};
    self->state.source->store(
      records,
      [me = caf::actor_cast<caf::actor_addr>(self), request](result<void> how) {
        if (auto handle = caf::actor_cast<caf::actor>(me))
          caf::anon_send(handle, settled(request, how));
      },
      numbers);
    return promise;
  };
  return {
    [take](const T& record) {
      return take({&record, 1}, {});
    },
    [take](const std::vector<T>& records) { return take(records, {}); },
    [take](const std::string& producer, std::uint64_t first, const std::vector<T>& records) {
      return take(records, {producer, first});
    },
    [self](const request_settled& message) {
      auto entry = self->state.open.find(message.request);
      if (entry == self->state.open.end())
        return;
      auto asked = std::move(entry->second);
      self->state.open.erase(entry);
      if (message.refusal == 0)
        asked.first.deliver(records_stored{asked.second});
      else
        asked.first.deliver(make_error(static_cast<stream_error>(message.refusal), message.problem));
    },
  };
}

} // namespace actors

/// A stream that any actor may feed, of this actor system or one that is connected with it. The handle takes
///
/// * `T` or `std::vector<T>`: answered with `records_stored` once all are durable;
/// * `(std::string producer, std::uint64_t first, std::vector<T>)`: records that have numbers, from 1 for each producer without gaps.
///   What was stored before is recognised and only confirmed, so that a request may be repeated until it is answered.
///
/// From the moment on when `start()` has returned records are taken. An error as the answer has a `stream_error` as its code, which says
/// whether they may be sent again; nothing waits here for room or for the start. `name` names the input in the data directory. `T` and
/// `std::vector<T>` must be message types of the system. Call before the context is started.
template <class T>
actor_input<T> actor_stream(stream_context& context, caf::actor_system& system, const std::string& name) {
  actors::system_visit visit;
  auto source = std::make_shared<actors::actor_fed<T>>();
  auto records = context.receiver_stream(source).named(name);
  return {records, system.spawn(actors::actor_stream_behavior<T>, std::move(source))};
}

} // namespace weir
