#include "actors/receiver/source_watch.hpp"

#include <map>

#include "actors/node/replayable_inputs.hpp"
#include "actors/sources/directory_watch.hpp"
#include "actors/sources/packed_file.hpp"

namespace weir::actors {

namespace {

class watched_directory final : public source_watch {
public:
  watched_directory(services_ptr services, input_id input, std::unique_ptr<directory_watch> watch)
    : services_{std::move(services)},
      input_{input},
      watch_{std::move(watch)},
      files_{services_->settings.file_settle, watch_->has_own_times(), services_->application.hash_seed} {}

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
    return tell();
  }

  bool is_costly() const override { return watch_->is_costly(); }

private:
  void note(std::string_view name, const std::optional<file_state>& state, const look_time& now) {
    if (state)
      files_.seen(name, *state, now);
    else
      files_.gone(name);
  }

  news tell() {
    auto seen = files_.take();
    news made;
    made.changed = std::move(seen.changed);
    made.at_rest = files_.at_rest() && seen.complete.empty();
    for (auto& file : seen.complete) {
      if (auto packing = packing_of(file.name, watch_->first_bytes(file.name, packed_file_head_bytes));
          !packing.empty() && !made.refusal)
        made.refusal = refuse(file.name, packing);
      made.found.push_back({.name = std::move(file.name), .end = file.size, .version = file.modified_ns});
    }
    return made;
  }

  error refuse(const std::string& name, std::string_view packing) const {
    return {error_code::corrupt, "a compressed file (" + std::string{packing} + ") is no text",
            services_->replayable[input_.value]->describe(name),
            "move it out of the directory, and put it in unpacked, under a name without the ending"};
  }

  services_ptr services_;
  input_id input_;
  std::unique_ptr<directory_watch> watch_;
  settling_files files_;
};

class asked_source final : public source_watch {
public:
  asked_source(services_ptr services, input_id input) : services_{std::move(services)}, input_{input} {}

  result<news> look(const look_time&) override {
    auto partitions = list_partitions(*services_, input_);
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

  services_ptr services_;
  input_id input_;
  std::map<std::string, plan::source_partition> told_; ///< by name
};

} // namespace

std::unique_ptr<source_watch> watch_source(services_ptr services, input_id input) {
  if (services->settings.inputs[input.value].what() == input_url::kind::file)
    if (auto watch = services->watch_directory(input))
      return std::make_unique<watched_directory>(std::move(services), input, std::move(watch));
  return std::make_unique<asked_source>(std::move(services), input);
}

} // namespace weir::actors
