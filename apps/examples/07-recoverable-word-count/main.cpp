// Counts words but for some, which all tasks look up and one accumulator counts; goes on where it was killed.
#include <iostream>
#include <set>

#include <weir/weir.hpp>

namespace {

using words = std::set<std::string, std::less<>>;

/// Says after each batch how many words were left out since the program began.
class reporter final : public weir::streaming_listener {
public:
  explicit reporter(weir::accumulator<std::uint64_t> left_out) : left_out_{left_out} {}
  void on_batch_completed(const weir::batch_info&) override {
    std::cout << "left out: " << left_out_.value() << std::endl;
  }

private:
  weir::accumulator<std::uint64_t> left_out_;
};

void build(weir::stream_context& ctx) {
  auto excluded = weir::broadcast{words{"a", "the", "of"}}; // there once, however many tasks look at it
  auto left_out = ctx.accumulator<std::uint64_t>();         // counts what is committed, exactly once
  ctx.add_listener(std::make_shared<reporter>(left_out));
  ctx.text_input()
    .flat_map(weir::split_words)
    .filter([excluded, left_out](std::string_view word) {
      auto wanted = excluded->count(word) == 0;
      if (!wanted)
        left_out += 1;
      return wanted;
    })
    .count_by_value()
    .named("counts") // needed where there is a data directory: what is stored keeps this name
    .write_to(ctx.output());
}

} // namespace

WEIR_APPLICATION("recoverable-word-count", build)
