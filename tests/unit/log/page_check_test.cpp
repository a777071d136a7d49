#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>

#include "libstream/log/lmdb_store.hpp"
#include "libstream/log/memory_store.hpp"
#include "libstream/log/page_check.hpp"
#include "libstream/log/recovery.hpp"
#include "tests/unit/log/log_workload.hpp"
#include "tests/unit/log/scratch.hpp"

using namespace weir;
using namespace weir::log;
using namespace weir::testing;

namespace {

constexpr std::size_t page_bytes = 4096;

std::string file_bytes(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
}

/// A log with some history, what it holds, and how it would go on.
struct aged_log {
  explicit aged_log(std::uint64_t seed, std::size_t transactions = 300) : workload{seed} {
    scratch_directory scratch;
    auto store = lmdb_store::create(scratch.path());
    REQUIRE(store.has_value());
    for (std::size_t number = 0; number < transactions; ++number) {
      auto changes = workload.next(twin);
      REQUIRE((*store)->commit(changes).has_value());
      REQUIRE(twin.commit(changes).has_value());
      content.commit(changes);
    }
    store->reset();
    bytes = file_bytes(scratch / "data.mdb");
  }

  log_workload workload;
  memory_store twin; ///< from which the workload reads
  plain_log content;
  std::string bytes;
};

/// Bits in the pages that hold the log's structure: the first two, those of trees, and the heads of large values.
std::vector<std::size_t> structural_bits(const std::string& file) {
  std::vector<std::size_t> bits;
  for (std::size_t page = 0; page + page_bytes <= file.size(); page += page_bytes) {
    auto kind = static_cast<unsigned char>(file[page + 10]);
    auto bytes = kind == 8 ? 168u : kind == 4 ? 16u : page_bytes;
    for (std::size_t at = 0; at < 8 * bytes; ++at)
      bits.push_back(8 * page + at);
  }
  return bits;
}

enum found { same, refused, wrong };

/// Opens, reads all, goes on writing, reads all again: the right content, or an error of the right kind.
found look(const std::string& directory, const aged_log& aged) {
  auto acceptable = [](const error& why) {
    return why.code == error_code::corrupt || why.code == error_code::disk ? refused : wrong;
  };
  auto store = lmdb_store::open(directory);
  if (!store)
    return acceptable(store.error());
  auto before = digest(**store);
  if (!before)
    return acceptable(before.error());
  if (*before != aged.content.digest())
    return wrong;
  memory_store twin{aged.twin.snapshot()};
  auto content = aged.content;
  auto workload = aged.workload;
  for (int number = 0; number < 10; ++number) {
    auto changes = workload.next(twin);
    if (auto written = (*store)->commit(changes); !written)
      return acceptable(written.error());
    if (!twin.commit(changes))
      return wrong;
    content.commit(changes);
  }
  auto after = digest(**store);
  if (!after)
    return acceptable(after.error());
  return *after == content.digest() ? same : wrong;
}

/// Flips bits, one at a time and `at_once` together. In a child, which must not crash: answers how many were refused through its exit code.
void check_flips(std::uint64_t seed, int flips, int at_once) {
  aged_log aged{seed};
  auto bits = structural_bits(aged.bytes);
  auto code = in_child([&] {
    scratch_directory scratch;
    std::mt19937_64 random{seed};
    int refusals = 0;
    for (int flip = 0; flip < flips; ++flip) {
      auto damaged = aged.bytes;
      std::size_t last = 0;
      for (int i = 0; i < at_once; ++i) {
        last = bits[random() % bits.size()];
        damaged[last / 8] = static_cast<char>(damaged[last / 8] ^ (1 << (last % 8)));
      }
      write_bytes(scratch / "data.mdb", damaged);
      std::filesystem::remove(scratch / "lock.mdb");
      auto what = look(scratch.path(), aged);
      if (what == wrong)
        std::printf("bit %zu of page %zu\n", last % (8 * page_bytes), last / 8 / page_bytes);
      if (what == wrong)
        return 1;
      refusals += what == refused ? 1 : 0;
    }
    return refusals > flips / 50 ? 0 : 2;
  });
  INFO("seed " << seed << ": 1 = wrong data, 2 = hardly anything was found, more = it ended the process");
  CHECK(code == 0);
}

} // namespace

TEST_CASE("a log passes the check of its pages at every age", "[log]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    scratch_directory scratch;
    aged_log aged{seed, seed * seed};
    write_bytes(scratch / "data.mdb", aged.bytes);
    auto checked = check_pages(scratch / "data.mdb");
    INFO((checked ? "" : checked.error().message()));
    CHECK(checked.has_value());
  }
}

TEST_CASE("a bit that flips in the structure of the log neither crashes the process nor changes what is read",
          "[log]") {
  check_flips(1, 400, 1);
  check_flips(2, 100, 3);
}

TEST_CASE("a bit that flips in the structure of the log does no harm (thousands)", "[log][long]") {
  for (std::uint64_t seed = 11; seed <= 14; ++seed)
    check_flips(seed, 5'000, 1 + static_cast<int>(seed % 2));
}

TEST_CASE("a first page that hides the last transaction is damage", "[log]") {
  aged_log aged{3};
  scratch_directory scratch;
  constexpr std::size_t transaction_at = 16 + 24 + 48 + 48 + 8;
  for (std::size_t page : {0u, 1u})
    for (unsigned bit = 0; bit < 64; ++bit) {
      auto damaged = aged.bytes;
      auto at = page * page_bytes + transaction_at + bit / 8;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << (bit % 8)));
      write_bytes(scratch / "data.mdb", damaged);
      auto opened = lmdb_store::open(scratch.path());
      INFO("bit " << bit << " of page " << page);
      REQUIRE_FALSE(opened.has_value());
      CHECK(opened.error().code == error_code::corrupt);
    }
}

TEST_CASE("a damaged page is named with its file", "[log]") {
  aged_log aged{4};
  scratch_directory scratch;
  auto bits = structural_bits(aged.bytes);
  std::size_t named = 0;
  for (std::size_t page = 2; page < aged.bytes.size() / page_bytes; ++page) {
    auto damaged = aged.bytes;
    damaged[page * page_bytes] = static_cast<char>(damaged[page * page_bytes] ^ 1); // its own number
    write_bytes(scratch / "data.mdb", damaged);
    auto checked = check_pages(scratch / "data.mdb");
    if (checked)
      continue; // a free page, or the inside of a large value
    ++named;
    CHECK(checked.error().message().find("data.mdb: ") != std::string::npos);
    CHECK(checked.error().message().find("page " + std::to_string(page)) != std::string::npos);
  }
  CHECK(named > 5);
}

TEST_CASE("a tool that looks on while a log is written finds no damage in it", "[log]") {
  scratch_directory scratch;
  REQUIRE(lmdb_store::create(scratch.path()).has_value());
  auto writer = ::fork();
  REQUIRE(writer >= 0);
  if (writer == 0) {
    memory_store twin;
    log_workload workload{5};
    auto store = lmdb_store::open(scratch.path());
    for (int number = 0; store && number < 3'000; ++number) {
      auto changes = workload.next(twin);
      if (!(*store)->commit(changes) || !twin.commit(changes))
        ::_exit(1);
    }
    ::_exit(store ? 0 : 1);
  }
  int status = 0;
  int looks = 0;
  while (::waitpid(writer, &status, WNOHANG) == 0) {
    auto view = lmdb_store::open(scratch.path(), {limits::max_log_bytes, true});
    INFO((view ? "" : view.error().message()));
    REQUIRE(view.has_value());
    REQUIRE(verify(**view, true).has_value());
    ++looks;
  }
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  CHECK(looks > 0);
}
