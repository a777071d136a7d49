#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libstream/api/runtime.hpp"
#include "libstream/base/error.hpp"

namespace weir {

namespace actors {
struct configuration;
struct runtime_options;
} // namespace actors

/// How a program with a `main` of its own configures a run. What is not given is as for a program of WEIR_APPLICATION whose people give
/// no flag: `docs/configuration.md` has the defaults.
struct runtime_settings {
  std::string application = {};         ///< names the owner of the data directory; must be given
  std::string data_dir = {};            ///< empty = ./weir-data/APPLICATION; "none" = no log
  std::vector<std::string> inputs = {}; ///< URLs, as behind --input
  std::vector<std::string> set = {};    ///< settings "KEY=VALUE", as behind --set; the fields here win
  std::optional<std::chrono::microseconds> batch_interval = {};
  std::optional<std::uint32_t> executors = {};
  std::optional<std::uint32_t> partitions = {}; ///< at first start
};

/// A runtime in an actor system that it makes itself, for `stream_context::start`. Error 78: a setting means nothing.
[[nodiscard]] result<std::shared_ptr<runtime>> make_runtime(const runtime_settings& settings);

namespace actors {

/// The same as all that can be configured. Error 78.
result<configuration> configuration_of(const runtime_settings& settings);
/// What of it configures a runtime alone. Error 78 also for outputs, which belong to the context.
result<runtime_options> runtime_options_of(const runtime_settings& settings);

} // namespace actors

} // namespace weir
