#pragma once

#include <optional>

#include "libstream/operators/static_side.hpp"

/// Shuffles that bring all values of a key together: group_by_key, cogroup and the joins. Keys come in the order in which they first
/// came, in the first input before the second; the values of a key in the order of the records.
namespace weir::operators {

template <class Key, class Value>
class group_by_key_node final : public stream_node<std::pair<Key, std::vector<Value>>> {
public:
  using record = std::pair<Key, std::vector<Value>>;

  group_by_key_node(std::string kind, stream_ptr<std::pair<Key, Value>> input, partitioning<Key> how)
    : stream_node<record>{plan::node::role::shuffle, std::move(kind), {std::move(input)}}, how_{std::move(how)} {}

  std::string options() const override { return how_.described(); }
  std::uint32_t partitions(const plan::partition_counts& counts) const override { return how_.of(counts); }
  bool is_keyed() const override { return true; }
  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    return std::make_unique<pair_sink<Key, Value>>(build.name_of(*this), build.input(), how_,
                                                   build.shuffle_result(*this));
  }
  result<plan::run_handle> decode_run(data::buffer_handle bytes, std::size_t) const override {
    return combined_run<Key, Value>::decode(std::move(bytes));
  }
  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<record>(build, *this);
    key_numbers<Key> keys{build};
    grouped_values<Key, Value> values{build.shuffle_input(*this), keys};
    data::chunk<record> chunk;
    emitter<record> emit{chunk, *downstream};
    for (std::size_t key = 0; key < keys.keys().size(); ++key) {
      auto group = values.of(key);
      emit(record{keys.keys()[key], {group.begin(), group.end()}});
    }
    emit.flush();
    downstream->finish();
  }

private:
  partitioning<Key> how_;
};

/// Two inputs of pairs with the same keys. `Kind` says what becomes of a key: its record type, its name, and
///   static void emit(const Key&, std::span<const Left>, std::span<const Right>, emitter<record>&)
/// and whether keys that only the right input has give something (`also_right_alone`).
template <class Key, class Left, class Right, template <class, class, class> class Kind>
class cogroup_node final : public stream_node<typename Kind<Key, Left, Right>::record> {
public:
  using record = typename Kind<Key, Left, Right>::record;

  cogroup_node(stream_ptr<std::pair<Key, Left>> left, stream_ptr<std::pair<Key, Right>> right, partitioning<Key> how)
    : stream_node<record>{plan::node::role::shuffle, Kind<Key, Left, Right>::name, {std::move(left), std::move(right)}},
      how_{std::move(how)} {}

  std::string options() const override { return how_.described(); }
  std::uint32_t partitions(const plan::partition_counts& counts) const override { return how_.of(counts); }
  bool is_keyed() const override { return true; }
  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t input) const override {
    auto& into = build.shuffle_result(*this);
    if (input == 0)
      return std::make_unique<pair_sink<Key, Left>>(build.name_of(*this), build.input(), how_, into);
    return std::make_unique<pair_sink<Key, Right>>(build.name_of(*this), build.input(), how_, into);
  }
  result<plan::run_handle> decode_run(data::buffer_handle bytes, std::size_t input) const override {
    return input == 0 ? combined_run<Key, Left>::decode(std::move(bytes))
                      : combined_run<Key, Right>::decode(std::move(bytes));
  }
  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<record>(build, *this);
    data::chunk<record> chunk;
    emitter<record> emit{chunk, *downstream};
    if (build.is_static(*this, 1) && build.input().keys.all())
      emit_with_static(build, emit);
    else
      emit_all(build, emit);
    emit.flush();
    downstream->finish();
  }

private:
  using kind = Kind<Key, Left, Right>;

  void emit_all(plan::task_build& build, emitter<record>& emit) const {
    key_numbers<Key> keys{build};
    grouped_values<Key, Left> left{build.shuffle_input(*this, 0), keys};
    grouped_values<Key, Right> right{build.shuffle_input(*this, 1), keys};
    for (std::size_t key = 0; key < keys.keys().size(); ++key)
      kind::emit(keys.keys()[key], left.of(key), right.of(key), emit);
  }

  /// The same in the same order, at the cost of the left side alone, where keys of the right that the left has not give nothing.
  void emit_with_static(plan::task_build& build, emitter<record>& emit) const {
    auto right = static_right_.of(build, build.shuffle_input(*this, 1));
    key_numbers<Key> keys{build};
    grouped_values<Key, Left> left{build.shuffle_input(*this, 0), keys};
    for (std::size_t key = 0; key < keys.keys().size(); ++key)
      kind::emit(keys.keys()[key], left.of(key), right->of(keys.keys()[key]), emit);
    if constexpr (kind::also_right_alone)
      for (const Key& key : right->keys())
        if (keys.find(key) == key_numbers<Key>::none)
          kind::emit(key, {}, right->of(key), emit);
  }

  partitioning<Key> how_;
  static_sides<Key, Right> static_right_;
};

/// (key, (all values of the first, all values of the second)).
template <class Key, class Left, class Right>
struct cogroup_kind {
  using record = std::pair<Key, std::pair<std::vector<Left>, std::vector<Right>>>;
  static constexpr const char* name = "cogroup";
  static constexpr bool also_right_alone = true;
  static void emit(const Key& key, std::span<const Left> left, std::span<const Right> right, emitter<record>& emit) {
    emit(record{key, {{left.begin(), left.end()}, {right.begin(), right.end()}}});
  }
};

/// (key, (left, right)) for each pair of values.
template <class Key, class Left, class Right>
struct inner_kind {
  using record = std::pair<Key, std::pair<Left, Right>>;
  static constexpr const char* name = "join";
  static constexpr bool also_right_alone = false;
  static void emit(const Key& key, std::span<const Left> left, std::span<const Right> right, emitter<record>& emit) {
    for (auto& a : left)
      for (auto& b : right)
        emit(record{key, {a, b}});
  }
};

template <class Key, class Left, class Right>
struct left_outer_kind {
  using record = std::pair<Key, std::pair<Left, std::optional<Right>>>;
  static constexpr const char* name = "left_outer_join";
  static constexpr bool also_right_alone = false;
  static void emit(const Key& key, std::span<const Left> left, std::span<const Right> right, emitter<record>& emit) {
    for (auto& a : left) {
      for (auto& b : right)
        emit(record{key, {a, b}});
      if (right.empty())
        emit(record{key, {a, std::nullopt}});
    }
  }
};

template <class Key, class Left, class Right>
struct right_outer_kind {
  using record = std::pair<Key, std::pair<std::optional<Left>, Right>>;
  static constexpr const char* name = "right_outer_join";
  static constexpr bool also_right_alone = true;
  static void emit(const Key& key, std::span<const Left> left, std::span<const Right> right, emitter<record>& emit) {
    for (auto& a : left)
      for (auto& b : right)
        emit(record{key, {a, b}});
    if (left.empty())
      for (auto& b : right)
        emit(record{key, {std::nullopt, b}});
  }
};

template <class Key, class Left, class Right>
struct full_outer_kind {
  using record = std::pair<Key, std::pair<std::optional<Left>, std::optional<Right>>>;
  static constexpr const char* name = "full_outer_join";
  static constexpr bool also_right_alone = true;
  static void emit(const Key& key, std::span<const Left> left, std::span<const Right> right, emitter<record>& emit) {
    for (auto& a : left) {
      for (auto& b : right)
        emit(record{key, {a, b}});
      if (right.empty())
        emit(record{key, {a, std::nullopt}});
    }
    if (left.empty())
      for (auto& b : right)
        emit(record{key, {std::nullopt, b}});
  }
};

/// Pairs of the first whose key the second has not.
template <class Key, class Left, class Right>
struct without_kind {
  using record = std::pair<Key, Left>;
  static constexpr const char* name = "subtract_by_key";
  static constexpr bool also_right_alone = false;
  static void emit(const Key& key, std::span<const Left> left, std::span<const Right> right, emitter<record>& emit) {
    if (right.empty())
      for (auto& a : left)
        emit(record{key, a});
  }
};

} // namespace weir::operators
