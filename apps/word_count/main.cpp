// Counts words: the main job, and the shortest whole Weir application.
#include <weir/weir.hpp>

void word_count(weir::stream_context& ctx) {
  ctx
    .text_input()                // the lines of all --input URLs
    .flat_map(weir::split_words) // each into its words
    .count_by_value()            // (word, how often it occurs in the batch)
    .named("counts")             // what the data directory calls it
    .write_to(ctx.output());     // all --output specs
}
WEIR_APPLICATION("word-count", word_count)
