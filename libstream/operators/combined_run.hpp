#pragma once

#include <memory>
#include <utility>

#include "libstream/data/entry_list.hpp"
#include "libstream/data/flat.hpp"
#include "libstream/data/table_key.hpp"
#include "libstream/plan/task.hpp"

namespace weir::operators {

/// What a map task made for one partition: keys with their accumulators. A key may stand there several times; its accumulators then
/// stand in the order of the records that they came from.
template <class Key, class Accumulator>
class combined_run final : public plan::run {
public:
  using entry = data::table_entry<Key, Accumulator>;

  /// `distinct`: no key stands there twice. `keys_bytes`: this run's share of the arena.
  combined_run(data::entry_list<entry> entries, bool distinct, std::shared_ptr<const void> keys, std::size_t keys_bytes)
    : entries_{std::move(entries)}, distinct_{distinct}, keys_{std::move(keys)}, keys_bytes_{keys_bytes} {}

  const data::entry_list<entry>& all() const { return entries_; }
  bool distinct() const { return distinct_; }
  std::size_t bytes() const override { return sizeof *this + entries_.bytes() + keys_bytes_; }
  std::size_t entries() const override { return entries_.size(); }

  bool encode_to(std::string& bytes) const override;
  /// Error 65: the bytes are no run of this type.
  static result<plan::run_handle> decode(data::buffer_handle bytes);

private:
  using layout = data::table_key<Key>;
  static constexpr bool encodable = data::flat_encodable<Key> && data::flat_encodable<Accumulator>;

  data::entry_list<entry> entries_;
  bool distinct_;
  std::shared_ptr<const void> keys_; ///< what views in the entries point into; shared by the runs of a task
  std::size_t keys_bytes_;
};

template <class Key, class Accumulator>
bool combined_run<Key, Accumulator>::encode_to(std::string& bytes) const {
  if constexpr (encodable) {
    data::append_flat(bytes, std::uint64_t{entries_.size()});
    data::append_flat(bytes, distinct_);
    entries_.for_each_piece([&](std::span<const entry> piece) {
      for (auto& each : piece) {
        data::append_flat(bytes, layout::tag(each.key));
        data::append_flat(bytes, layout::copy(each.key));
        data::append_flat(bytes, each.value);
      }
    });
  }
  return encodable;
}

template <class Key, class Accumulator>
result<plan::run_handle> combined_run<Key, Accumulator>::decode(data::buffer_handle bytes) {
  if constexpr (encodable) {
    data::flat_reader reader{bytes->view()};
    data::entry_list<entry> entries;
    auto count = reader.read<std::uint64_t>();
    auto distinct = reader.read<bool>();
    auto sound = true;
    for (; sound && count > 0; --count) {
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
    if (sound && reader.finished()) {
      auto size = bytes->size();
      return std::make_shared<combined_run>(std::move(entries), distinct, std::move(bytes), size);
    }
  }
  return fail(error_code::corrupt, "bytes do not hold a combined run");
}

} // namespace weir::operators
