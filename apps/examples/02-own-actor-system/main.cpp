// Weir inside an actor system of one's own: one actor feeds a stream, another receives its results.
#include <iostream>
#include <map>

#include <weir/weir.hpp>

using line = std::string;
using counted = std::pair<std::string, std::uint64_t>;

CAF_BEGIN_TYPE_ID_BLOCK(own_system, caf::first_custom_type_id + 2000)
CAF_ADD_TYPE_ID(own_system, (std::vector<line>))
CAF_ADD_TYPE_ID(own_system, (counted))
CAF_ADD_TYPE_ID(own_system, (std::vector<counted>))
CAF_END_TYPE_ID_BLOCK(own_system)

namespace {

constexpr std::uint64_t all_lines = 6;
constexpr std::uint64_t all_words = 15;

/// Says three times two lines, numbered, and each pair again until it hears that it is durable, or that nothing is taken any more.
caf::behavior speaker(caf::event_based_actor* self, const caf::actor& stream) {
  self->send(self, std::uint64_t{1});
  return {[self, stream](std::uint64_t first) {
    if (first > all_lines)
      return self->quit();
    self
      ->request(stream, std::chrono::seconds{5}, std::string{"speaker"}, first, std::vector<line>{"to be or", "not to"})
      .then([self, first](const weir::records_stored& stored) { self->send(self, first + stored.count); },
            [self, first](const caf::error& why) {
              if (auto refused = weir::stream_error_of(why); refused && !weir::may_send_again(*refused))
                return self->quit(why);                                       // the stream has ended
              self->delayed_send(self, std::chrono::milliseconds{50}, first); // not started yet, or full
            });
  }};
}

using totals = std::map<std::string, std::uint64_t>;

/// Adds up what comes, each batch once, and drains the context when all words have come.
caf::behavior listener(caf::event_based_actor*, std::shared_ptr<totals> into, weir::stream_context* ctx) {
  struct heard {
    std::uint64_t words = 0;
    std::pair<std::uint64_t, std::uint32_t> newest{0, 0}; ///< batch and run
  };
  return {
    [into, ctx, known = std::make_shared<heard>()](const weir::batch_results& of, const std::vector<counted>& counts) {
      auto place = std::pair{of.batch, of.run + 1};
      if (place <= known->newest)
        return; // it came again after a crash
      known->newest = place;
      for (auto& [word, times] : counts) {
        (*into)[word] += times;
        known->words += times;
      }
      if (known->words == all_words)
        ctx->drain();
    }};
}

} // namespace

int main(int argc, char** argv) {
  caf::actor_system_config config;
  config.add_message_types<caf::id_block::own_system>();
  weir::configure(config); // before the system is made
  caf::actor_system system{config};

  auto times_of_words = std::make_shared<totals>();
  caf::actor asking;
  auto code = weir::run(argc, argv, "own-actor-system", system, [&](weir::stream_context& ctx) {
    auto lines = weir::actor_stream<line>(ctx, system, "lines");
    weir::send_to(lines.records.flat_map(weir::split_words).count_by_value().named("counts"),
                  system.spawn(listener, times_of_words, &ctx));
    asking = system.spawn(speaker, lines.handle); // asks again until the stream has started
  });
  if (asking)
    caf::anon_send_exit(asking, caf::exit_reason::user_shutdown); // the stream may have failed before all was said
  for (auto& [word, times] : *times_of_words)
    std::cout << word << "\t" << times << "\n";
  return code;
}
