// On a record's way, step 11 of 11: staged parts become files that readers see. From sink, to the output's directory.
#include "actors/sinks/publication.hpp"

#include <cstdio>

#include "actors/monitor/chaos_page.hpp"
#include "actors/sinks/output_mark.hpp"
#include "libstream/base/ensure.hpp"
#include "libstream/base/marks.hpp"
#include "libstream/data/checksum.hpp"
#include "libstream/plan/delivery.hpp"

namespace weir::actors {

namespace {

/// One part's bytes, kept alive by `owner`.
struct part_bytes {
  std::string_view bytes;
  std::shared_ptr<const void> owner;
};

/// From memory if this process staged them, else from the log.
result<part_bytes> fetch(const node_services& node, const log::commit_record& batch, const log::staged_part& part) {
  part_bytes fetched;
  if (auto staged = node.staging.find({batch.epoch, batch.view}, batch.id, part.output, part.part)) {
    fetched = {*staged, staged};
  } else {
    mark("sink.reads_log");
    auto logged = node.log.read_staged(batch.id, part.output, part.part);
    if (!logged)
      return tl::make_unexpected(logged.error());
    if (*logged)
      fetched = {(*logged)->view(), *logged};
  }
  if (fetched.bytes.size() != part.bytes || data::checksum(fetched.bytes) != part.checksum)
    return fail(error_code::corrupt, "staged bytes do not match their checksum",
                "batch " + std::to_string(batch.id.value) + ", output " + part.output + ", part " +
                  std::to_string(part.part));
  return fetched;
}

std::string part_name(std::uint32_t part) {
  char text[32];
  std::snprintf(text, sizeof text, "part-%05u", part);
  return text;
}

/// Adds what must be synced before the directory may be renamed to `written`.
result<void> write_directory(const node_services& node, const std::string& directory, const plan::output& output,
                             const log::commit_record& batch, std::vector<std::string>& written) {
  for (auto& part : batch.parts) {
    if (part.output != output.name)
      continue;
    auto bytes = fetch(node, batch, part);
    if (!bytes)
      return tl::make_unexpected(bytes.error());
    written.push_back(directory + "/" + part_name(part.part));
    if (auto done = node.files->write(written.back(), bytes->bytes); !done)
      return done;
    fault_point("sink.part_written");
  }
  written.push_back(directory + "/_SUCCESS");
  if (auto done = node.files->write(written.back(), {}); !done)
    return done;
  written.push_back(directory);
  return {};
}

/// Each directory is entered durably into the one above before the next is made, so that no published batch hangs in a directory
/// that a power cut takes away.
result<void> make_durable(file_system& files, const std::string& directory) {
  auto above = directory_above(directory);
  if (above == directory)
    return {};
  if (files.exists(directory)) // perhaps made by a predecessor that died before its sync, or of its failure
    return files.sync_if_permitted(above);
  if (auto done = make_durable(files, above); !done)
    return done;
  if (auto done = files.make_directories(directory); !done)
    return done;
  return files.sync({above});
}

bool has_records(const log::commit_record& batch, const plan::output& output) {
  return std::any_of(batch.parts.begin(), batch.parts.end(), [&](auto& part) { return part.output == output.name; });
}

/// A batch's directory, and where it is made.
struct directories {
  std::string target, temporary;
};

directories directories_of(const plan::output_target& where, const log::commit_record& batch) {
  auto target = where.directory(batch.time_ms);
  auto slash = target.rfind('/');
  return {target, directory_above(target) + "/." + target.substr(slash == std::string::npos ? 0 : slash + 1) + ".tmp"};
}

/// Who publishes here; nothing where nobody has marked it. Another owner is an error.
result<std::optional<output_mark>> my_mark(const application_services& application, const node_services& node,
                                           const plan::output_target& to) {
  auto mark = read_mark(*node.files, mark_path(to));
  auto& me = application.record;
  if (mark && *mark && ((*mark)->owner != me.directory_id || (*mark)->application != me.application))
    return owned_by_another(**mark, me.application, "number " + std::to_string(me.directory_id), to);
  return mark;
}

/// No younger directory can be of this output: the mark is raised before a batch becomes visible.
tl::unexpected<error> another_made(const std::string& directory, const log::commit_record& batch) {
  return fail(error_code::configuration,
              "the directory exists, but batch " + std::to_string(batch.id.value) + " was never published", directory,
              "another application has made it; move it away, and give each application its own prefix");
}

/// The mark with which these batches become visible; nothing where it holds for them already.
std::optional<output_mark> raised_mark(const std::optional<output_mark>& mark,
                                       std::span<const log::commit_record> batches) {
  if (!mark || batches.back().id.value <= mark->newest_batch)
    return std::nullopt;
  auto raised = *mark;
  raised.newest_batch = batches.back().id.value;
  raised.newest_time_ms = batches.back().time_ms;
  return raised;
}

/// One sync after the other shares the disk's journal: many batches cost little more than one.
result<void> publish_text(const application_services& application, const node_services& node,
                          const plan::output_target& to, const plan::output& output,
                          std::span<const log::commit_record> batches) {
  if (std::none_of(batches.begin(), batches.end(), [&](auto& batch) { return has_records(batch, output); }))
    return {};
  auto& files = *node.files;
  auto parent = directory_above(to.directory(0));
  if (auto done = make_durable(files, parent); !done)
    return done;
  auto mark = my_mark(application, node, to);
  if (!mark)
    return tl::make_unexpected(mark.error());
  std::vector<directories> ready;
  std::vector<std::string> written;
  auto already = false;
  for (auto& batch : batches) {
    if (!has_records(batch, output))
      continue;
    auto where = directories_of(to, batch);
    if (files.exists(where.target + "/_SUCCESS")) {
      if (*mark && (*mark)->newest_batch < batch.id.value)
        return another_made(where.target, batch);
      weir::mark("sink.finds_batch_published");
      already = true;
      continue;
    }
    if (auto done = files.remove_all(where.temporary); !done)
      return done;
    if (auto done = files.make_directories(where.temporary); !done)
      return done;
    if (auto done = write_directory(node, where.temporary, output, batch, written); !done)
      return done;
    ready.push_back(std::move(where));
  }
  auto raised = raised_mark(*mark, batches);
  if (raised) { // whole before it gets its name: a power cut may take the new mark away, but never leaves half of one
    written.push_back(temporary_mark_path(to));
    if (auto done = files.write(written.back(), mark_text(*raised)); !done)
      return done;
  }
  if (auto done = files.sync(written); !done)
    return done;
  if (already) // perhaps by a predecessor that was killed before its sync; younger ones must not survive it
    if (auto done = files.sync({parent}); !done)
      return done;
  if (raised)
    if (auto done = files.rename(temporary_mark_path(to), mark_path(to)); !done)
      return done;
  for (auto& where : ready) {
    fault_point("sink.before_rename");
    if (auto done = files.rename(where.temporary, where.target); !done)
      return done;
    fault_point("sink.after_rename");
    if (auto done = files.sync({parent}); !done)
      return done;
  }
  return {};
}

/// Whether a person can tell this output's batches only by its name.
bool shows_name(const application_services& application, const plan::output& output) {
  if (output.named)
    return true;
  auto prints = [](auto& other) {
    return std::any_of(other.targets.begin(), other.targets.end(),
                       [](auto& target) { return target.what == plan::output_target::kind::print; });
  };
  auto& outputs = application.plan->outputs();
  return std::count_if(outputs.begin(), outputs.end(), prints) > 1;
}

/// As Spark shows a batch: its time, the first records, and dots if there are more. Who asks for no records is told how many there are.
result<std::string> text_of(const application_services& application, const node_services& node, std::uint32_t limit,
                            const plan::output& output, const log::commit_record& batch) {
  std::string text = "-------------------------------------------\nTime: " + std::to_string(batch.time_ms) + " ms\n" +
                     (shows_name(application, output) ? "Output: " + output.name + "\n" : "") +
                     "-------------------------------------------\n";
  std::uint32_t shown = 0;
  std::uint64_t records = 0;
  for (auto& part : batch.parts) {
    if (part.output != output.name)
      continue;
    records += part.records;
    if (shown >= limit)
      continue;
    auto bytes = fetch(node, batch, part);
    if (!bytes)
      return tl::make_unexpected(bytes.error());
    auto unshown = bytes->bytes;
    for (; shown < limit && !unshown.empty(); ++shown) {
      auto end = std::min(unshown.find('\n'), unshown.size() - 1) + 1;
      text += unshown.substr(0, end);
      unshown.remove_prefix(end);
    }
  }
  if (records > shown)
    text += limit > 0 ? "...\n" : "... (" + std::to_string(records) + " records)\n";
  return text + "\n";
}

/// All batches and targets as one text, which the printer knows again when it is told to go on.
result<void> publish_print(const application_services& application, const node_services& node,
                           const plan::output& output, std::span<const log::commit_record> batches) {
  std::string texts;
  for (auto& target : output.targets)
    if (target.what == plan::output_target::kind::print)
      for (auto& batch : batches) {
        auto text = text_of(application, node, target.limit, output, batch);
        if (!text)
          return tl::make_unexpected(text.error());
        texts += *text;
      }
  return texts.empty() ? result<void>{} : node.print(texts);
}

/// At least once across a crash; the batch's number tells a repetition.
result<void> publish_to_program(const application_services& application, const node_services& node,
                                plan::delivery& destination, const plan::output& output,
                                const log::commit_record& batch) {
  std::vector<part_bytes> fetched;
  plan::delivered_batch delivered{batch.id, batch.time_ms, {}, application.record.application, output.name};
  for (auto& part : batch.parts) {
    if (part.output != output.name)
      continue;
    auto bytes = fetch(node, batch, part);
    if (!bytes)
      return tl::make_unexpected(bytes.error());
    delivered.parts.push_back({part.part, bytes->bytes});
    fetched.push_back(std::move(*bytes));
  }
  if (delivered.parts.empty() && !destination.always_due())
    return {};
  return plan::deliver(destination, delivered);
}

result<void> publish_to(const application_services& application, const node_services& node,
                        const plan::output_target& target, const plan::output& output,
                        std::span<const log::commit_record> batches) {
  using enum plan::output_target::kind;
  if (target.what == text)
    return publish_text(application, node, target, output, batches);
  for (auto& batch : batches)
    if (auto done = publish_to_program(application, node, *target.destination, output, batch); !done)
      return done;
  return {};
}

bool may_pass(plan::output_target::kind target, const error& why) {
  using enum plan::output_target::kind;
  return why.full || !why.thrown_by.empty() || (target == text && why.code == error_code::disk);
}

} // namespace

tl::expected<void, publication_problem> publish(const application_services& application, const node_services& node,
                                                const plan::output& output,
                                                std::span<const log::commit_record> batches) {
  using enum plan::output_target::kind;
  ensure(!batches.empty() &&
           std::is_sorted(batches.begin(), batches.end(), [](auto& a, auto& b) { return a.id < b.id; }),
         "batches are published in the order of their numbers", "output", output.name);
  fault_point("sink.before_publish");
  // What cannot be taken back comes last, so that it is not repeated because another target fails.
  for (auto kind : {text, program})
    for (auto& target : output.targets) {
      if (target.what != kind)
        continue;
      if (auto done = publish_to(application, node, target, output, batches); !done)
        return tl::make_unexpected(publication_problem{done.error(), may_pass(kind, done.error())});
    }
  if (auto done = publish_print(application, node, output, batches); !done)
    return tl::make_unexpected(publication_problem{done.error(), may_pass(print, done.error())});
  fault_point("sink.after_success");
  return {};
}

} // namespace weir::actors
