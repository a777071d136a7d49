#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "actors/partition_executor/task_board.hpp"
#include "actors/partition_executor/task_run.hpp"
#include "actors/runtime/process_services.hpp"
#include "libstream/api/dstream.hpp"
#include "libstream/data/checksum.hpp"
#include "libstream/log/batch_records.hpp"
#include "libstream/log/block_log.hpp"
#include "libstream/log/memory_store.hpp"
#include "libstream/log/positions.hpp"
#include "libstream/operators/split_words.hpp"
#include "libstream/plan/extra_output.hpp"

namespace weir::testing {

inline constexpr actors::attempt first_attempt{epoch{1}, view_id{1}}, second_attempt{epoch{1}, view_id{2}};

using word_counts = std::map<std::string, std::uint64_t>;

/// What a word count must say of this text. It shares nothing with the engine.
inline word_counts counted(const std::string& text) {
  word_counts counts;
  std::istringstream words{text};
  for (std::string word; words >> word;)
    ++counts[word];
  return counts;
}

struct executor_journal final : actors::journal {
  void input_bound(const std::string&) override {}
  void batch_committed(const actors::batch_summary&) override {}
  void batch_done(batch_id, std::int64_t) override {}
  void actor_restarted(const actors::address&, const std::string&) override {}
  void batch_started(batch_id batch, std::int64_t at_us) override { started.emplace_back(batch.value, at_us); }
  void tell(const actors::event& told) override { events.push_back(told); }
  void warning(const std::string& sentence) override { warnings.push_back(sentence); }
  void detail(const std::string& sentence) override { details.push_back(sentence); }

  std::vector<std::pair<std::uint64_t, std::int64_t>> started;
  std::vector<actors::event> events;
  std::vector<std::string> warnings, details;
};

/// Memory that is full when the test says so, or gives back other bytes.
class small_scratch final : public actors::scratch {
public:
  bool full = false;
  bool broken = false;

  result<extent_handle> write(std::string_view bytes) override {
    if (full)
      return fail_full("no room", "scratch", "make room");
    return std::make_shared<kept>(*this, std::string{bytes});
  }

private:
  class kept final : public extent {
  public:
    kept(const small_scratch& in, std::string bytes) : in_{in}, bytes_{std::move(bytes)} {}
    result<data::buffer_handle> read(std::uint64_t from, std::uint64_t size) const override {
      auto copy = std::make_shared<data::buffer>(size);
      copy->append(std::string_view{bytes_}.substr(from, size));
      if (in_.broken)
        copy->data()[0] ^= 1;
      return copy;
    }

  private:
    const small_scratch& in_;
    std::string bytes_;
  };
};

/// A source that the program brings: its partitions are texts.
class text_source final : public plan::replayable_source {
public:
  explicit text_source(std::map<std::string, std::string> texts) : texts_{std::move(texts)} {}
  plan::record_form form() const override { return plan::record_form::lines; }
  result<std::vector<plan::source_partition>> partitions() const override {
    return std::vector<plan::source_partition>{};
  }
  result<std::vector<plan::text_piece>> read(const offset_range& range, std::size_t) const override {
    auto text = texts_.find(range.partition);
    if (text == texts_.end())
      return fail(error_code::corrupt, "it is gone", range.partition);
    return std::vector{plan::text_piece_of(std::string_view{text->second}.substr(range.from, range.to - range.from))};
  }
  std::string describe(std::string_view partition) const override { return "shelf " + std::string{partition}; }

private:
  std::map<std::string, std::string> texts_;
};

/// All that an executor has of its node, with a word count to run. The user functions are the test's: it says on which lines and words they fail.
struct counting_node {
  static constexpr std::uint32_t partitions = 2;

  counting_node() {
    stream_context ctx;
    ctx.text_input()
      .filter([this](std::string_view line) {
        if (fails_on_line && fails_on_line(line))
          throw std::runtime_error{"a bad line"};
        return true;
      })
      .named("lines")
      .flat_map(split_words)
      .count_by_value()
      .filter([this](const auto& counted_word) {
        if (fails_on_word && fails_on_word(counted_word.first))
          throw std::runtime_error{"a bad word"};
        return true;
      })
      .named("counts")
      .save_as_text_files("out/counts");
    services.application->plan = plan::with_output(ctx.plan().value(), "dead letters", {}).value();
    services.application->dead_letters = services.application->plan->outputs().back().index;
    services.application->settings.inputs = {actors::parse_input_url("weir://127.0.0.1:0").value()};
    services.application->record.partitions = partitions;
    services.application->record.hash_seed = 7;
    services.node->journal = heard;
    services.use_store(store);
  }

  void keep_block(std::uint64_t sequence, const std::string& text) {
    services.node->blocks.put({input_id{0}, epoch{1}, block_sequence{sequence}}, buffer_of(text));
  }
  void log_block(std::uint64_t sequence, const std::string& text) {
    log::block_header header;
    header.id = {input_id{0}, epoch{1}, block_sequence{sequence}};
    header.bytes = text.size();
    header.checksum = data::checksum(text);
    auto bytes = buffer_of(text);
    log::transaction changes;
    log::append_block(changes, header, bytes->view(), bytes);
    REQUIRE(store->commit(changes));
  }
  /// Blocks `from` to `to` as the input of one map task.
  static log::split blocks(std::uint64_t from, std::uint64_t to) {
    return {{{input_id{0}, epoch{1}, block_sequence{from}, block_sequence{to}}}, {}, 100};
  }
  static log::batch_record batch(std::uint64_t number, std::vector<log::split> splits) {
    log::batch_record record;
    record.id = batch_id{number};
    record.time_ms = static_cast<std::int64_t>(number * 1000);
    record.epoch = epoch{1};
    record.splits = std::move(splits);
    return record;
  }
  void seal(const log::batch_record& record) {
    log::transaction opened, changes;
    log::put_epoch(opened, input_id{0}, epoch{1}, {});
    REQUIRE(store->commit(opened));
    REQUIRE(log::seal(changes, *store, record));
    REQUIRE(store->commit(changes));
  }

  actors::task_ended run(const log::batch_record& record, std::uint32_t stage, std::uint32_t task,
                         const actors::attempt& of = first_attempt) {
    return actors::run_task(
      *services.application, *services.node,
      {of, std::make_shared<const log::batch_record>(record), stage_index{stage}, task_index{task}});
  }
  /// All tasks of a batch, which must not fail; what the reduce tasks and dead letters staged.
  std::vector<log::staged_part> run_all(const log::batch_record& record, const actors::attempt& of = first_attempt) {
    std::vector<log::staged_part> parts;
    auto counts = services.application->plan->task_counts(record.splits.size(), partitions);
    for (std::uint32_t stage = 0; stage < counts.size(); ++stage)
      for (std::uint32_t task = 0; task < counts[stage]; ++task) {
        auto report = run(record, stage, task, of);
        INFO(report.problem);
        CHECK_FALSE((report.failed || report.full || report.lost || report.skip));
        CHECK(report.excluded.empty());
        parts.insert(parts.end(), report.parts.begin(), report.parts.end());
      }
    return parts;
  }

  /// What is staged of one part; empty if nothing is.
  std::string staged(std::uint64_t batch, const std::string& output, std::uint32_t part,
                     const actors::attempt& of = first_attempt) const {
    auto bytes = services.node->staging.find(of, batch_id{batch}, output, part);
    return bytes ? *bytes : "";
  }
  word_counts counts(std::uint64_t batch, const actors::attempt& of = first_attempt) const {
    word_counts all;
    for (std::uint32_t part = 0; part < partitions; ++part) {
      std::istringstream lines{staged(batch, "counts", part, of)};
      std::string word;
      for (std::uint64_t count = 0; lines >> word >> count;)
        all[word] += count;
    }
    return all;
  }

  std::function<bool(std::string_view)> fails_on_line, fails_on_word;
  std::shared_ptr<executor_journal> heard = std::make_shared<executor_journal>();
  std::shared_ptr<log::memory_store> store = std::make_shared<log::memory_store>();
  std::shared_ptr<small_scratch> disk = std::make_shared<small_scratch>();
  actors::process_services services;

private:
  static std::shared_ptr<data::buffer> buffer_of(const std::string& text) {
    auto bytes = std::make_shared<data::buffer>(text.size());
    bytes->append(text);
    return bytes;
  }
};

} // namespace weir::testing
