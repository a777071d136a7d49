#include <cstdlib>
#include <filesystem>

#include <catch2/catch.hpp>

#include "libstream/log/block_log.hpp"
#include "libstream/log/data_directory.hpp"
#include "libstream/log/joint_log.hpp"
#include "libstream/log/positions.hpp"
#include "libstream/log/producer_book.hpp"
#include "libstream/log/recovery.hpp"
#include "tests/unit/log/scratch.hpp"

using namespace weir;
using namespace weir::log;
namespace fs = std::filesystem;

namespace {

constexpr input_id input{0};
constexpr batch_id told{17'000'000'001}, open{17'000'000'003};

fs::path frozen_folder() { return fs::path{__FILE__}.parent_path().parent_path().parent_path() / "frozen"; }

std::vector<std::string> archives() {
  std::vector<std::string> names;
  for (auto& entry : fs::directory_iterator{frozen_folder()})
    if (entry.path().extension() == ".gz")
      names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

/// A data directory from an archive.
class thawed_directory {
public:
  explicit thawed_directory(const std::string& archive) {
    auto unpack = "tar -xzf '" + (frozen_folder() / archive).string() + "' -C '" + scratch_.path() + "'";
    REQUIRE(std::system(unpack.c_str()) == 0); // NOLINT(concurrency-mt-unsafe): one thread
  }
  std::string path() const { return scratch_ / "data"; }
  data_directory open() const {
    auto opened = data_directory::open(path(), "word-count", {});
    INFO((opened ? "" : opened.error().message()));
    REQUIRE(opened.has_value());
    return std::move(*opened);
  }

private:
  weir::testing::scratch_directory scratch_;
};

std::vector<staged_bytes> no_parts(const commit_record&) { return {}; }

/// A process that goes on with a log.
class continuing_process {
public:
  explicit continuing_process(store& of) : store_{of}, log_{*joint_log::load(of)} {}

  batch_answer take(const batch_command& command) {
    transaction changes;
    auto answer = log_.apply(command, no_parts, changes);
    REQUIRE(store_.commit(changes).has_value());
    return answer;
  }
  joint_log& log() { return log_; }

private:
  store& store_;
  joint_log log_;
};

commit_record commit_of(const batch_record& batch) {
  commit_record commit;
  commit.id = batch.id;
  commit.time_ms = batch.time_ms;
  return commit;
}

} // namespace

TEST_CASE("a data directory of each format is frozen", "[frozen]") {
  auto names = archives();
  CHECK(names.size() >= 3);
  for (auto format = oldest_format; format <= data_format; ++format)
    CHECK(std::any_of(names.begin(), names.end(),
                      [&](auto& name) { return name.starts_with(std::to_string(format) + "-"); }));
}

TEST_CASE("a frozen data directory is opened, verified and recovered", "[frozen]") {
  auto archive = GENERATE(from_range(archives()));
  INFO(archive);
  thawed_directory thawed{archive};
  auto directory = thawed.open();
  CHECK_FALSE(directory.created());
  CHECK(directory.application().partitions == 2);
  CHECK(directory.application().hash_seed == 42);
  CHECK(directory.application().directory_id == 7);
  CHECK(directory.application().format == data_format);
  CHECK(*check_content(*directory.store(), true) > 10);

  auto plan = recover(*directory.store());
  REQUIRE(plan.has_value());
  REQUIRE(plan->publish_again.size() == 1);
  CHECK(plan->publish_again[0].committed.id == told);
  REQUIRE(plan->publish_again[0].committed.parts.size() == 2);
  CHECK((*read_staged(*directory.store(), told, "counts", 1))->view() == "be\t1\ntold\t1\n");
  REQUIRE(plan->run_again.size() == 1);
  CHECK(plan->run_again[0].id == open);
  CHECK(plan->run_again[0].splits.size() == 2);
  REQUIRE(plan->unsealed.size() == 1);
  CHECK(plan->unsealed[0].headers.size() == 1);
  CHECK(plan->first_free_batch == open.next());

  CHECK((*read_producer(*directory.store(), input, "alpha"))->last == 5);
  CHECK((*read_producer(*directory.store(), input, "beta"))->left);
  CHECK(*read_coordinator_epoch(*directory.store()) == epoch{2});
}

TEST_CASE("an application goes on with a frozen data directory, batch by batch", "[frozen]") {
  auto archive = GENERATE(from_range(archives()));
  INFO(archive);
  thawed_directory thawed{archive};
  {
    auto directory = thawed.open();
    auto& store = *directory.store();
    continuing_process process{store};
    CHECK(process.take(claim_command{99, epoch{2}}) == batch_answer{verdict::written, epoch{3}});
    CHECK(process.take(open_command{epoch{3}, input, 98, epoch{2}}) == batch_answer{verdict::written, epoch{3}});

    auto recovered = *recover(store);
    batch_record next;
    next.id = recovered.first_free_batch;
    next.time_ms = recovered.last_time_ms + 100;
    next.splits = {{{{input, epoch{2}, block_sequence{3}, block_sequence{3}}}, {}, 1}}; // what was in no batch yet
    CHECK(process.take(seal_command{epoch{3}, open, next}).verdict == verdict::written);
    CHECK(process.take(commit_command{epoch{3}, commit_of(next)}).verdict == verdict::wait); // the open one is older
    auto amended = recovered.run_again[0];
    ++amended.amendment.number;
    CHECK(process.take(amend_command{epoch{3}, amended}).verdict == verdict::written);
    for (auto& batch : {amended, next})
      CHECK(process.take(commit_command{epoch{3}, commit_of(batch)}).verdict == verdict::written);
    for (auto batch : {told, open, next.id})
      CHECK(process.take(finish_command{epoch{3}, batch}).verdict == verdict::written);

    producer_book producers{store};
    CHECK((*producers.greet(input, "alpha", 1))->last == 5);
  }
  auto directory = thawed.open();
  auto later = recover(*directory.store());
  REQUIRE(later.has_value());
  CHECK(later->publish_again.empty());
  CHECK(later->run_again.empty());
  CHECK(later->unsealed.empty());
  CHECK(later->first_free_batch == open.next().next());
}
