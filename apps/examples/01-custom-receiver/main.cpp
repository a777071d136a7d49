// A program that brings its own sources: one of text, which may lose what it has just said, one of orders, which loses nothing.
#include <string>
#include <thread>
#include <vector>

#include <weir/weir.hpp>

namespace {

/// Says the same lines again and again, as a sensor would. Nobody could ask it to repeat one: each is stored by itself, unreliably.
class sensor final : public weir::receiver<std::string_view> {
  void on_start() override {
    thread_ = std::thread{[this] {
      for (int reading = 0; reading < 300 && !is_stopped(); ++reading)
        store("sensor reading " + std::to_string(reading % 3));
      stop("all is said"); // without this it would not come to rest
    }};
  }

  void on_stop() override { thread_.join(); }

  std::thread thread_;
};

using order = std::pair<std::string, std::uint64_t>; // who, cents

/// Takes orders from a queue that keeps them until it hears that they are safe. They are numbered: one that is stored again, because the
/// program was killed before it could tell the queue, is stored once.
class orders final : public weir::receiver<order> {
  void on_start() override {
    thread_ = std::thread{[this] {
      const std::vector<order> queue{{"ann", 250}, {"bob", 100}, {"ann", 50}, {"cem", 700}, {"bob", 1}};
      for (std::size_t next = 0; next < queue.size() && !is_stopped();) {
        auto stored = store(std::span{queue}.subspan(next, 1), {"queue", next + 1});
        if (stored)
          ++next; // here the queue would be told to forget the order
        else
          report_error(stored.error().message());
      }
      stop("the queue is empty");
    }};
  }

  void on_stop() override { thread_.join(); }

  std::thread thread_;
};

void build(weir::stream_context& ctx) {
  ctx.receiver_stream(std::make_shared<sensor>())
    .named("sensor")
    .flat_map(weir::split_words)
    .count_by_value()
    .named("words")
    .write_to(weir::text_files("out/words"));
  ctx.receiver_stream(std::make_shared<orders>())
    .named("orders")
    .reduce_by_key(std::plus<>{})
    .named("totals")
    .write_to(weir::text_files("out/totals"));
}

} // namespace

WEIR_APPLICATION("custom-receiver", build)
