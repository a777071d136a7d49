#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "libstream/log/data_directory.hpp"
#include "libstream/log/lmdb_store.hpp"
#include "libstream/log/memory_store.hpp"
#include "libstream/log/recovery.hpp"
#include "libstream/log/renewal.hpp"
#include "tests/unit/log/log_workload.hpp"
#include "tests/unit/log/scratch.hpp"
#include "tests/unit/log/watched_disk.hpp"

using namespace weir;
using namespace weir::log;
using namespace weir::testing;
using kind = disk_event::kind;

namespace {

/// A log on a disk that can be told to fail, beside a twin of what it holds.
class failing_log {
public:
  failing_log() {
    REQUIRE(lmdb_store::create(path()).has_value());
    auto opened = lmdb_store::open(path());
    REQUIRE(opened.has_value());
    store_ = *opened;
    for (int number = 0; number < 30; ++number)
      REQUIRE(commit_next().has_value());
  }

  result<void> commit_next() {
    auto changes = workload_.next(twin_);
    auto done = store_->commit(changes);
    if (done) {
      REQUIRE(twin_.commit(changes).has_value());
      content_.commit(changes);
    }
    return done;
  }

  /// The next call of this kind on the log's file fails with `reason`.
  result<void> commit_while_failing(kind what, int reason) {
    watched_disk disk{file()};
    auto failed = false;
    disk.fails = [&](kind each) { return each == what && !std::exchange(failed, true) ? reason : 0; };
    auto changes = workload_.next(twin_); // not taken into the twin: it was not acknowledged
    return store_->commit(changes);
  }

  std::uint64_t expected() const { return content_.digest(); }
  void close() { store_.reset(); }
  const std::string& path() const { return scratch_.path(); }
  std::string file() const { return scratch_ / "data.mdb"; }
  lmdb_store& store() { return *store_; }

private:
  scratch_directory scratch_;
  std::shared_ptr<lmdb_store> store_;
  memory_store twin_; ///< from which the workload reads
  plain_log content_;
  log_workload workload_{1};
};

} // namespace

TEST_CASE("after a write or a sync that failed the log is not used again, and is marked", "[log]") {
  auto what = GENERATE(kind::write, kind::sync, kind::synced_write);
  failing_log log;
  auto failed = log.commit_while_failing(what, EIO);
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().code == error_code::disk);
  CHECK_FALSE(failed.error().full);
  CHECK(failed.error().message().find("data.mdb: ") != std::string::npos);
  watched_disk disk{log.file()};
  auto again = log.commit_next();
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().message() == failed.error().message());
  CHECK(disk.events.empty());
  CHECK(suspicion(log.path()) == failed.error().message());
}

TEST_CASE("a log that was marked is copied to a new file, and holds what was acknowledged", "[log]") {
  auto what = GENERATE(kind::write, kind::sync, kind::synced_write);
  failing_log log;
  REQUIRE_FALSE(log.commit_while_failing(what, EIO).has_value());
  log.close();
  auto old_file = std::filesystem::path{log.file()};
  std::filesystem::create_hard_link(old_file, log.path() + "/old");
  REQUIRE(renew(log.path(), {}).has_value());
  CHECK_FALSE(std::filesystem::equivalent(old_file, log.path() + "/old"));
  CHECK_FALSE(suspicion(log.path()));
  CHECK_FALSE(std::filesystem::exists(log.path() + "/renewed"));
  auto opened = lmdb_store::open(log.path());
  REQUIRE(opened.has_value());
  CHECK(recover(**opened).has_value());
  if (what != kind::synced_write) // else what was not acknowledged may be there as well
    CHECK(*digest(**opened) == log.expected());
}

TEST_CASE("a full disk at any of the log's calls changes nothing, and the same store goes on", "[log]") {
  auto what = GENERATE(kind::write, kind::sync);
  auto reason = GENERATE(ENOSPC, EDQUOT);
  failing_log log;
  auto failed = log.commit_while_failing(what, reason);
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().full);
  CHECK_FALSE(suspicion(log.path()));
  CHECK(*digest(log.store()) == log.expected());
}

// It was said to wait, and the next start found the log damaged.
TEST_CASE("a full disk at the log's first page ends its use, and the log is renewed", "[log]") {
  auto reason = GENERATE(ENOSPC, EDQUOT, EFBIG);
  failing_log log;
  auto failed = log.commit_while_failing(kind::synced_write, reason);
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().code == error_code::disk);
  CHECK_FALSE(failed.error().full);
  CHECK_THAT(failed.error().message(), Catch::Contains("make room and start again"));
  CHECK(suspicion(log.path()) == failed.error().message());
  CHECK_FALSE(log.commit_next().has_value());
  log.close();
  REQUIRE(renew(log.path(), {}).has_value());
  auto opened = lmdb_store::open(log.path());
  REQUIRE(opened.has_value());
  CHECK(recover(**opened).has_value());
}

TEST_CASE("a marked log that is damaged is refused, and stays as it is", "[log]") {
  failing_log log;
  REQUIRE_FALSE(log.commit_while_failing(kind::sync, EIO).has_value());
  log.close();
  {
    std::fstream file{log.file(), std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(0);
    file.put('x'); // the first page's number
  }
  auto renewed = renew(log.path(), {});
  REQUIRE_FALSE(renewed.has_value());
  CHECK(renewed.error().code == error_code::corrupt);
  CHECK(suspicion(log.path()));
  CHECK_FALSE(std::filesystem::exists(log.path() + "/renewed"));
}

TEST_CASE("a data directory whose log was marked says why it was copied, once", "[log]") {
  scratch_directory scratch;
  auto path = scratch / "data";
  REQUIRE(data_directory::open(path, "x", {}).has_value());
  mark_suspect(path + "/log", {error_code::disk, "cannot write to the log: input/output error", "here", {}});
  std::filesystem::create_directory(path + "/log/renewed"); // of a crash while copying
  auto first = data_directory::open(path, "x", {});
  INFO((first ? "" : first.error().message()));
  REQUIRE(first.has_value());
  REQUIRE(first->renewed_because());
  CHECK(first->renewed_because()->find("input/output error") != std::string::npos);
  { auto gone = std::move(*first); }
  auto second = data_directory::open(path, "x", {});
  REQUIRE(second.has_value());
  CHECK_FALSE(second->renewed_because());
}

TEST_CASE("a log that is removed while it is in use is an error of the disk, not a success", "[log]") {
  failing_log log;
  std::filesystem::remove(log.file());
  auto refused = log.commit_next();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == error_code::disk);
  CHECK(refused.error().message().find("removed") != std::string::npos);
}
