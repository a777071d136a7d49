#pragma once

#include <string>
#include <vector>

#include "libstream/data/buffer.hpp"
#include "libstream/data/object_bytes.hpp"
#include "libstream/operators/text_source.hpp"

/// Files as static data: each task reads a part of one. What a file is was settled when the dataset was made: one that changed since is an
/// error, as the same task must give the same records each time.
namespace weir::operators {

/// A file as it was when the dataset was made, and the bytes of it that one task reads.
struct file_part {
  std::string path;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0; ///< since 1970
  std::uint64_t from = 0, to = 0;
};

/// The parts of a file, or of all files of a directory whose names do not begin with '.' or '_', by name. A part is at most `part_bytes`, rounded
/// down to whole `unit_bytes`; 0 = files stay whole. Throws plan_error: nothing there, or a link that leads nowhere (78), unreadable (74), or a size that is no multiple of
/// `unit_bytes` (65).
std::vector<file_part> parts_of_files(const std::string& path, std::uint64_t part_bytes, std::uint64_t unit_bytes = 1);

/// The bytes of a part. `lines`: those of the lines that begin in it. Throws plan_error if the file changed (65) or cannot be read (74).
data::buffer_handle read_part(const file_part& part, bool lines);

/// The root of a dataset that lies in files. `Format` cuts the bytes of a part into records: `static void read(bytes, emit, const Format&)`.
template <class Record, class Format>
class file_source final : public stream_node<Record> {
public:
  file_source(std::vector<file_part> parts, Format format)
    : stream_node<Record>{plan::node::role::collection, Format::name, {}},
      parts_{std::move(parts)},
      format_{std::move(format)} {}

  std::uint32_t slices() const override {
    return std::max<std::uint32_t>(1, static_cast<std::uint32_t>(parts_.size()));
  }
  std::optional<std::uint64_t> digest() const override {
    std::uint64_t all = parts_.size();
    for (auto& part : parts_)
      for (auto each : {data::hash_bytes(part.path, 0), part.size, static_cast<std::uint64_t>(part.modified_ns)})
        all = data::hash_combine(all, each);
    return all;
  }
  std::string options() const override { return parts_.empty() ? "" : parts_.front().path; }

  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<Record>(build, *this);
    if (auto index = build.input().index.value; index < parts_.size()) {
      auto bytes = read_part(parts_[index], Format::lines); // views of it are good until the task ends
      data::chunk<Record> chunk;
      emitter<Record> emit{chunk, *downstream};
      build.result().records_in += format_.read(bytes->view(), emit, parts_[index].path);
      emit.flush();
      downstream->finish();
      return;
    }
    downstream->finish();
  }

private:
  std::vector<file_part> parts_;
  Format format_;
};

struct text_format {
  static constexpr const char* name = "read_text";
  static constexpr bool lines = true;
  std::uint64_t read(std::string_view bytes, emitter<std::string_view>& emit, const std::string&) const {
    return cut_records(bytes, bytes.size(), emit).records;
  }
};

/// Records of the same number of bytes each.
struct binary_format {
  static constexpr const char* name = "read_binary_records";
  static constexpr bool lines = false;
  std::uint64_t record_bytes;
  std::uint64_t read(std::string_view bytes, emitter<std::string_view>& emit, const std::string&) const {
    for (std::size_t at = 0; at < bytes.size(); at += record_bytes)
      emit(bytes.substr(at, record_bytes));
    return bytes.size() / record_bytes;
  }
};

/// What `save_as_object_file` wrote.
template <class Record>
struct object_format {
  static constexpr const char* name = "read_objects";
  static constexpr bool lines = false;
  std::uint64_t read(std::string_view bytes, emitter<Record>& emit, const std::string& path) const {
    auto records = data::read_object_bytes<Record>(bytes);
    if (!records)
      throw plan::plan_error{{error_code::corrupt, "not an object file of these records: " + records.error().message(),
                              path, "read it as what was saved"}};
    for (auto&& record : *records)
      emit(std::move(record));
    return records->size();
  }
};

} // namespace weir::operators
