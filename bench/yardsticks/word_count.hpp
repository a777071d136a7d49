#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/yardsticks/hand_loop.hpp"

namespace weir::bench {

/// How many words are hashed before their slots are probed.
enum class probing { few_keys, many_keys };

/// Counts the words of `text`, which must live on, and digests the counts. On two threads each counts one half, then merges those words
/// of both halves whose hash is its own.
hand_loop<digest> word_count_by_hand(std::string_view text, probing how, std::uint32_t threads);

/// The same, but tells the `n` most frequent words as lines "word<TAB>count", most frequent first, by the word where even.
hand_loop<std::vector<std::string>> top_words_by_hand(std::string_view text, std::size_t n, std::uint32_t threads);

} // namespace weir::bench
