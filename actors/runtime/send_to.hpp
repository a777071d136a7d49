#pragma once

#include <atomic>
#include <vector>

#include "actors/runtime/stream_messages.hpp"
#include "libstream/api/dstream.hpp"
#include "libstream/data/owned.hpp"
#include "libstream/operators/record_output.hpp"
#include "libstream/plan/permanent_failure.hpp"

namespace weir {

namespace actors {

/// Asks an actor to take the results of a batch, run after run, and waits for each answer: a slow actor so slows the stream. A run that was
/// not answered is an error; when the batch comes again it begins with that run.
template <class Record>
class actor_delivery final : public plan::delivery {
public:
  explicit actor_delivery(caf::actor destination) : destination_{std::move(destination)} {}

  void cancel() override { cancelled_ = true; }
  bool is_cancelled() const override { return cancelled_; }

  result<void> deliver(const plan::delivered_batch& batch) override {
    std::vector<std::vector<Record>> runs(1);
    std::size_t bytes = 0;
    for (auto& part : batch.parts) {
      auto done = operators::for_each_framed<Record>(part.bytes, [&](Record&& record, std::size_t size) {
        if (runs.back().size() == run_records || bytes >= run_bytes) {
          runs.emplace_back();
          bytes = 0;
        }
        runs.back().push_back(std::move(record));
        bytes += size;
      });
      if (!done)
        return done;
    }
    if (std::exchange(begun_, batch.batch) != batch.batch)
      taken_ = 0;
    for (; taken_ < runs.size(); ++taken_) {
      batch_results results_of_part{batch.batch.value, batch.time_ms, static_cast<std::uint32_t>(taken_),
                                    taken_ + 1 == runs.size()};
      if (auto answered = ask(results_of_part, runs[taken_]); !answered)
        return answered;
    }
    return {};
  }

private:
  static constexpr std::size_t run_records = 512;
  static constexpr std::size_t run_bytes = 256 * limits::kib;
  static constexpr std::chrono::seconds answer_limit{5};

  result<void> ask(const batch_results& results, const std::vector<Record>& records) {
    std::string problem = "the application ends";
    std::string advice = "the next start sends them again";
    if (!cancelled_) {
      caf::scoped_actor self{destination_.home_system()};
      caf::error why;
      auto taken = false;
      self->request(destination_, answer_limit, results, records)
        .receive([&] { taken = true; }, [&](caf::error& said) { why = std::move(said); });
      if (taken)
        return {};
      give_up_if_hopeless(results, why);
      auto was_late = why == caf::sec::request_timeout;
      problem = was_late ? "no answer within 5 s" : "it answers " + destination_.home_system().render(why);
      advice = was_late ? "keep it alive while the context runs, and let it answer within 5 s"
                        : "let it answer with nothing once it has taken them";
    }
    return fail(error_code::failed,
                "an actor does not take the results of batch " + std::to_string(results.batch) + ": " + problem,
                "send_to", advice);
  }

  /// Of actors that have ended, and of those that were written for other messages or answers: they do the same with each attempt.
  static void give_up_if_hopeless(const batch_results& results, const caf::error& why) {
    constexpr auto handler = "give it a handler for (weir::batch_results, std::vector<record>) that returns nothing";
    auto give_up = [&](const std::string& does, const std::string& advice) {
      throw permanent_failure{"send_to: the actor that takes the results " + does + " batch " +
                              std::to_string(results.batch) + "; " + advice};
    };
    if (why == caf::sec::request_receiver_down)
      give_up("has ended before it answered", "keep it alive while the context runs");
    if (why == caf::sec::unexpected_message)
      give_up("has no handler for the message with results of", handler);
    if (why == caf::sec::unexpected_response)
      give_up("has answered with a value instead of nothing for", handler);
  }

  caf::actor destination_;
  std::atomic<bool> cancelled_{false};
  batch_id begun_;
  std::size_t taken_ = 0; ///< runs of it that were answered
};

} // namespace actors

/// Sends the records of each committed batch to an actor of the same process: messages `(batch_results, std::vector<record>)`, text as
/// std::string, to be answered with nothing. In batch order, the next after the answer; a batch comes again after a crash (at least
/// once: `batch_results::batch` tells). `std::vector<record>` must be a message type of the actor's system. An actor that gives
/// no answer within 5 s, or an error, is asked again, with pauses, until it answers or `output_retry_limit` is reached; then `on_error` decides.
/// An actor that has ended, has no such handler or answers with a value ends the application (`permanent_failure`). Name the stream when there is a data directory.
template <class T>
void send_to(const dstream<T>& stream, caf::actor destination) {
  stream.deliver_to(std::make_shared<actors::actor_delivery<data::owned<T>>>(std::move(destination)));
}

} // namespace weir
