// Counts words: the main job, and the shortest whole Weir application.
#include <weir/weir.hpp>

void word_count(weir::stream_context& ctx) {
  ctx.text_input()
    .flat_map(weir::split_words)
    .count_by_value()
    .named("counts")
    .write_to(ctx.output());
}
WEIR_APPLICATION("word-count", word_count)
