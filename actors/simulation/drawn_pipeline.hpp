#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/simulation/chance.hpp"

/// A pipeline as data, and the functions that a user would have written for it. The functions stand once, for the streams and for the model: it
/// is the operators, and what becomes of their batches, that are in question.
namespace weir::actors::simulation {

/// Where the results of a drawn pipeline are shown.
inline constexpr const char* drawn_prefix = "/drawn/result";
inline constexpr const char* halfway_prefix = "/drawn/halfway";

/// Each takes pairs of a word and a number, and gives such pairs.
enum class pipeline_step {
  keep_some,       ///< filter
  change,          ///< map
  repeat_some,     ///< flat_map
  sum_by_key,      ///< reduce_by_key
  greatest_by_key, ///< reduce_by_key, by another function
  count,           ///< count_by_value
  once,            ///< distinct
  join_stream,     ///< with another stream of the same input
  join_table,      ///< with static data
  sort             ///< sort_by
};
inline constexpr std::size_t pipeline_step_count = static_cast<std::size_t>(pipeline_step::sort) + 1;

struct planned_pipeline {
  std::vector<pipeline_step> steps; ///< none: there is no such pipeline
  std::uint32_t shown_halfway = 0;  ///< steps behind which there is a second output; 0 = there is none
  std::int64_t choice = 0;          ///< of functions

  bool any() const { return !steps.empty(); }
};

planned_pipeline draw_pipeline(chance random);

// -- the user's functions

inline constexpr std::int64_t drawn_modulus = 1'000'003;

inline std::int64_t number_of_word(std::string_view word) {
  std::int64_t number = 7;
  for (auto byte : word)
    number = (number * 31 + static_cast<unsigned char>(byte)) % 101;
  return number;
}
inline bool keeps(std::string_view word, std::int64_t number, std::int64_t choice) {
  return (number_of_word(word) + number + choice) % 3 != 0;
}
/// A word that is a part of the word, and another number.
inline std::pair<std::string_view, std::int64_t> changed(std::string_view word, std::int64_t number,
                                                         std::int64_t choice) {
  if (choice % 2 == 1 && word.size() > 2)
    word.remove_suffix(1);
  return {word, (number * 3 + choice) % drawn_modulus};
}
inline std::int64_t sum_of(std::int64_t first, std::int64_t second) { return (first + second) % drawn_modulus; }
inline std::int64_t greater_of(std::int64_t first, std::int64_t second) { return first < second ? second : first; }
inline std::int64_t both_of(std::int64_t left, std::int64_t right) { return (left * 31 + right) % drawn_modulus; }
/// What the table has, besides.
std::vector<std::pair<std::string, std::int64_t>> drawn_table(std::int64_t choice);

} // namespace weir::actors::simulation
