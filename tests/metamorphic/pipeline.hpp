#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/metamorphic/functions.hpp"

/// Random pipelines as data: drawn from a seed, built on a stream context (`build.hpp`), computed plainly (`model.hpp`).
namespace metamorphic {

// clang-format off
#define WEIR_METAMORPHIC_OPERATIONS(X) \
  X(text_input) X(constant) X(constant_text) X(generated) X(receiver_stream) X(map) X(filter) X(contains) \
  X(flat_map) X(flat_map_emit) X(split_words) X(map_partitions) X(map_partitions_with_index) X(map_chunks) X(glom) \
  X(union_with) X(union_of) X(repartition) X(coalesce) X(distinct) X(key_by) X(group_by) X(sample) X(sort_by) \
  X(zip_with_index) X(zip) X(cartesian) X(intersection) X(subtract) X(keys) X(values) X(map_values) \
  X(flat_map_values) X(group_by_key) X(reduce_by_key) X(fold_by_key) X(aggregate_by_key) X(combine_by_key) \
  X(cogroup) X(join) X(left_outer_join) X(right_outer_join) X(full_outer_join) X(subtract_by_key) X(partition_by) \
  X(sort_by_key) X(count) X(count_by_value) X(reduce) X(top) X(persist) X(transform) X(transform_timed) \
  X(transform_with) X(transform_with_timed) X(transform_all) X(transform_all_timed)
// clang-format on

enum class operation {
#define X(name) name,
  WEIR_METAMORPHIC_OPERATIONS(X)
#undef X
};
inline constexpr std::size_t operation_count = static_cast<std::size_t>(operation::transform_all_timed) + 1;
const char* name_of(operation);

/// One stream of a pipeline.
struct step {
  operation what = operation::text_input;
  std::vector<std::size_t> from; ///< earlier steps
  sort made = sort::text;
  bool ordered = true;       ///< the order of the records over all partitions is promised
  bool static_other = false; ///< the second input is no stream but a dataset (`static_records`)
  bool shown = false;        ///< an output
  std::int64_t a = 0;        ///< chooses functions and counts; 0 to 99
  std::int64_t b = 0;        ///< chooses variants; 0 to 99
};

struct batch_input {
  std::vector<std::string> lines;    ///< for `text_input`
  std::vector<pair_record> received; ///< for `receiver_stream`; some receivers have `measured_of` them
};

struct pipeline {
  std::uint64_t seed = 0;
  std::vector<step> steps;
  std::vector<batch_input> batches;
};

/// Everything that a seed stands for.
pipeline draw_pipeline(std::uint64_t seed);
/// Whether any step needs it; without, a step may be taken away.
bool is_used(const pipeline&, std::size_t step);
/// The same without that step: what used it uses its first input. Nothing if that would be no pipeline.
bool without(pipeline&, std::size_t step);
/// For people.
std::string described(const pipeline&);

// What a step's parameters mean.

/// The records of a source that needs no input, and of datasets that streams are joined with.
std::vector<view> static_records(sort kind, std::int64_t a);
/// What a receiver makes of a pair: itself, or a record with a floating point number.
inline measured_record measured_of(const pair_record& pair) { return {real_of(pair.first), pair.second}; }
/// Of batch time `seconds`.
std::vector<pair_record> generated_records(std::int64_t seconds, std::int64_t a);
inline std::uint32_t count_of(const step& of) { return static_cast<std::uint32_t>(1 + of.a % 5); }
/// Of an optional partition count: 0 = the application's.
inline std::uint32_t partitions_of(const step& of) {
  return static_cast<std::uint32_t>(of.b % 3 == 0 ? 1 + of.a % 4 : 0);
}
inline std::size_t top_count(const step& of) { return static_cast<std::size_t>(1 + of.a % 20); }
/// Chances: 0, 1, and what only the run itself can tell.
inline double fraction_of(const step& of) { return of.b % 4 == 0 ? 0.0 : of.b % 4 == 1 ? 1.0 : 0.4; }
inline bool with_replacement(const step& of) { return of.b % 4 == 3; }
inline bool is_chance(const step& of) { return of.what == operation::sample && of.b % 4 >= 2; }
/// sort_by: by the whole record, or by a function of it that many share.
inline bool sorts_wholly(const step& of) { return of.b % 3 != 0; }
/// sort_by, top: by the whole record, and by the sign of zeros besides, so that no order is left open.
inline bool sorts_exactly(const step& of) { return of.b % 3 == 2; }
inline bool descends(const step& of) { return of.a % 2 == 1; }
/// Values are joined by a function that minds their order.
inline bool minds_order(const step& of) { return of.b / 12 % 2 == 1; }
inline void mind_no_order(step& of) { of.b -= 12; } // which leaves the other variants as they are
/// For `joined_value`.
inline std::int64_t joining_of(const step& of) { return minds_order(of) ? 2 + of.a % 2 : of.a % 2; }
inline bool top_by_group(const step& of) { return of.b % 3 == 0; }
inline const char* searched_text(const step& of) {
  static const char* const texts[] = {"w1", "o", "", "sixteen", "w2 w"};
  return texts[of.a % 5];
}

} // namespace metamorphic
