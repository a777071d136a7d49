#include "tests/docs/real_runs.hpp"

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

#include <catch2/catch.hpp>

#include <weir/weir.hpp>

namespace weir::docs {

namespace fs = std::filesystem;

namespace {

class drains_after_records final : public streaming_listener {
public:
  explicit drains_after_records(stream_context& context) : context_{context} {}
  void on_batch_completed(const batch_info& batch) override {
    if (batch.records() > 0)
      context_.drain();
  }

private:
  stream_context& context_;
};

} // namespace

working_directory::working_directory() : before_{fs::current_path()} {
  auto name = (fs::temp_directory_path() / "weir-docs-XXXXXX").string();
  if (!::mkdtemp(name.data()))
    throw std::runtime_error("cannot make a temporary directory");
  path_ = name;
  fs::current_path(path_);
}

working_directory::~working_directory() {
  std::error_code ignored;
  fs::current_path(before_, ignored);
  fs::remove_all(path_, ignored);
}

void write_text(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream{file, std::ios::binary} << text;
}

std::string text_of_output(const fs::path& prefix) {
  std::set<fs::path> parts;
  for (auto& batch : fs::directory_iterator{prefix.parent_path()})
    if (batch.is_directory() && batch.path().filename().string().starts_with(prefix.filename().string() + "-"))
      for (auto& part : fs::directory_iterator{batch.path()})
        parts.insert(part.path());
  std::ostringstream text;
  for (auto& part : parts)
    if (fs::file_size(part) > 0)
      text << std::ifstream{part}.rdbuf();
  return text.str();
}

application drained_after_records(const application& build) {
  return [build](stream_context& context) {
    build(context);
    context.add_listener(std::make_shared<drains_after_records>(context));
  };
}

std::string results_of(const application& build) {
  auto opened = get_or_create({.application = "tested", .data_dir = "data", .set = {"log_level=error"}},
                              drained_after_records(build), if_damaged::refuse, text_files("out/all"));
  REQUIRE(opened);
  REQUIRE(opened->context->start());
  REQUIRE(opened->context->await_termination());
  return text_of_output("out/all");
}

} // namespace weir::docs
