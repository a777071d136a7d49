#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "libstream/log/lmdb_store.hpp"
#include "libstream/log/memory_store.hpp"
#include "libstream/log/recovery.hpp"
#include "tests/unit/log/log_workload.hpp"
#include "tests/unit/log/scratch.hpp"
#include "tests/unit/log/watched_disk.hpp"

/// What a power cut may leave of the log, from a recording of all that was written to its file: what was synced is there; of the writes
/// after the last sync any may be there, whole or in parts of 512 bytes, in any order. Each such file must open, hold all that was
/// acknowledged before the cut, and nothing half.

using namespace weir;
using namespace weir::log;
using namespace weir::testing;
using kind = disk_event::kind;

namespace {

constexpr std::size_t sector = 512;

struct recording {
  std::string first; ///< the file at its beginning
  std::vector<disk_event> events;
  std::vector<std::uint64_t> states; ///< digests; [n] = after n transactions. Marks in the events: n are acknowledged
};

std::string file_bytes(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

recording record(std::uint64_t seed, std::size_t transactions) {
  scratch_directory scratch;
  REQUIRE(lmdb_store::create(scratch.path()).has_value());
  recording made;
  made.first = file_bytes(scratch / "data.mdb");
  auto store = lmdb_store::open(scratch.path());
  REQUIRE(store.has_value());
  memory_store twin; // from which the workload reads
  plain_log expected;
  log_workload workload{seed};
  watched_disk disk{scratch / "data.mdb"};
  made.states.push_back(expected.digest());
  for (std::size_t number = 1; number <= transactions; ++number) {
    auto changes = workload.next(twin);
    REQUIRE((*store)->commit(changes).has_value());
    disk.mark(number);
    REQUIRE(twin.commit(changes).has_value());
    expected.commit(changes);
    made.states.push_back(expected.digest());
  }
  REQUIRE(*digest(**store) == made.states.back());
  made.events = std::move(disk.events);
  return made;
}

void write_event(std::string& file, const disk_event& event) {
  if (event.what == kind::resize)
    file.resize(event.offset);
  if (event.what != kind::write && event.what != kind::synced_write)
    return;
  file.resize(std::max(file.size(), event.offset + event.bytes.size()));
  file.replace(event.offset, event.bytes.size(), event.bytes);
}

/// Some of its sectors.
void write_torn(std::string& file, const disk_event& event, std::mt19937_64& random) {
  for (std::size_t from = 0; from < event.bytes.size();) {
    auto to = std::min(event.bytes.size(), from + sector - (event.offset + from) % sector);
    if (random() % 2 == 0)
      write_event(file, {kind::write, event.offset + from, event.bytes.substr(from, to - from)});
    from = to;
  }
}

/// Goes through all instants of a recording and looks at what a cut then may leave behind.
class enumeration {
public:
  enumeration(const recording& what, std::uint64_t seed)
    : what_{what}, random_{seed}, last_state_{states_of(what)}, durable_{what.first} {}

  /// `subsets`: how many of each instant, besides all and none of the writes that are not synced.
  void run(std::size_t subsets, std::size_t every) {
    look(durable_);
    for (std::size_t at = 0; at < what_.events.size(); ++at) {
      take(what_.events[at]);
      if (what_.events[at].what == kind::mark)
        continue;
      if (pending_.empty())
        look(durable_);
      else if (at % every == 0)
        look_at_subsets(subsets);
    }
  }

  std::size_t images = 0;
  std::size_t newer = 0; ///< with a transaction that was not acknowledged yet
  std::vector<std::string> wrong;

private:
  static std::map<std::uint64_t, std::size_t> states_of(const recording& what) {
    std::map<std::uint64_t, std::size_t> found;
    for (std::size_t at = 0; at < what.states.size(); ++at)
      found[what.states[at]] = at;
    REQUIRE(found.size() == what.states.size());
    return found;
  }

  void take(const disk_event& event) {
    if (event.what == kind::mark) {
      acknowledged_ = event.offset;
    } else if (event.what == kind::sync) {
      for (auto& each : std::exchange(pending_, {}))
        write_event(durable_, each);
    } else {
      pending_.push_back(event);
      if (event.what == kind::synced_write) {
        look_at_subsets(2); // while it is under way
        pending_.pop_back();
        write_event(durable_, event);
      }
    }
  }

  void look_at_subsets(std::size_t subsets) {
    if (pending_.size() <= 3) {
      for (std::size_t chosen = 0; chosen < std::size_t{1} << pending_.size(); ++chosen)
        look(with([=](std::size_t at) { return (chosen >> at & 1) != 0; }));
    } else {
      look(durable_);
      look(with([](std::size_t) { return true; }));
      for (std::size_t i = 0; i < subsets; ++i)
        look(with([this](std::size_t) { return random_() % 2 == 0; }));
    }
    for (std::size_t i = 0; i < subsets; ++i)
      look(torn());
  }

  template <class Chosen>
  std::string with(Chosen chosen) {
    auto file = durable_;
    for (std::size_t at = 0; at < pending_.size(); ++at)
      if (chosen(at))
        write_event(file, pending_[at]);
    return file;
  }

  std::string torn() {
    auto file = durable_;
    for (auto& event : pending_)
      if (event.what == kind::resize)
        write_event(file, event);
      else
        write_torn(file, event, random_);
    return file;
  }

  void look(const std::string& file) {
    ++images;
    std::ofstream{scratch_ / "data.mdb", std::ios::binary | std::ios::trunc} << file;
    std::filesystem::remove(scratch_ / "lock.mdb");
    if (auto problem = problem_of_image())
      wrong.push_back("cut after " + std::to_string(acknowledged_) + " transactions: " + *problem);
  }

  std::optional<std::string> problem_of_image() {
    auto store = lmdb_store::open(scratch_.path());
    if (!store)
      return store.error().message();
    auto found = digest(**store);
    if (!found)
      return found.error().message();
    auto state = last_state_.find(*found);
    if (state == last_state_.end())
      return "holds half a transaction";
    if (state->second < acknowledged_)
      return "lost what was acknowledged: it is " + std::to_string(state->second);
    if (state->second > acknowledged_ + 1)
      return "holds what was not written yet";
    newer += state->second - acknowledged_;
    if (auto plan = recover(**store); !plan)
      return plan.error().message();
    return std::nullopt;
  }

  const recording& what_;
  std::mt19937_64 random_;
  std::map<std::uint64_t, std::size_t> last_state_;
  std::string durable_;
  std::vector<disk_event> pending_;
  std::uint64_t acknowledged_ = 0;
  scratch_directory scratch_;
};

void check_cuts(std::uint64_t seed, std::size_t transactions, std::size_t subsets, std::size_t every,
                std::size_t least_images) {
  auto what = record(seed, transactions);
  auto syncs =
    std::count_if(what.events.begin(), what.events.end(), [](auto& each) { return each.what == kind::sync; });
  CHECK(static_cast<std::size_t>(syncs) >= transactions);
  enumeration cuts{what, seed};
  cuts.run(subsets, every);
  CAPTURE(seed, cuts.images, cuts.newer);
  for (std::size_t at = 0; at < std::min<std::size_t>(cuts.wrong.size(), 5); ++at)
    UNSCOPED_INFO(cuts.wrong[at]);
  CHECK(cuts.wrong.empty());
  CHECK(cuts.images >= least_images);
  CHECK(cuts.newer > transactions / 4);
}

} // namespace

TEST_CASE("whatever a power cut leaves of the log's file holds all that was acknowledged, and nothing half", "[log]") {
  check_cuts(1, 100, 1, 4, 600);
}

TEST_CASE("whatever a power cut leaves of the log's file holds all that was acknowledged (thousands of cuts)",
          "[log][long]") {
  for (std::uint64_t seed = 2; seed <= 6; ++seed)
    check_cuts(seed, 400, 4, 1, 10'000);
}

TEST_CASE("the same look at a log that was not synced finds it broken", "[log]") {
  auto what = record(7, 60);
  for (auto& event : what.events)
    if (event.what == kind::synced_write)
      event.what = kind::write;
  std::erase_if(what.events, [](auto& event) { return event.what == kind::sync; });
  what.events.resize(std::min<std::size_t>(what.events.size(), 120));
  // In a child, as LMDB may well crash over such a file.
  CHECK(in_child([&] {
          if (!std::freopen("/dev/null", "w", stdout) || !std::freopen("/dev/null", "w", stderr))
            return 0;
          enumeration cuts{what, 7};
          cuts.run(2, 3);
          return cuts.wrong.empty() ? 0 : 1;
        }) != 0);
}
