#include "actors/sinks/output_claims.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/actors/sinks/memory_disk.hpp"

using namespace weir;
using namespace weir::actors;
using weir::testing::memory_disk;

namespace {

plan::output text_output(const std::string& name, const std::string& prefix, const std::string& suffix = {}) {
  return {output_index{0}, name, true, {{plan::output_target::kind::text, prefix, 0, nullptr, suffix}}};
}

output_owner owner(std::uint64_t id, std::uint64_t last_batch = 0) {
  output_owner made{"words", id, "/data/" + std::to_string(id), {}, false};
  if (last_batch > 0)
    made.last = log::last_batch{batch_id{last_batch}, static_cast<std::int64_t>(last_batch * 100), batch_id{}};
  return made;
}

struct outputs {
  memory_disk disk;
  std::vector<plan::output> all{text_output("counts", "out/w")};

  outputs() { disk.existing_directory("out"); }
  result<output_claims> examine(const output_owner& by) { return examine_outputs(disk, all, by); }
  void claim(const output_owner& by) {
    auto claims = examine(by);
    REQUIRE(claims.has_value());
    REQUIRE(claim_outputs(disk, *claims, by.last).has_value());
  }
  output_mark mark() { return read_mark(disk, "out/.w.weir").value().value(); }
};

void refused(const result<output_claims>& examined, const std::vector<std::string>& mentions) {
  REQUIRE_FALSE(examined.has_value());
  CHECK(examined.error().code == error_code::configuration);
  for (auto& words : mentions) {
    INFO(examined.error().message());
    CHECK(examined.error().message().find(words) != std::string::npos);
  }
}

} // namespace

TEST_CASE("a mark is read as it was written", "[outputs]") {
  output_mark mark{"my app", "counts", 17, "/a/b c", 150, 1'700'000'000'000};
  CHECK(parse_mark(mark_text(mark), "x").value() == mark);
  CHECK(parse_mark("weir-output 1\napplication x\n", "out/.w.weir").error().code == error_code::corrupt);
  mark.newest_time_ms = -1'800; // of a version that believed a clock before 1970
  CHECK(parse_mark(mark_text(mark), "x").value().newest_time_ms == 0);
  CHECK(mark_path(text_output("x", "a/b").targets[0]) == "a/.b.weir");
  CHECK(mark_path(text_output("x", "b").targets[0]) == ".b.weir");
  CHECK(mark_path(text_output("x", "a/b", "txt").targets[0]) == "a/.b-.txt.weir");
}

TEST_CASE("a prefix has one owner, and whoever else wants it is refused with both names", "[outputs]") {
  outputs out;
  out.claim(owner(1));
  CHECK(out.examine(owner(1)).has_value());
  refused(out.examine(owner(2)), {"text:out/w", "/data/1", "/data/2", "out/.w.weir"});
  auto other = owner(1);
  other.application = "lines";
  refused(out.examine(other), {"words", "lines"});
  auto without = owner(3);
  without.place = no_data_directory;
  refused(out.examine(without), {"/data/1", "without a data directory"});
}

TEST_CASE("runs without a data directory follow each other on a prefix, each behind the one before", "[outputs]") {
  outputs out;
  auto run = [&](std::uint64_t id) {
    auto made = owner(id);
    made.place = no_data_directory;
    return made;
  };
  out.claim(run(1));
  auto mark = out.mark();
  mark.newest_batch = 70;
  mark.newest_time_ms = 7'000;
  REQUIRE(write_mark(out.disk, "out/.w.weir", mark).has_value());
  auto next = out.examine(run(2));
  REQUIRE(next.has_value());
  REQUIRE(next->beyond.has_value());
  CHECK(next->beyond->time_ms == 7'000);
  CHECK(next->claims.front().mark.newest_batch == 0);
}

TEST_CASE("outputs of an older version are taken over, and a new log stays behind what lies there", "[outputs]") {
  outputs out;
  for (auto& name : {"out/w-100", "out/w-2500", "out/w-x", "out/ww-9000", "out/w-9000.txt"})
    out.disk.existing_directory(name);
  auto fresh = out.examine(owner(1));
  REQUIRE(fresh.has_value());
  REQUIRE(fresh->beyond.has_value());
  CHECK(fresh->beyond->time_ms == 2500);
  auto old = out.examine(owner(1, 25));
  REQUIRE(old.has_value());
  CHECK_FALSE(old->beyond.has_value());
  out.claim(owner(1, 25));
  CHECK(out.mark().newest_batch == 25);
}

TEST_CASE("a log that is older than its outputs is refused, unless it is said to be a copy", "[outputs]") {
  outputs out;
  out.claim(owner(1, 150));
  refused(out.examine(owner(1, 100)), {"150", "100", "older copy", "--after-restore"});
  refused(out.examine(owner(1)), {"older copy"});
  auto restored = owner(1, 100);
  restored.after_restore = true;
  auto examined = out.examine(restored);
  REQUIRE(examined.has_value());
  REQUIRE(examined->beyond.has_value());
  CHECK(examined->beyond->id == batch_id{150});
  CHECK(examined->beyond->time_ms == 15'000);
  CHECK(out.examine(owner(1, 150)).has_value());
}

TEST_CASE("a directory that was begun anew is told from its predecessor, and takes over if that was set aside",
          "[outputs]") {
  outputs out;
  out.claim(owner(1, 150));
  auto anew = owner(2);
  anew.place = owner(1).place;
  refused(out.examine(anew), {"text:out/w", "/data/1", "begun anew", "out/.w.weir"});
  anew.after_set_aside = true;
  auto examined = out.examine(anew);
  REQUIRE(examined.has_value());
  REQUIRE(examined->beyond.has_value());
  CHECK(examined->beyond->id == batch_id{150});
  CHECK(examined->beyond->time_ms == 15'000);
  auto elsewhere = owner(2);
  elsewhere.after_set_aside = true;
  refused(out.examine(elsewhere), {"/data/1", "/data/2"});
  auto other = anew;
  other.application = "lines";
  refused(out.examine(other), {"words", "lines"});
  REQUIRE(claim_outputs(out.disk, *examined, examined->beyond).has_value());
  CHECK(out.mark().owner == 2);
  CHECK(out.mark().newest_batch == 150);
}

TEST_CASE("with several outputs new batches stay beyond the newest of all of them, and beyond the log's", "[outputs]") {
  struct newest {
    std::uint64_t batch;
    std::int64_t time_ms;
  };
  outputs out;
  out.all = {text_output("counts", "out/w"), text_output("totals", "out/t")};
  auto [of_counts, of_totals] =
    GENERATE(table<newest, newest>({{{150, 15'000}, {120, 12'000}},  // the first output decides,
                                    {{120, 12'000}, {150, 15'000}},  // the second,
                                    {{150, 12'000}, {120, 15'000}},  // one the number and the other the time,
                                    {{150, 15'000}, {90, 9'000}}})); // one alone has more than the log
  auto mark = [&](const std::string& path, const newest& last) {
    auto changed = read_mark(out.disk, path).value().value();
    changed.newest_batch = last.batch;
    changed.newest_time_ms = last.time_ms;
    REQUIRE(write_mark(out.disk, path, changed).has_value());
  };
  auto beyond = [&](const output_owner& by) {
    auto examined = out.examine(by);
    REQUIRE(examined.has_value());
    REQUIRE(examined->beyond.has_value());
    return *examined->beyond;
  };
  SECTION("after a copy was restored") {
    auto restored = owner(1, 100);
    out.claim(restored);
    mark("out/.w.weir", of_counts);
    mark("out/.t.weir", of_totals);
    restored.after_restore = true;
    CHECK(beyond(restored).id == batch_id{150});
    CHECK(beyond(restored).time_ms == 15'000);
    restored.last->time_ms = 20'000; // the clock was set back after the copy was made
    CHECK(beyond(restored).time_ms == 20'000);
  }
  SECTION("after the data directory was set aside") {
    out.claim(owner(1, 100));
    mark("out/.w.weir", of_counts);
    mark("out/.t.weir", of_totals);
    auto anew = owner(2);
    anew.place = owner(1).place;
    anew.after_set_aside = true;
    CHECK(beyond(anew).id == batch_id{150});
    CHECK(beyond(anew).time_ms == 15'000);
  }
  SECTION("without a data directory") {
    auto run = owner(1);
    run.place = no_data_directory;
    out.claim(run);
    mark("out/.w.weir", of_counts);
    mark("out/.t.weir", of_totals);
    run.id = 2;
    CHECK(beyond(run).id == batch_id{});
    CHECK(beyond(run).time_ms == 15'000);
  }
  SECTION("behind an older version, which left no marks") {
    out.disk.existing_directory("out/w-" + std::to_string(of_counts.time_ms));
    out.disk.existing_directory("out/t-" + std::to_string(of_totals.time_ms));
    CHECK(beyond(owner(1)).time_ms == 15'000);
  }
}

TEST_CASE("two outputs that write to one place are refused however it is spelt", "[outputs]") {
  outputs out;
  for (auto& spelt : {"out/w", "./out/w", "out/../out/w", "out//w"}) {
    out.all = {text_output("a", "out/w"), text_output("b", spelt)};
    refused(out.examine(owner(1)), {"'a'", "'b'"});
  }
  out.all = {text_output("a", "out/w"), text_output("b", "out/w", "txt"), text_output("c", "out/w2")};
  CHECK(out.examine(owner(1)).has_value());
}
