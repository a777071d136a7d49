#pragma once

#include <string>
#include <vector>

#include "libstream/api/stream_fwd.hpp"
#include "libstream/operators/file_source.hpp"
#include "libstream/operators/object_output.hpp"
#include "libstream/operators/output.hpp"

namespace weir {

/// The lines of a file, or of all files of a directory whose names do not begin with '.' or '_', by name. In partitions of about 4 MiB. Read
/// by each action anew; a file that has changed since is an error. Throws plan_error if there is nothing to read (78).
dataset<std::string_view> read_text(const std::string& path);
/// The same for records of `record_bytes` each.
dataset<std::string_view> read_binary_records(const std::string& path, std::uint64_t record_bytes);
/// What `save_as_object_file`, or a stream's `save_as_object_files`, wrote: a partition a file.
template <class T>
dataset<T> read_objects(const std::string& path) {
  return dataset<T>{std::make_shared<operators::file_source<T, operators::object_format<T>>>(
    operators::parts_of_files(path, 0), operators::object_format<T>{})};
}

namespace api_detail {

/// Writes each part into `directory`/part-NNNNN, then `_SUCCESS`. Throws plan_error.
void save_parts(const std::string& directory, const std::vector<plan::staged_output>& parts);

} // namespace api_detail

} // namespace weir
