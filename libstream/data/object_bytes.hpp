#pragma once

#include <vector>

#include "libstream/data/codec.hpp"
#include "libstream/data/frames.hpp"

/// Records of any type in a file that other programs and later versions can read: each a frame (`frames.hpp`) that holds one msgpack value
/// (`codec.hpp`); a record that is a text and nothing else is the frame's bytes.
namespace weir::data {

template <class Record>
void append_object(std::string& bytes, const Record& record) {
  if constexpr (std::is_convertible_v<const Record&, std::string_view>)
    append_frame(bytes, record);
  else
    append_frame(bytes, encode(record));
}

/// The records of such bytes. What a record only views, it views in `bytes`. Error 65 names the record that is damaged, or of another type.
template <class Record>
result<std::vector<Record>> read_object_bytes(std::string_view bytes) {
  std::vector<Record> records;
  auto name = [&] { return "record " + std::to_string(records.size() + 1); };
  while (!bytes.empty()) {
    auto frame = take_frame(bytes);
    if (!frame)
      return fail(error_code::corrupt, "the bytes end within a record", name());
    if constexpr (std::is_same_v<Record, std::string> || std::is_same_v<Record, std::string_view>) {
      records.emplace_back(*frame);
    } else {
      auto record = decode<Record>(*frame);
      if (!record) {
        auto why = std::move(record.error());
        why.where = why.where.empty() ? name() : name() + ", " + why.where;
        return tl::make_unexpected(std::move(why));
      }
      records.push_back(std::move(*record));
    }
  }
  return records;
}

} // namespace weir::data
