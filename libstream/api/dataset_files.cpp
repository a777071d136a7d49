#include "libstream/api/dataset_files.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "libstream/api/dataset.hpp"

namespace weir {

namespace {

constexpr std::uint64_t part_bytes = 4 * limits::mib;

[[noreturn]] void cannot_write(const std::string& path, int reason) {
  throw plan::plan_error{{error_code::disk, std::string{"cannot write: "} + std::strerror(reason), path,
                          "check path, room and permissions"}};
}

void write_file(const std::string& path, std::string_view bytes) {
  auto file = std::fopen(path.c_str(), "wbx");
  if (!file)
    cannot_write(path, errno);
  auto written = bytes.empty() ? 0 : std::fwrite(bytes.data(), 1, bytes.size(), file); // data() may be null
  if (std::fclose(file) != 0 || written != bytes.size())
    cannot_write(path, errno);
}

} // namespace

dataset<std::string_view> read_text(const std::string& path) {
  using source = operators::file_source<std::string_view, operators::text_format>;
  return dataset<std::string_view>{
    std::make_shared<source>(operators::parts_of_files(path, part_bytes), operators::text_format{})};
}

dataset<std::string_view> read_binary_records(const std::string& path, std::uint64_t record_bytes) {
  using source = operators::file_source<std::string_view, operators::binary_format>;
  return dataset<std::string_view>{std::make_shared<source>(operators::parts_of_files(path, part_bytes, record_bytes),
                                                            operators::binary_format{record_bytes})};
}

void api_detail::save_parts(const std::string& directory, const std::vector<plan::staged_output>& parts) {
  if (directory.empty())
    throw plan::plan_error{{error_code::configuration, "the path of the directory to write is empty", "dataset",
                            "give the path of a directory that does not exist yet"}};
  std::error_code failed;
  if (std::filesystem::exists(directory, failed))
    throw plan::plan_error{
      {error_code::configuration, "the directory exists already", directory, "remove it, or write to another one"}};
  if (!std::filesystem::create_directories(directory, failed))
    cannot_write(directory, failed.value());
  for (auto& part : parts) {
    char name[32];
    std::snprintf(name, sizeof name, "/part-%05u", part.part);
    write_file(directory + name, part.bytes);
  }
  write_file(directory + "/_SUCCESS", {});
}

} // namespace weir
