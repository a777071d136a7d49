#include "actors/runtime/node_start.hpp"

#include <filesystem>

#include "actors/node/replayable_inputs.hpp"
#include "actors/node/scratch.hpp"
#include "actors/receiver/open_feed.hpp"
#include "actors/runtime/clock_and_chance.hpp"
#include "actors/runtime/task_threads.hpp"
#include "actors/sinks/printer.hpp"
#include "actors/sources/asio_ingest_server.hpp"
#include "actors/sources/directory_watch.hpp"

namespace weir::actors {

namespace {

/// Ports are taken before anything is written.
result<void> reserve_ports(settings& of, ingest_transport& ingest) {
  for (auto& input : of.inputs) {
    if (input.what() != input_url::kind::weir)
      continue;
    auto bound = ingest.reserve(input.address());
    if (!bound)
      return tl::make_unexpected(bound.error());
    input.rebind(*bound);
  }
  return {};
}

/// In the data directory, whose disk has room for what is under way; without one where temporary files belong.
std::string scratch_directory(const runtime_options& options) {
  if (!options.data_dir.empty())
    return options.data_dir + "/scratch";
  std::error_code unknown;
  auto directory = std::filesystem::temp_directory_path(unknown); // TMPDIR, else /tmp
  return unknown ? "/tmp" : directory.string();
}

} // namespace

result<void> open_ports(const runtime_options& options, settings& of, node_services& node) {
  ingest_port_options ports;
  ports.max_record_bytes = options.settings.max_record_bytes;
  ports.max_connections = options.settings.max_connections;
  node.ingest = options.ingest ? options.ingest : make_asio_ingest_transport(ports);
  return reserve_ports(of, *node.ingest);
}

void furnish_node(const runtime_options& options, const application_services& application, node_services& node) {
  node.exchange.bound(options.settings.exchange_bytes, make_scratch_file(scratch_directory(options)));
  node.staging.bound(options.settings.staging_bytes);
  node.workers = make_task_threads();
  node.wall_clock_us = wall_clock_us;
  node.random = make_random();
  node.replayable = replayable_inputs(application.settings.inputs, *application.plan);
  node.watch_directory = [&application, &node](input_id input) {
    return watch_directory(
      *directory_of(application, node, input),
      [&node, input](auto& sentence, auto is_problem) {
        node.journal->tell({.name = "directory_listed",
                            .level = is_problem ? log_level::warning : log_level::info,
                            .limited = true,
                            .actor = address{role::receiver, input.value},
                            .message = sentence});
      },
      [&node, input](auto& sentence) {
        node.journal->tell({.name = "entries_skipped",
                            .level = log_level::notice,
                            .limited = true,
                            .actor = address{role::receiver, input.value},
                            .message = sentence});
      });
  };
  node.open_feed = [&application, &node](input_id input, std::shared_ptr<feed_listener> listener) {
    return open_feed(application, node, input, std::move(listener));
  };
  node.print = options.print ? options.print : print_to_standard_output;
}

} // namespace weir::actors
