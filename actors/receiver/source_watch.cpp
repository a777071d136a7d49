#include "actors/receiver/source_watch.hpp"

#include <map>

#include "actors/node/replayable_inputs.hpp"
#include "actors/sources/directory_source.hpp"
#include "actors/sources/directory_watch.hpp"
#include "actors/sources/packed_file.hpp"

namespace weir::actors {

namespace {

class watched_directory final : public source_watch {
public:
  watched_directory(application_ptr application, node_ptr node, input_id input, std::unique_ptr<directory_watch> watch)
    : application_{std::move(application)},
      node_{std::move(node)},
      input_{input},
      watch_{std::move(watch)},
      record_bytes_{record_bytes(*node_, input_)},
      files_{application_->settings.file_settle, watch_->has_own_times(), application_->record.hash_seed} {}

  result<news> look(const look_time& now) override {
    files_.begin_look(now);
    auto told_all = watch_->look(
      now.steady, [&](std::string_view name, const std::optional<file_state>& state) { note(name, state, now); });
    if (!told_all)
      return tl::make_unexpected(told_all.error());
    if (*told_all)
      files_.saw_all();
    for (auto& name : files_.due(now))
      note(name, watch_->state_of(name), now);
    return tell(now);
  }

  bool is_costly() const override { return watch_->is_costly(); }

private:
  void note(std::string_view name, const std::optional<file_state>& state, const look_time& now) {
    if (state)
      files_.seen(name, *state, now);
    else
      files_.gone(name);
  }

  news tell(const look_time& now) {
    auto seen = files_.take();
    news made;
    made.changed = std::move(seen.changed);
    // The coordinator knows which of them were read.
    made.changed.insert(made.changed.end(), seen.empty.begin(), seen.empty.end());
    for (auto& file : seen.complete) {
      auto head = watch_->first_bytes(file.name, packed_file_head_bytes);
      if (!head && !was_begun(file)) {
        if (files_.hold_back(file, now))
          made.unreadable.push_back(waits(file, std::move(head.error())));
        continue;
      }
      files_.release(file.name);
      if (!made.refusal)
        made.refusal = record_bytes_ == 0 ? check_text(file, head.value_or("")) : check_records(file);
      made.found.push_back({.name = std::move(file.name), .end = file.size, .version = file.modified_ns});
    }
    made.at_rest = files_.at_rest() && made.found.empty();
    return made;
  }

  /// One that batches have read, in part or in whole, is the coordinator's: it knows whether something of it is missing.
  bool was_begun(const listed_file& file) const {
    auto sealed_to = node_->seals.sealed_to(input_, file.name);
    return sealed_to && *sealed_to > 0;
  }

  error waits(const listed_file& file, error why) const {
    why.where = path_of(file);
    why.what += "; it is read as soon as it can be, and the application does not end by itself before that";
    return why;
  }

  std::optional<error> check_text(const listed_file& file, const std::string& head) const {
    auto packing = packing_of(file.name, head);
    if (packing.empty())
      return {};
    return error{error_code::corrupt, "a compressed file (" + std::string{packing} + ") is not text", path_of(file),
                 "move it out of the directory, and put it in unpacked, under a name without the ending"};
  }

  std::optional<error> check_records(const listed_file& file) const {
    auto each = std::to_string(record_bytes_);
    if (record_bytes_ > application_->settings.max_record_bytes)
      return error{error_code::configuration, "its records of " + each + " bytes are longer than max_record_bytes",
                   path_of(file), "raise max_record_bytes"};
    if (file.size % record_bytes_ == 0)
      return {};
    return error{error_code::corrupt,
                 "its size is " + std::to_string(file.size) + " bytes, no multiple of a record's " + each,
                 path_of(file), "move it out of the directory, and put it in whole, under a new name"};
  }

  std::string path_of(const listed_file& file) const { return node_->replayable[input_.value]->describe(file.name); }

  /// 0 = its files are lines.
  static std::uint64_t record_bytes(const node_services& of, input_id input) {
    auto records = dynamic_cast<const record_directory*>(of.replayable[input.value].get());
    return records ? records->record_bytes() : 0;
  }

  application_ptr application_;
  node_ptr node_;
  input_id input_;
  std::unique_ptr<directory_watch> watch_;
  std::uint64_t record_bytes_; ///< 0 = lines
  settling_files files_;
};

class asked_source final : public source_watch {
public:
  asked_source(application_ptr application, node_ptr node, input_id input)
    : application_{std::move(application)}, node_{std::move(node)}, input_{input} {}

  result<news> look(const look_time&) override {
    auto partitions = list_partitions(*application_, *node_, input_);
    if (!partitions)
      return tl::make_unexpected(partitions.error());
    news made;
    for (auto& partition : *partitions)
      if (is_news(partition))
        made.found.push_back(std::move(partition));
    made.at_rest = made.found.empty();
    return made;
  }

private:
  bool is_news(const plan::source_partition& found) {
    auto [known, is_new] = told_.try_emplace(found.name, found);
    if (is_new)
      return true;
    return (found.grows || known->second.grows) && std::exchange(known->second, found) != found;
  }

  application_ptr application_;
  node_ptr node_;
  input_id input_;
  std::map<std::string, plan::source_partition> told_; ///< by name
};

} // namespace

std::unique_ptr<source_watch> watch_source(application_ptr application, node_ptr node, input_id input) {
  if (directory_of(*application, *node, input))
    if (auto watch = node->watch_directory(input))
      return std::make_unique<watched_directory>(std::move(application), std::move(node), input, std::move(watch));
  return std::make_unique<asked_source>(std::move(application), std::move(node), input);
}

} // namespace weir::actors
