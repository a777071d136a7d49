#include "actors/sinks/publication.hpp"

#include <cstdio>

#include "actors/monitor/chaos_page.hpp"
#include "libstream/data/checksum.hpp"
#include "libstream/log/batch_log.hpp"

namespace weir::actors {

namespace {

/// One part's bytes, kept alive by `owner`.
struct part_bytes {
  std::string_view bytes;
  std::shared_ptr<const void> owner;
};

/// From memory if this process staged them, else from the log.
result<part_bytes> fetch(const services& services, const log::commit_record& batch, const log::staged_part& part) {
  part_bytes found;
  if (auto staged = services.staging.find({batch.epoch, batch.view}, batch.id, part.output, part.part)) {
    found = {*staged, staged};
  } else {
    auto logged = log::read_staged(*services.store, batch.id, part.output, part.part);
    if (!logged)
      return tl::make_unexpected(logged.error());
    if (*logged)
      found = {(*logged)->view(), *logged};
  }
  if (found.bytes.size() != part.bytes || data::checksum(found.bytes) != part.checksum)
    return fail(error_code::corrupt, "staged bytes do not match their checksum",
                "batch " + std::to_string(batch.id.value) + ", output " + part.output + ", part " +
                  std::to_string(part.part));
  return found;
}

std::string part_name(std::uint32_t part) {
  char text[32];
  std::snprintf(text, sizeof text, "part-%05u", part);
  return text;
}

result<void> write_directory(services& services, const std::string& directory, const plan::output& output,
                             const log::commit_record& batch) {
  std::vector<std::string> written;
  for (auto& part : batch.parts) {
    if (part.output != output.name)
      continue;
    auto bytes = fetch(services, batch, part);
    if (!bytes)
      return tl::make_unexpected(bytes.error());
    written.push_back(directory + "/" + part_name(part.part));
    if (auto done = services.files->write(written.back(), bytes->bytes); !done)
      return done;
    fault_point("sink.part_written");
  }
  written.push_back(directory + "/_SUCCESS");
  if (auto done = services.files->write(written.back(), {}); !done)
    return done;
  written.push_back(directory);
  return services.files->sync(written);
}

std::string directory_above(const std::string& path) {
  auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

/// Each directory is entered durably into the one above before the next is made, so that no published batch hangs in a directory
/// that a power cut takes away.
result<void> make_durable(file_system& files, const std::string& directory) {
  auto above = directory_above(directory);
  if (above == directory)
    return {};
  if (files.exists(directory)) {
    // Perhaps made by a predecessor that was killed before its sync; one made by others they may not let us sync.
    static_cast<void>(files.sync({above}));
    return {};
  }
  if (auto done = make_durable(files, above); !done)
    return done;
  if (auto done = files.make_directories(directory); !done)
    return done;
  return files.sync({above});
}

result<void> publish_text(services& services, const std::string& prefix, const plan::output& output,
                          const log::commit_record& batch) {
  auto target = prefix + "-" + std::to_string(batch.time_ms);
  auto slash = target.rfind('/');
  auto parent = directory_above(target);
  auto temporary = parent + "/." + target.substr(slash == std::string::npos ? 0 : slash + 1) + ".tmp";
  auto& files = *services.files;
  if (auto done = make_durable(files, parent); !done)
    return done;
  if (!files.exists(target + "/_SUCCESS")) {
    if (auto done = files.remove_all(temporary); !done)
      return done;
    if (auto done = files.make_directories(temporary); !done)
      return done;
    if (auto done = write_directory(services, temporary, output, batch); !done)
      return done;
    fault_point("sink.before_rename");
    if (auto done = files.rename(temporary, target); !done)
      return done;
    fault_point("sink.after_rename");
  }
  return files.sync({parent});
}

/// As Spark shows a batch: its time, then the first records.
result<void> publish_print(services& services, std::uint32_t limit, const plan::output& output,
                           const log::commit_record& batch) {
  std::string text = "-------------------------------------------\nTime: " + std::to_string(batch.time_ms) +
                     " ms\n-------------------------------------------\n";
  std::uint32_t shown = 0;
  std::uint64_t records = 0;
  for (auto& part : batch.parts) {
    if (part.output != output.name)
      continue;
    records += part.records;
    if (shown >= limit)
      continue;
    auto bytes = fetch(services, batch, part);
    if (!bytes)
      return tl::make_unexpected(bytes.error());
    auto rest = bytes->bytes;
    for (; shown < limit && !rest.empty(); ++shown) {
      auto end = std::min(rest.find('\n'), rest.size() - 1) + 1;
      text += rest.substr(0, end);
      rest.remove_prefix(end);
    }
  }
  if (records > shown)
    text += "... (" + std::to_string(records) + " records)\n";
  return services.print(text + "\n");
}

} // namespace

result<void> publish(services& services, const plan::output& output, const log::commit_record& batch) {
  fault_point("sink.before_publish");
  auto has_records =
    std::any_of(batch.parts.begin(), batch.parts.end(), [&](auto& part) { return part.output == output.name; });
  for (auto& target : output.targets) {
    result<void> done;
    if (target.what == plan::output_target::kind::print)
      done = publish_print(services, target.limit, output, batch);
    else if (has_records)
      done = publish_text(services, target.prefix, output, batch);
    if (!done)
      return done;
  }
  fault_point("sink.after_success");
  return {};
}

} // namespace weir::actors
