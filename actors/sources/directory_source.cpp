#include "actors/sources/directory_source.hpp"

#include "actors/sources/directory_listing.hpp"
#include "actors/sources/file_pieces.hpp"

namespace weir::actors {

namespace {

result<std::vector<plan::source_partition>> files_as_partitions(const std::string& directory) {
  auto files = list_directory(directory);
  if (!files)
    return tl::make_unexpected(files.error());
  std::vector<plan::source_partition> partitions;
  for (auto& file : *files)
    partitions.push_back({.name = std::move(file.name), .end = file.size, .version = file.modified_ns});
  return partitions;
}

class directory_source final : public plan::replayable_source {
public:
  explicit directory_source(std::string directory) : directory_{std::move(directory)} {}

  plan::record_form form() const override { return plan::record_form::lines; }

  result<std::vector<plan::source_partition>> partitions() const override { return files_as_partitions(directory_); }

  result<std::vector<plan::text_piece>> read(const offset_range& range, std::size_t max_record_bytes) const override {
    return read_file_pieces(path_in(directory_, range.partition), range, max_record_bytes);
  }

  std::string describe(std::string_view partition) const override { return "file " + path_in(directory_, partition); }

private:
  std::string directory_;
};

} // namespace

std::shared_ptr<plan::replayable_source> make_directory_source(std::string directory) {
  return std::make_shared<directory_source>(std::move(directory));
}

result<std::vector<plan::source_partition>> record_directory::partitions() const {
  return files_as_partitions(directory_);
}

result<std::vector<plan::text_piece>> record_directory::read(const offset_range& range, std::size_t) const {
  return read_fixed_records(path_in(directory_, range.partition), range, record_bytes_);
}

std::string record_directory::describe(std::string_view partition) const {
  return "file " + path_in(directory_, partition);
}

std::string path_in(const std::string& directory, std::string_view partition) {
  if (partition.find('/') != std::string_view::npos)
    return std::string{partition};
  auto path = directory.ends_with('/') ? directory : directory + "/";
  return path.append(partition);
}

} // namespace weir::actors
