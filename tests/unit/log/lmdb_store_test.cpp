#include <catch2/catch.hpp>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <lmdb.h>
#include <random>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "libstream/log/keys.hpp"
#include "libstream/log/lmdb_store.hpp"
#include "libstream/log/recovery.hpp"
#include "libstream/log/renewal.hpp"
#include "tests/skip.hpp"
#include "tests/unit/log/scratch.hpp"

using namespace weir;
using namespace weir::log;

namespace {

std::string block(std::uint64_t sequence) { return block_key({input_id{1}, epoch{1}, block_sequence{sequence}}); }

std::string payload_of(std::uint64_t sequence, std::size_t bytes) {
  return std::string(bytes, static_cast<char>('a' + sequence % 26));
}

result<void> put_block(store& in, std::uint64_t sequence, std::size_t bytes) {
  auto payload = payload_of(sequence, bytes);
  transaction changes;
  changes.put(table::blocks, block(sequence), "header", payload);
  return in.commit(changes);
}

std::shared_ptr<lmdb_store> must(result<std::shared_ptr<lmdb_store>> made) {
  if (!made)
    FAIL(made.error().message());
  return *made;
}

} // namespace

TEST_CASE("what was committed is there after the log is opened again", "[log]") {
  testing::scratch_directory scratch;
  {
    auto store = must(lmdb_store::create(scratch.path()));
    REQUIRE(put_block(*store, 1, 300'000).has_value());
  }
  auto store = must(lmdb_store::open(scratch.path()));
  auto value = store->get(table::blocks, block(1));
  REQUIRE((value.has_value() && value->has_value()));
  CHECK((*value)->payload == payload_of(1, 300'000));
}

TEST_CASE("tables that a later format has brought are empty in an older log, and are made when that is asked for",
          "[log]") {
  testing::scratch_directory scratch;
  lmdb_options before_the_first; // so that all tables are of a later format
  before_the_first.format = 0;
  must(lmdb_store::create(scratch.path(), before_the_first));
  {
    auto older = must(lmdb_store::open(scratch.path(), before_the_first));
    CHECK(*verify(*older, true) == 0);
    CHECK_FALSE(older->get(table::blocks, block(1))->has_value());
    CHECK(older->require_tables(0).has_value());
    CHECK(older->require_tables(1).error().message().find("no table \"meta\"") != std::string::npos);
    auto refused = put_block(*older, 1, 10);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == error_code::corrupt);
    CHECK(refused.error().message().find("no table \"blocks\"") != std::string::npos);
  }
  {
    auto lacking = lmdb_store::open(scratch.path()); // of a log that should have them
    REQUIRE_FALSE(lacking.has_value());
    CHECK(lacking.error().code == error_code::corrupt);
  }
  {
    auto adding = before_the_first;
    adding.add_tables = true;
    auto newer = must(lmdb_store::open(scratch.path(), adding));
    CHECK(newer->require_tables(1).has_value());
    REQUIRE(put_block(*newer, 1, 10).has_value());
  }
  CHECK(*verify(*must(lmdb_store::open(scratch.path())), true) == 1);
}

TEST_CASE("a missing log and one without its tables are refused as corrupt", "[log]") {
  testing::scratch_directory scratch;
  auto absent = lmdb_store::open(scratch.path());
  REQUIRE_FALSE(absent.has_value());
  CHECK(absent.error().code == error_code::corrupt);
  CHECK(absent.error().message().find("data.mdb") != std::string::npos);

  SECTION("an environment of someone else") {
    MDB_env* environment = nullptr;
    MDB_txn* txn = nullptr;
    MDB_dbi dbi = 0;
    REQUIRE(mdb_env_create(&environment) == 0);
    mdb_env_set_maxdbs(environment, 1);
    REQUIRE(mdb_env_open(environment, scratch.path().c_str(), 0, 0644) == 0);
    REQUIRE(mdb_txn_begin(environment, nullptr, 0, &txn) == 0);
    REQUIRE(mdb_dbi_open(txn, "meta", MDB_CREATE, &dbi) == 0);
    REQUIRE(mdb_txn_commit(txn) == 0);
    mdb_env_close(environment);
    auto foreign = lmdb_store::open(scratch.path());
    REQUIRE_FALSE(foreign.has_value());
    CHECK(foreign.error().code == error_code::corrupt);
    CHECK(foreign.error().message().find("\"inputs\"") != std::string::npos);
  }
  SECTION("an empty file") {
    std::ofstream{scratch / "data.mdb"};
    for (bool read_only : {false, true}) {
      auto empty = lmdb_store::open(scratch.path(), {limits::max_log_bytes, read_only});
      REQUIRE_FALSE(empty.has_value());
      CHECK(empty.error().code == error_code::corrupt);
    }
  }
  SECTION("a file of another kind") {
    std::ofstream{scratch / "data.mdb"} << std::string(100'000, 'x');
    auto foreign = lmdb_store::open(scratch.path());
    REQUIRE_FALSE(foreign.has_value());
    CHECK(foreign.error().code == error_code::corrupt);
  }
}

TEST_CASE("one process opens a log once, and again after closing it", "[log]") {
  testing::scratch_directory scratch;
  auto first = must(lmdb_store::create(scratch.path()));
  CHECK_FALSE(lmdb_store::open(scratch.path()).has_value());
  first.reset();
  CHECK(lmdb_store::open(scratch.path()).has_value());
}

TEST_CASE("no file of the log is inherited by a started program", "[log]") {
  testing::scratch_directory scratch;
  auto store = must(lmdb_store::create(scratch.path()));
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
    std::error_code gone;
    auto target = std::filesystem::read_symlink(entry.path(), gone).string();
    if (gone || !target.starts_with(scratch.path()) || target == scratch.path())
      continue;
    ++found;
    INFO(target);
    CHECK((::fcntl(std::stoi(entry.path().filename()), F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(found >= 2);
}

TEST_CASE("a full map refuses, names its setting, and takes more once something was erased", "[log]") {
  testing::scratch_directory scratch;
  auto store = must(lmdb_store::create(scratch.path(), {4 * limits::mib, false}));
  std::uint64_t sequence = 0;
  result<void> outcome;
  while (outcome && sequence < 1000)
    outcome = put_block(*store, ++sequence, 200'000);
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error().code == error_code::disk);
  CHECK(outcome.error().message().find("log.limit") != std::string::npos);
  CHECK(outcome.error().full);
  auto refused = store->get(table::blocks, block(sequence));
  REQUIRE(refused.has_value());
  CHECK_FALSE(refused->has_value());

  transaction erasing;
  auto range = blocks_of_epoch(input_id{1}, epoch{1});
  erasing.erase_range(table::blocks, range.from, range.until);
  REQUIRE(store->commit(erasing).has_value());
  // LMDB keeps what a commit freed for one more, so that the commit before stays whole.
  REQUIRE(put_block(*store, sequence, 1).has_value());
  CHECK(put_block(*store, sequence, 200'000).has_value());
}

TEST_CASE("a log whose directory was moved away takes nothing more, says where it is, and goes on where it was",
          "[log]") {
  testing::scratch_directory scratch;
  auto place = scratch / "data", elsewhere = scratch / "moved";
  std::filesystem::create_directory(place);
  auto store = must(lmdb_store::create(place));
  REQUIRE(put_block(*store, 1, 1000).has_value());
  std::filesystem::rename(place, elsewhere);
  auto another = GENERATE(false, true);
  if (another) {
    std::filesystem::create_directory(place);
    std::ofstream{place + "/data.mdb"} << "of another application";
  }
  auto refused = put_block(*store, 2, 1000);
  REQUIRE_FALSE(refused.has_value());
  auto message = refused.error().message();
  CHECK(refused.error().code == error_code::disk);
  CHECK_FALSE(refused.error().full); // waiting does not help
  CHECK_THAT(message, Catch::StartsWith(place + "/data.mdb: the log was moved away while it was in use"));
  CHECK_THAT(message, Catch::Contains("it is now " + elsewhere + "/data.mdb") &&
                        Catch::Contains("put the data directory back to where it was"));
  CHECK((message.find("another one lies in its place") != std::string::npos) == another);
  std::filesystem::remove_all(place);
  std::filesystem::rename(elsewhere, place);
  CHECK(put_block(*store, 2, 1000).has_value());
  store.reset();
  store = must(lmdb_store::open(place));
  for (auto sequence : {1, 2})
    CHECK(store->get(table::blocks, block(static_cast<std::uint64_t>(sequence)))->has_value());
}

TEST_CASE("blocks that come and go keep the file bounded", "[log]") {
  testing::scratch_directory scratch;
  auto store = must(lmdb_store::create(scratch.path()));
  constexpr std::uint64_t kept = 16;
  constexpr std::size_t bytes = 16'384;
  for (std::uint64_t sequence = 1; sequence <= 4000; ++sequence) {
    auto payload = payload_of(sequence, bytes + 1000 * (sequence % 7));
    transaction changes;
    changes.put(table::blocks, block(sequence), "header", payload);
    if (sequence > kept)
      changes.erase_range(table::blocks, block(0), block(sequence - kept + 1));
    REQUIRE(store->commit(changes).has_value());
    if (sequence % 10 == 0) { // a short reader now and then, as block store and sinks are
      auto read = store->get(table::blocks, block(sequence));
      REQUIRE((read.has_value() && read->has_value()));
    }
  }
  CHECK(store->size_bytes() < 4 * kept * (bytes + 7000));
  CHECK(*verify(*store, true) == kept);
}

TEST_CASE("another process looks on while one writes, and sees one instant", "[log]") {
  testing::scratch_directory scratch;
  must(lmdb_store::create(scratch.path())).reset();
  int to_reader[2], to_writer[2];
  REQUIRE((::pipe(to_reader) == 0 && ::pipe(to_writer) == 0));
  auto writer = ::fork();
  REQUIRE(writer >= 0);
  if (writer == 0) {
    char turn = 0;
    auto store = lmdb_store::open(scratch.path());
    bool good = store && put_block(**store, 1, 100'000);
    good = ::write(to_reader[1], &turn, 1) == 1 && ::read(to_writer[0], &turn, 1) == 1 && good;
    good = good && put_block(**store, 2, 100'000);
    good = ::write(to_reader[1], &turn, 1) == 1 && ::read(to_writer[0], &turn, 1) == 1 && good;
    ::_exit(good ? 0 : 1);
  }
  char turn = 0;
  REQUIRE(::read(to_reader[0], &turn, 1) == 1);
  {
    auto view = must(lmdb_store::open(scratch.path(), {limits::max_log_bytes, true}));
    CHECK(*verify(*view, true) == 1);
    CHECK_FALSE(view->commit(transaction{}).has_value());
    REQUIRE(::write(to_writer[1], &turn, 1) == 1);
    REQUIRE(::read(to_reader[0], &turn, 1) == 1);
    CHECK(*verify(*view, true) == 1);
  }
  CHECK(*verify(*must(lmdb_store::open(scratch.path(), {limits::max_log_bytes, true})), true) == 2);
  REQUIRE(::write(to_writer[1], &turn, 1) == 1);
  int status = 0;
  REQUIRE(::waitpid(writer, &status, 0) == writer);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  for (int descriptor : {to_reader[0], to_reader[1], to_writer[0], to_writer[1]})
    ::close(descriptor);
}

namespace {

constexpr std::uint64_t flip_blocks = 40;

std::size_t bytes_of(std::uint64_t sequence) { return sequence % 3 == 0 ? 100 : 5000 * (sequence % 5 + 1); }

void flip(const std::string& file, std::uint64_t bit) {
  std::fstream stream{file, std::ios::in | std::ios::out | std::ios::binary};
  stream.seekg(static_cast<std::streamoff>(bit / 8));
  auto byte = static_cast<char>(stream.get());
  stream.seekp(static_cast<std::streamoff>(bit / 8));
  stream.put(static_cast<char>(byte ^ (1 << (bit % 8))));
}

enum flip_outcome { harmless = 0, detected = 1, wrong = 2 };

/// Opens the log as a start does (every table walked), then reads every block by its key.
flip_outcome read_flipped(const std::string& directory) {
  auto store = lmdb_store::open(directory);
  if (!store || !verify(**store, false))
    return detected;
  bool found_damage = false;
  for (std::uint64_t sequence = 1; sequence <= flip_blocks; ++sequence) {
    auto value = (*store)->get(table::blocks, block(sequence));
    if (!value)
      found_damage = true;
    else if (!*value || (*value)->record != "header" || (*value)->payload != payload_of(sequence, bytes_of(sequence)))
      return wrong;
  }
  return found_damage ? detected : harmless;
}

} // namespace

TEST_CASE("a bit that flips in the file is never read as data", "[log]") {
  testing::scratch_directory scratch;
  {
    auto store = must(lmdb_store::create(scratch.path()));
    for (std::uint64_t sequence = 1; sequence <= flip_blocks; ++sequence)
      REQUIRE(put_block(*store, sequence, bytes_of(sequence)).has_value());
  }
  auto file = scratch / "data.mdb";
  auto bits = 8 * std::filesystem::file_size(file);
  std::mt19937_64 random{42};
  int counts[3] = {0, 0, 0};
  int stopped = 0;
  // In children, since damage in LMDB's own pages may also end a process: that is a stop too, never wrong data.
  constexpr int flips = 200;
  for (int i = 0; i < flips; ++i) {
    auto bit = random() % bits;
    auto copy = scratch / "copy";
    std::filesystem::create_directory(copy);
    std::filesystem::copy_file(file, copy + "/data.mdb", std::filesystem::copy_options::overwrite_existing);
    flip(copy + "/data.mdb", bit);
    auto code = testing::in_child([&] {
      std::fclose(stderr);
      return static_cast<int>(read_flipped(copy));
    });
    INFO("bit " << bit);
    REQUIRE(code != wrong);
    if (code <= wrong)
      ++counts[code];
    else
      ++stopped;
    std::filesystem::remove_all(copy);
  }
  WARN(flips << " flipped bits: " << counts[detected] << " detected, " << counts[harmless] << " in unused space, "
             << stopped << " stopped the process");
  CHECK(counts[detected] > flips / 2);
}

TEST_CASE("a file that was cut off is found as damage", "[log]") {
  testing::scratch_directory scratch;
  {
    auto store = must(lmdb_store::create(scratch.path()));
    for (std::uint64_t sequence = 1; sequence <= flip_blocks; ++sequence)
      REQUIRE(put_block(*store, sequence, bytes_of(sequence)).has_value());
  }
  auto file = scratch / "data.mdb";
  for (auto part : {2, 3, 10}) {
    std::filesystem::resize_file(file, std::filesystem::file_size(file) / part * (part - 1));
    CHECK(testing::in_child([&] { return static_cast<int>(read_flipped(scratch.path())); }) == detected);
  }
}

TEST_CASE("the lock file has the size that LMDB itself would give it", "[log]") {
  testing::scratch_directory scratch;
  auto lock = scratch / "lock.mdb";
  REQUIRE(lmdb_store::create(scratch.path()).has_value());
  auto ours = std::filesystem::file_size(lock);
  std::filesystem::remove(lock);
  lmdb_options looking_on;
  looking_on.read_only = true;
  REQUIRE(lmdb_store::open(scratch.path(), looking_on).has_value());
  CHECK(std::filesystem::file_size(lock) == ours);
}

// It ended the process with SIGBUS.
TEST_CASE("a full disk without room for the lock file is an error, and with room the log opens", "[log]") {
  testing::scratch_directory scratch;
  if (::mount("tmpfs", scratch.path().c_str(), "tmpfs", 0, "size=1m") != 0) {
    weir::testing::skip("mounting a small tmpfs needs root and CAP_SYS_ADMIN");
    return;
  }
  static_cast<void>(must(lmdb_store::create(scratch.path())));
  std::filesystem::remove(scratch / "lock.mdb");
  std::ofstream{scratch / "filler"} << std::string(2 * limits::mib, 'x');
  auto refused = testing::in_child([&] {
    auto opened = lmdb_store::open(scratch.path());
    return !opened && opened.error().full ? 7 : 8;
  });
  std::filesystem::remove(scratch / "filler");
  auto opened = testing::in_child([&] { return lmdb_store::open(scratch.path()).has_value() ? 7 : 8; });
  ::umount2(scratch.path().c_str(), MNT_DETACH);
  CHECK(refused == 7);
  CHECK(opened == 7);
}

TEST_CASE("a full disk is called by its name, nothing of the transaction stays, and with room the same store goes on",
          "[log]") {
  testing::scratch_directory scratch;
  if (::mount("tmpfs", scratch.path().c_str(), "tmpfs", 0, "size=4m") != 0) {
    weir::testing::skip("mounting a small tmpfs needs root and CAP_SYS_ADMIN");
    return;
  }
  std::uint64_t sequence = 0;
  result<void> outcome;
  result<void> small, later;
  {
    auto store = must(lmdb_store::create(scratch.path()));
    std::ofstream{scratch / "filler"} << std::string(2 * limits::mib, 'x');
    while (outcome && sequence < 1000)
      outcome = put_block(*store, ++sequence, 200'000);
    std::filesystem::remove(scratch / "filler");
    small = put_block(*store, sequence, 1000);
    later = put_block(*store, sequence + 1, 200'000);
  }
  std::uint64_t kept = 0;
  if (auto store = lmdb_store::open(scratch.path()))
    kept = *verify(**store, true);
  auto suspect = suspicion(scratch.path());
  ::umount2(scratch.path().c_str(), MNT_DETACH);
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error().code == error_code::disk);
  CHECK(outcome.error().full);
  CHECK(outcome.error().message().find("no space left") != std::string::npos);
  CHECK(small.has_value());
  CHECK(later.has_value());
  CHECK(kept == sequence + 1);
  CHECK_FALSE(suspect);
}

TEST_CASE("a file that may not grow further is a full disk that names the limit, and goes on when it may", "[log]") {
  testing::scratch_directory scratch;
  std::signal(SIGXFSZ, SIG_IGN);
  std::uint64_t sequence = 0;
  result<void> outcome;
  auto store = must(lmdb_store::create(scratch.path()));
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  auto few = before;
  few.rlim_cur = 3 * limits::mib + 100; // in the middle of a page
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &few) == 0);
  while (outcome && sequence < 1000)
    outcome = put_block(*store, ++sequence, 200'000);
  ::setrlimit(RLIMIT_FSIZE, &before);
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error().full);
  CHECK_THAT(outcome.error().message(),
             Catch::Contains("the limit of a file's size is reached") && Catch::Contains("ulimit -f"));
  CHECK(put_block(*store, sequence, 200'000).has_value());
  CHECK(*verify(*store, true) == sequence);
}
