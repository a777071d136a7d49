#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/digest.hpp"

namespace weir::bench {

/// How many words are hashed before their slots are probed.
enum class probing { few_keys, many_keys };

/// Counts the words of `text` `times` times, each time from nothing, as a batch does, and digests the counts.
digest count_words_by_hand(std::string_view text, probing how, int times);
/// The same on two threads: each counts one half, then merges those words of both halves whose hash is its own.
digest count_words_by_two(std::string_view text, probing how, int times);

/// The `n` most frequent words of each of `times` counts, as lines "word<TAB>count", most frequent first, by the word where even.
std::vector<std::string> top_words_by_hand(std::string_view text, std::size_t n, int times);
std::vector<std::string> top_words_by_two(std::string_view text, std::size_t n, int times);

} // namespace weir::bench
