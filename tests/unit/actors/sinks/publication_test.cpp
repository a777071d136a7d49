#include "actors/sinks/publication.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "actors/sinks/output_mark.hpp"
#include "libstream/data/checksum.hpp"
#include "libstream/log/batch_log.hpp"
#include "libstream/log/memory_store.hpp"
#include "tests/unit/actors/sinks/memory_disk.hpp"

using namespace weir;
using namespace weir::actors;
using weir::testing::memory_disk;

namespace {

const std::vector<std::string> parts_of_counts{"a\t1\nb\t2\n", "", "c\t3\n"}; // the second has no records: not staged

log::commit_record commit_of(const std::vector<std::string>& parts, const std::string& output = "counts") {
  log::commit_record batch;
  batch.id = batch_id{7};
  batch.time_ms = 1700;
  batch.epoch = epoch{2};
  batch.view = view_id{1};
  for (std::uint32_t i = 0; i < parts.size(); ++i)
    if (auto& text = parts[i]; !text.empty())
      batch.parts.push_back({output, i, text.size(),
                             static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n')),
                             data::checksum(text)});
  return batch;
}

/// One node, whose disk is in memory and whose batch is staged.
struct publisher {
  std::shared_ptr<memory_disk> disk = std::make_shared<memory_disk>();
  std::shared_ptr<log::memory_store> store = std::make_shared<log::memory_store>();
  application_services application;
  node_services node;
  std::string printed;

  publisher() {
    node.files = disk;
    node.log = log::readable_node_log{store};
    node.print = [this](std::string_view text) -> result<void> {
      printed += text;
      return {};
    };
  }

  void stage(const log::commit_record& batch, const std::vector<std::string>& parts) {
    for (auto& part : batch.parts)
      node.staging.put({batch.epoch, batch.view}, batch.id, part.output, part.part,
                       std::make_shared<const std::string>(parts[part.part]));
  }
  void log_batch(const log::commit_record& batch, const std::vector<std::string>& parts) {
    std::vector<log::staged_bytes> bytes;
    for (auto& part : batch.parts)
      bytes.push_back({parts[part.part], {}});
    log::transaction changes;
    log::commit(changes, batch, bytes);
    REQUIRE(store->commit(changes).has_value());
  }
};

plan::output text_output(const std::string& prefix) {
  return {output_index{0}, "counts", true, {{plan::output_target::kind::text, prefix, 0}}};
}

plan::output print_output(std::uint32_t limit) {
  return {output_index{0}, "counts", true, {{plan::output_target::kind::print, {}, limit}}};
}

using files = std::map<std::string, std::string>;
const files published{{"out/words-1700/_SUCCESS", ""},
                      {"out/words-1700/part-00000", "a\t1\nb\t2\n"},
                      {"out/words-1700/part-00002", "c\t3\n"}};

} // namespace

TEST_CASE("a batch's parts appear in a directory of their own, with a mark that all are there", "[publication]") {
  publisher all;
  auto batch = commit_of(parts_of_counts);
  all.stage(batch, parts_of_counts);
  REQUIRE(publish(all.application, all.node, text_output("out/words"), {&batch, 1}).has_value());
  CHECK(all.disk->visible("") == published);
}

TEST_CASE("publishing again changes nothing that is visible, and writes no file", "[publication]") {
  publisher all;
  auto batch = commit_of(parts_of_counts);
  all.stage(batch, parts_of_counts);
  REQUIRE(publish(all.application, all.node, text_output("out/words"), {&batch, 1}).has_value());
  all.disk->calls.clear();
  REQUIRE(publish(all.application, all.node, text_output("out/words"), {&batch, 1}).has_value());
  CHECK(all.disk->visible("") == published);
  for (auto& call : all.disk->calls) {
    INFO(call);
    CHECK((call.rfind("sync ", 0) == 0)); // a rename that was not synced before the last stop is made durable now
  }
}

TEST_CASE("nothing becomes visible before all of it is synced, and it is done only once that is durable",
          "[publication]") {
  publisher all;
  all.disk->existing_directory("out");
  auto batch = commit_of(parts_of_counts);
  all.stage(batch, parts_of_counts);
  REQUIRE(publish(all.application, all.node, text_output("out/words"), {&batch, 1}).has_value());
  auto& calls = all.disk->calls;
  auto renamed = std::find_if(calls.begin(), calls.end(), [](auto& call) { return call.rfind("rename ", 0) == 0; });
  REQUIRE(renamed != calls.end());
  auto hidden = renamed->substr(7, renamed->find(' ', 7) - 7);
  CHECK(*renamed == "rename " + hidden + " out/words-1700");
  for (auto& name : {"/part-00000", "/part-00002", "/_SUCCESS", ""}) {
    INFO(hidden << name);
    CHECK(std::find(calls.begin(), renamed, "sync " + hidden + name) != renamed);
  }
  CHECK(calls.back() == "sync out");
}

TEST_CASE("wherever publication stops, readers see all of the batch or nothing, and the next attempt ends it",
          "[publication]") {
  auto batch = commit_of(parts_of_counts);
  auto loses_power = GENERATE(false, true);
  auto prefix = GENERATE(as<std::string>{}, "out/words", "deep/er/out/words", "words");
  auto expected = [&] {
    files moved;
    for (auto& [path, text] : published)
      moved[prefix + path.substr(std::string{"out/words"}.size())] = text;
    return moved;
  }();
  bool complete = false;
  for (int stop = 0; !complete; ++stop) {
    REQUIRE(stop < 100);
    INFO(prefix << ": stops before change " << stop << (loses_power ? " with a power cut" : ""));
    publisher all;
    all.stage(batch, parts_of_counts);
    all.disk->changes_left = stop;
    auto done = publish(all.application, all.node, text_output(prefix), {&batch, 1});
    complete = done.has_value();
    if (!complete)
      CHECK(done.error().why.code == error_code::disk);
    auto seen = all.disk->visible("");
    CHECK((seen.empty() || seen == expected));
    if (loses_power) {
      all.disk->power_cut();
      seen = all.disk->visible("");
      CHECK((seen.empty() || seen == expected));
      if (complete)
        CHECK(seen == expected);
    }
    all.disk->changes_left = -1;
    REQUIRE(publish(all.application, all.node, text_output(prefix), {&batch, 1}).has_value());
    CHECK(all.disk->visible("") == expected);
    all.disk->power_cut();
    CHECK(all.disk->visible("") == expected);
  }
}

TEST_CASE("a directory that was there is made durable, too, and nothing is published while that fails",
          "[publication]") {
  publisher all;
  static_cast<void>(all.disk->make_directories("out")); // by a predecessor that died before its sync
  all.disk->failing = "sync .";                         // of the directory above it
  auto batch = commit_of(parts_of_counts);
  all.stage(batch, parts_of_counts);
  auto refused = publish(all.application, all.node, text_output("out/words"), {&batch, 1});
  REQUIRE_FALSE(refused.has_value());
  CHECK(all.disk->visible("").empty());
  all.disk->failing.clear();
  REQUIRE(publish(all.application, all.node, text_output("out/words"), {&batch, 1}).has_value());
  all.disk->power_cut();
  CHECK(all.disk->visible("") == published);
}

TEST_CASE("what this process did not stage comes from the log", "[publication]") {
  publisher all;
  auto batch = commit_of(parts_of_counts);
  all.log_batch(batch, parts_of_counts);
  all.node.staging.put({batch.epoch, batch.view.next()}, batch.id, "counts", 0,
                       std::make_shared<const std::string>("another attempt"));
  REQUIRE(publish(all.application, all.node, text_output("out/words"), {&batch, 1}).has_value());
  CHECK(all.disk->visible("") == published);
}

TEST_CASE("bytes that are not those of the commit are never shown", "[publication]") {
  auto wrong = GENERATE(as<std::vector<std::string>>{}, std::vector<std::string>{"a\t1\nb\t9\n", "", "c\t3\n"},
                        std::vector<std::string>{"a\t1\nb\t2\n", "", "c\t3\nd\t4\n"});
  publisher all;
  auto batch = commit_of(parts_of_counts);
  all.stage(batch, wrong);
  for (auto& output : {text_output("out/words"), print_output(10)}) {
    auto done = publish(all.application, all.node, output, {&batch, 1});
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().why.code == error_code::corrupt);
    CHECK(done.error().why.where.find("batch 7, output counts, part ") == 0);
  }
  CHECK(all.disk->visible("").empty());
  CHECK(all.printed.empty());
}

TEST_CASE("a part that is nowhere is an error, not an empty part", "[publication]") {
  publisher all;
  auto batch = commit_of(parts_of_counts);
  CHECK_FALSE(publish(all.application, all.node, text_output("out/words"), {&batch, 1}).has_value());
  CHECK(all.disk->visible("").empty());
}

TEST_CASE("a batch without records for an output makes no directory", "[publication]") {
  publisher all;
  auto batch = commit_of(parts_of_counts, "another");
  all.stage(batch, parts_of_counts);
  REQUIRE(publish(all.application, all.node, text_output("out/words"), {&batch, 1}).has_value());
  CHECK(all.disk->calls.empty());
}

TEST_CASE("an output may have several targets", "[publication]") {
  publisher all;
  auto batch = commit_of(parts_of_counts);
  all.stage(batch, parts_of_counts);
  auto output = text_output("out/words");
  output.targets.push_back({plan::output_target::kind::text, "copy", 0});
  output.targets.push_back(print_output(1).targets.front());
  REQUIRE(publish(all.application, all.node, output, {&batch, 1}).has_value());
  CHECK(all.disk->visible("").size() == 6);
  CHECK(all.disk->visible("copy-1700/part-00002") == files{{"copy-1700/part-00002", "c\t3\n"}});
  CHECK_FALSE(all.printed.empty());
}

TEST_CASE("print shows the first records of all parts, and dots when it leaves some out", "[publication]") {
  auto [limit, shown] = GENERATE(table<std::uint32_t, std::string>({
    {10, "a\t1\nb\t2\nc\t3\n"},
    {3, "a\t1\nb\t2\nc\t3\n"},
    {1, "a\t1\n...\n"},
    {0, "... (3 records)\n"}, // nothing is shown: then the count is what was asked for
  }));
  publisher all;
  auto batch = commit_of(parts_of_counts);
  all.stage(batch, parts_of_counts);
  REQUIRE(publish(all.application, all.node, print_output(limit), {&batch, 1}).has_value());
  auto line = std::string(43, '-') + "\n";
  CHECK(all.printed == line + "Time: 1700 ms\nOutput: counts\n" + line + shown + "\n"); // it has a name
}

TEST_CASE("a batch is not published where the mark says that the prefix is another's", "[publication]") {
  publisher all;
  all.disk->existing_directory("out");
  all.application.record.application = "words";
  all.application.record.directory_id = 2;
  auto batch = commit_of(parts_of_counts);
  all.stage(batch, parts_of_counts);
  REQUIRE(write_mark(*all.disk, "out/.words.weir", {"words", "counts", 1, "/data", 0, 0}).has_value());
  auto refused = publish(all.application, all.node, text_output("out/words"), {&batch, 1});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().why.code == error_code::configuration);
  CHECK(all.disk->visible("").empty());
}

TEST_CASE("a directory that is younger than what the mark says is of somebody else", "[publication]") {
  publisher all;
  all.disk->existing_directory("out");
  all.application.record.application = "words";
  all.application.record.directory_id = 1;
  auto batch = commit_of(parts_of_counts);
  all.stage(batch, parts_of_counts);
  REQUIRE(write_mark(*all.disk, "out/.words.weir", {"words", "counts", 1, "/data", 6, 0}).has_value());
  SECTION("it is refused") {
    all.disk->existing_directory("out/words-1700");
    REQUIRE(all.disk->write("out/words-1700/_SUCCESS", "").has_value());
    auto refused = publish(all.application, all.node, text_output("out/words"), {&batch, 1});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().why.message().find("out/words-1700") != std::string::npos);
  }
  SECTION("one's own is known by the mark, which is raised before it appears") {
    REQUIRE(publish(all.application, all.node, text_output("out/words"), {&batch, 1}).has_value());
    auto mark = read_mark(*all.disk, "out/.words.weir").value().value();
    CHECK(mark.newest_batch == 7);
    CHECK(mark.newest_time_ms == 1700);
    CHECK(publish(all.application, all.node, text_output("out/words"), {&batch, 1}).has_value());
    CHECK(all.disk->visible("") == published);
  }
  SECTION("it is raised to the last of those that are published together, of which some may be there already") {
    REQUIRE(publish(all.application, all.node, text_output("out/words"), {&batch, 1}).has_value());
    std::vector<log::commit_record> both{batch, batch};
    both[1].id = batch_id{8};
    both[1].time_ms = 1800;
    all.stage(both[1], parts_of_counts);
    REQUIRE(publish(all.application, all.node, text_output("out/words"), both).has_value());
    CHECK(read_mark(*all.disk, "out/.words.weir").value().value().newest_batch == 8);
    CHECK(publish(all.application, all.node, text_output("out/words"), both).has_value());
    CHECK(all.disk->visible("").count("out/words-1800/_SUCCESS") == 1);
  }
}
