#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/engine/sender.hpp"

namespace weir::bench {

struct options {
  std::vector<std::string> cases; ///< beginnings of names; empty = all
  bool quick = false;
  bool without_log = false;
  bool list = false;
  bool check = false;
  bool record = false;
  std::string json;
  std::string history = "bench/history.json";
  std::optional<sender_options> sender; ///< this process only sends
};

/// Ends the process for --help (0) and for what is wrong (64).
options read_options(int argc, char** argv);

} // namespace weir::bench
