#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "libstream/log/data_directory.hpp"

/// Data directories as the tests of them make, break and look at them.
namespace weir::log::directories {

inline directory_options small() {
  directory_options options;
  options.partitions = 4;
  options.interval_us = 100'000;
  return options;
}

inline error refused(const std::string& path, const std::string& application = "word-count",
                     directory_options options = small()) {
  auto opened = data_directory::open(path, application, options);
  REQUIRE_FALSE(opened.has_value());
  return opened.error();
}

inline bool mentions(const error& reason, const std::string& text) {
  return reason.message().find(text) != std::string::npos;
}

inline void write_file(const std::string& path, const std::string& text) { std::ofstream{path} << text; }

/// Every path below `root` with what it holds.
inline std::map<std::string, std::string> everything_in(const std::string& root) {
  std::map<std::string, std::string> found;
  for (auto& entry : std::filesystem::recursive_directory_iterator{root}) {
    std::ifstream file{entry.path(), std::ios::binary};
    found[entry.path().string()] =
      entry.is_regular_file() ? std::string{std::istreambuf_iterator<char>{file}, {}} : "directory";
  }
  return found;
}

} // namespace weir::log::directories
