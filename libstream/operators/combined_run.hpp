#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "libstream/data/entry_list.hpp"
#include "libstream/data/flat.hpp"
#include "libstream/data/table_key.hpp"
#include "libstream/plan/task.hpp"

namespace weir::operators {

/// What a map task made for one partition: keys with their accumulators. A key may stand there several times; its accumulators then
/// stand in the order of the records that they came from. A run with many keys is divided into buckets by their hash, so that a reduce task
/// can merge the runs of a shuffle bucket by bucket, in a table that fits the cache.
template <class Key, class Accumulator>
class combined_run final : public plan::run {
public:
  using entry = data::table_entry<Key, Accumulator>;
  using bucket = data::entry_list<entry>;

  /// `buckets`: one, or for each of them the entries with this `data::bucket_of`. `distinct`: no key stands there twice. `keys_bytes`: this
  /// run's share of the arena.
  combined_run(std::vector<bucket> buckets, bool distinct, std::shared_ptr<const void> keys, std::size_t keys_bytes)
    : buckets_{std::move(buckets)}, distinct_{distinct}, keys_{std::move(keys)}, keys_bytes_{keys_bytes} {
    for (auto& each : buckets_)
      entries_ += each.size();
  }

  std::span<const bucket> buckets() const { return buckets_; }
  bool distinct() const { return distinct_; }
  std::size_t bytes() const override {
    auto bytes = sizeof *this + buckets_.size() * sizeof(bucket) + keys_bytes_;
    for (auto& each : buckets_)
      bytes += each.bytes();
    return bytes;
  }
  std::size_t entries() const override { return entries_; }
  /// `visit(span<const entry>)` for all of them, one bucket after the other.
  template <class Visit>
  void for_each_piece(Visit&& visit) const {
    for (auto& each : buckets_)
      each.for_each_piece(visit);
  }

  bool encode_to(std::string& bytes) const override;
  /// Error 65: the bytes are no run of this type.
  static result<plan::run_handle> decode(data::buffer_handle bytes);

private:
  using layout = data::table_key<Key>;
  static constexpr bool encodable = data::flat_encodable<Key> && data::flat_encodable<Accumulator>;

  std::vector<bucket> buckets_;
  std::size_t entries_ = 0;
  bool distinct_;
  std::shared_ptr<const void> keys_; ///< what views in the entries point into; shared by the runs of a task
  std::size_t keys_bytes_;
};

template <class Key, class Accumulator>
bool combined_run<Key, Accumulator>::encode_to(std::string& bytes) const {
  if constexpr (encodable) {
    data::append_flat(bytes, distinct_);
    data::append_flat(bytes, static_cast<std::uint32_t>(buckets_.size()));
    for (auto& each : buckets_) {
      data::append_flat(bytes, std::uint64_t{each.size()});
      each.for_each_piece([&](std::span<const entry> piece) {
        for (auto& one : piece) {
          data::append_flat(bytes, layout::tag(one.key));
          data::append_flat(bytes, layout::copy(one.key));
          data::append_flat(bytes, one.value);
        }
      });
    }
  }
  return encodable;
}

template <class Key, class Accumulator>
result<plan::run_handle> combined_run<Key, Accumulator>::decode(data::buffer_handle bytes) {
  if constexpr (encodable) {
    data::flat_reader reader{bytes->view()};
    auto distinct = reader.read<bool>();
    std::vector<bucket> buckets;
    auto sound = true;
    for (auto left = reader.read<std::uint32_t>(); sound && left > 0; --left) {
      auto& entries = buckets.emplace_back();
      for (auto count = reader.read<std::uint64_t>(); sound && count > 0; --count) {
        auto tag = reader.read<std::uint64_t>();
        auto key = reader.read<Key>();
        auto value = reader.read<Accumulator>();
        sound = reader.ok() && layout::restorable(tag, key);
        if (sound)
          entries.append([&](entry* at) {
            layout::restore(&at->key, tag, std::move(key));
            std::construct_at(&at->value, std::move(value));
          });
      }
      sound = sound && reader.ok();
    }
    if (sound && reader.finished()) {
      auto size = bytes->size();
      return std::make_shared<combined_run>(std::move(buckets), distinct, std::move(bytes), size);
    }
  }
  return fail(error_code::corrupt, "bytes do not hold a combined run");
}

} // namespace weir::operators
