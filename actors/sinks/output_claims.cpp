#include "actors/sinks/output_claims.hpp"

#include <algorithm>
#include <map>

#include "actors/sinks/output_locks.hpp"
#include "libstream/base/text.hpp"

namespace weir::actors {

namespace {

/// The time of the newest directory of the target.
std::int64_t newest_directory(const file_system& files, const plan::output_target& target) {
  auto sample = target.directory(0);
  auto name = sample.substr(sample.rfind('/') + 1); // npos + 1 = 0
  auto suffix = target.suffix.empty() ? std::string{} : "." + target.suffix;
  auto prefix = name.substr(0, name.size() - suffix.size() - 1);
  std::int64_t newest = 0;
  for (auto& entry : files.list(directory_above(target.prefix))) {
    if (!entry.starts_with(prefix) || !entry.ends_with(suffix) || entry.size() <= prefix.size() + suffix.size())
      continue;
    auto time = parse_count(entry.substr(prefix.size(), entry.size() - prefix.size() - suffix.size()));
    if (time && *time < INT64_MAX)
      newest = std::max(newest, static_cast<std::int64_t>(*time));
  }
  return newest;
}

class examination {
public:
  examination(const file_system& files, const output_owner& owner) : files_{files}, owner_{owner} {}

  result<void> take(const plan::output& output, const plan::output_target& target) {
    auto place = canonical_mark(target);
    if (auto [entry, fresh] = taken_.emplace(place, output.name); !fresh)
      return fail(error_code::configuration,
                  "the outputs '" + entry->second + "' and '" + output.name +
                    "' write to one place: text:" + target.prefix,
                  place, "give each its own prefix or suffix");
    auto mark = read_mark(files_, mark_path(target));
    if (!mark)
      return tl::make_unexpected(mark.error());
    if (auto mine = *mark ? take_marked(target, **mark) : take_unmarked(target); !mine)
      return mine;
    auto known = *mark ? **mark : output_mark{};
    claims_.claims.push_back({target,
                              {owner_.application, output.name, owner_.id, owner_.place,
                               known.owner == owner_.id ? known.newest_batch : 0, known.newest_time_ms}});
    return {};
  }

  output_claims claims() && { return std::move(claims_); }

private:
  result<void> take_marked(const plan::output_target& target, const output_mark& mark) {
    if (mark.owner == owner_.id && mark.application == owner_.application) {
      if (owner_.last ? mark.newest_batch <= owner_.last->id.value : mark.newest_batch == 0)
        return {};
      if (!owner_.after_restore)
        return restored(target, mark);
      stay_beyond(mark.newest_batch, mark.newest_time_ms);
      return {};
    }
    auto same_place = mark.place == owner_.place && mark.place != no_data_directory;
    if (owner_.after_set_aside && same_place && mark.application == owner_.application) {
      if (mark.newest_batch > 0 || mark.newest_time_ms > 0)
        stay_beyond(mark.newest_batch, mark.newest_time_ms);
      return {};
    }
    auto both_forget = mark.place == no_data_directory && owner_.place == no_data_directory;
    if (!both_forget || mark.application != owner_.application)
      return owned_by_another(mark, owner_.application, owner_.place, target);
    stay_beyond(0, mark.newest_time_ms);
    return {};
  }

  /// Of an older version. What lies there of others is not taken for this one's.
  result<void> take_unmarked(const plan::output_target& target) {
    if (!owner_.last)
      if (auto newest = newest_directory(files_, target); newest > 0)
        stay_beyond(0, newest);
    return {};
  }

  tl::unexpected<error> restored(const plan::output_target& target, const output_mark& mark) const {
    return fail(error_code::configuration,
                "the output text:" + target.prefix + " has results up to batch " + std::to_string(mark.newest_batch) +
                  ", the data directory knows batches up to " +
                  std::to_string(owner_.last ? owner_.last->id.value : 0) + ": it was restored from an older copy",
                owner_.place,
                "what came in after the copy is counted again if it is read or sent again; to go on all the same, "
                "start once with "
                "--after-restore: no batch that is there is published again, and new ones are younger");
  }

  void stay_beyond(std::uint64_t batch, std::int64_t time_ms) {
    auto& beyond = claims_.beyond;
    if (!beyond)
      beyond.emplace(owner_.last.value_or(log::last_batch{}));
    beyond->id = std::max(beyond->id, batch_id{batch});
    beyond->time_ms = std::max(beyond->time_ms, time_ms);
  }

  const file_system& files_;
  const output_owner& owner_;
  std::map<std::string, std::string> taken_; ///< canonical place → output
  output_claims claims_;
};

} // namespace

result<output_claims> examine_outputs(const file_system& files, const std::vector<plan::output>& outputs,
                                      const output_owner& owner) {
  examination examined{files, owner};
  for (auto& output : outputs)
    for (auto& target : output.targets)
      if (target.what == plan::output_target::kind::text)
        if (auto taken = examined.take(output, target); !taken)
          return tl::make_unexpected(taken.error());
  return std::move(examined).claims();
}

namespace {

result<void> claim_one(file_system& files, const plan::output_target& target, const output_mark& mark) {
  auto above = directory_above(target.prefix);
  if (above != ".")
    if (auto created = files.make_directories(above); !created)
      return created;
  auto path = mark_path(target);
  if (auto written = write_mark(files, path, mark); !written)
    return written;
  return files.sync_if_permitted(above);
}

} // namespace

result<void> claim_outputs(file_system& files, output_claims claims, const std::optional<log::last_batch>& last) {
  for (auto& [target, mark] : claims.claims) {
    if (last) {
      mark.newest_batch = std::max(mark.newest_batch, last->id.value);
      mark.newest_time_ms = std::max(mark.newest_time_ms, last->time_ms);
    }
    // A full disk is waited for when there is something to publish; what stood in the mark holds until then.
    if (auto claimed = claim_one(files, target, mark); !claimed && !claimed.error().full)
      return claimed;
  }
  return {};
}

} // namespace weir::actors
