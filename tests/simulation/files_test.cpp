#include "actors/simulation/simulated_files.hpp"

#include <catch2/catch.hpp>
#include <set>

using weir::actors::simulation::chance;
using weir::actors::simulation::simulated_files;

namespace {

/// How often each content of /a/f is seen after a power failure, over some seeds; "gone" if there is no file.
template <class Prepare>
std::set<std::string> after_power_failures(Prepare prepare) {
  std::set<std::string> found;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    simulated_files files;
    prepare(files);
    chance random{seed};
    files.fail_power(random);
    auto directories = files.directories_in("/");
    auto& in_a = directories["a"];
    auto entry = in_a.find("f");
    found.insert(entry == in_a.end() ? "gone" : entry->second ? *entry->second : "");
  }
  return found;
}

} // namespace

TEST_CASE("a power failure loses nothing that was synced", "[simulation]") {
  CHECK(after_power_failures([](simulated_files& files) {
          REQUIRE(files.make_directories("/a"));
          REQUIRE(files.write("/a/f", "new"));
          REQUIRE(files.sync({"/a/f", "/a", "/"}));
        }) == std::set<std::string>{"new"});
}

TEST_CASE("a power failure may lose an entry, or bytes, that were not synced", "[simulation]") {
  auto without_sync = after_power_failures([](simulated_files& files) {
    REQUIRE(files.make_directories("/a"));
    REQUIRE(files.sync({"/"}));
    REQUIRE(files.write("/a/f", "new"));
  });
  CHECK(without_sync.count("gone") == 1);
  CHECK(without_sync.count("") == 1);
  CHECK(without_sync.count("new") == 1);
}

TEST_CASE("a rename survives a power failure as a whole or not at all", "[simulation]") {
  auto renamed = after_power_failures([](simulated_files& files) {
    REQUIRE(files.make_directories("/b"));
    REQUIRE(files.write("/b/f", "new"));
    REQUIRE(files.sync({"/b/f", "/b", "/"}));
    REQUIRE(files.rename("/b", "/a"));
  });
  CHECK(renamed == std::set<std::string>{"gone", "new"});
}
