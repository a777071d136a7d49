#pragma once

#include <filesystem>
#include <string>

#include "libstream/api/stream_context.hpp"

/// For snippets that run on the real runtime.
namespace weir::docs {

/// Snippets write relative paths: while this lives, they lie in an empty directory, which is removed with it.
class working_directory {
public:
  working_directory();
  ~working_directory();
  working_directory(const working_directory&) = delete;
  working_directory& operator=(const working_directory&) = delete;

private:
  std::filesystem::path before_;
  std::filesystem::path path_;
};

void write_text(const std::filesystem::path& file, const std::string& text);

/// What stands in the text output of this prefix, in all batches and parts, in the order of their names.
std::string text_of_output(const std::filesystem::path& prefix);

/// The application that ends in order once a batch with records is complete.
application drained_after_records(const application& build);

/// Runs that application in the working directory and gives what it has written.
std::string results_of(const application& build);

} // namespace weir::docs
