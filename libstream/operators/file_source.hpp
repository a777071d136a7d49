#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "libstream/data/buffer.hpp"
#include "libstream/data/object_bytes.hpp"
#include "libstream/operators/text_source.hpp"
#include "libstream/plan/dated_data.hpp"

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

/// The files of a dataset. Any thread.
class static_files {
public:
  explicit static_files(std::vector<file_part> parts);

  const std::vector<file_part>& parts() const { return parts_; }
  /// Of the names of the files, not of their directories, and of what they hold: reads all of them. Throws as `read`.
  std::uint64_t digest() const;
  /// Of paths, sizes and times.
  std::uint64_t dated_digest() const;
  /// The bytes of a part. `lines`: those of the lines that begin in it. Throws plan_error if the file has changed (65) or cannot be read (74). A
  /// file that only has another time is read once more, and has not changed if `digest` found the same in it.
  data::buffer_handle read(std::size_t part, bool lines) const;

private:
  struct version {
    std::int64_t modified_ns = 0;
    std::optional<std::uint64_t> content; ///< once `digest` was asked for
  };

  std::vector<file_part> parts_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, version> versions_; ///< by path
};

/// The root of a dataset that lies in files. `Format` cuts the bytes of a part into records: `static void read(bytes, emit, const Format&)`.
template <class Record, class Format>
class file_source final : public stream_node<Record>, public plan::dated_data {
public:
  file_source(std::vector<file_part> parts, Format format)
    : stream_node<Record>{plan::node::role::collection, Format::name, {}},
      files_{std::move(parts)},
      format_{std::move(format)} {}

  std::uint32_t slices() const override {
    return std::max<std::uint32_t>(1, static_cast<std::uint32_t>(files_.parts().size()));
  }
  std::optional<std::uint64_t> digest() const override { return files_.digest(); }
  std::uint64_t dated_digest() const override { return files_.dated_digest(); }
  std::string options() const override { return files_.parts().empty() ? "" : files_.parts().front().path; }

  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<Record>(build, *this);
    if (auto index = build.input().index.value; index < files_.parts().size()) {
      auto bytes = files_.read(index, Format::lines); // views of it are good until the task ends
      data::chunk<Record> chunk;
      emitter<Record> emit{chunk, *downstream};
      build.result().records_in += format_.read(bytes->view(), emit, files_.parts()[index].path);
      emit.flush();
      downstream->finish();
      return;
    }
    downstream->finish();
  }

private:
  static_files files_;
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
