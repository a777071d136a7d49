// Counts the words that a server on the network says, batch by batch.
#include <weir/weir.hpp>

void build(weir::stream_context& ctx) {
  ctx
    .text_input()                // --input tcp://HOST:PORT: the lines that the server sends
    .flat_map(weir::split_words) // the words of each line
    .map([](std::string_view word) {
      return std::pair{word, 1};
    })
    .reduce_by_key(std::plus<>{}) // (word, how often in this batch); count_by_value says the same in one operation
    .named("counts")
    .write_to(ctx.output());
}
WEIR_APPLICATION("network-word-count", build)
