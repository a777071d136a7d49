#pragma once

#include <vector>

#include "libstream/data/codec.hpp"
#include "libstream/data/frames.hpp"

/// Records of any type in a file that other programs and later versions can read: each a frame (`frames.hpp`) that holds one msgpack value
/// (`codec.hpp`), text too.
namespace weir::data {

template <class Record>
void append_object(std::string& bytes, const Record& record) {
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
    auto record = decode<Record>(*frame);
    if (!record) {
      auto why = std::move(record.error());
      why.where = why.where.empty() ? name() : name() + ", " + why.where;
      return tl::make_unexpected(std::move(why));
    }
    records.push_back(std::move(*record));
  }
  return records;
}

} // namespace weir::data
