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

TEST_CASE("a file system tells which directories a reader may see otherwise than before", "[simulation]") {
  using names = std::set<std::string>;
  simulated_files files;
  REQUIRE(files.make_directories("/a/b"));
  CHECK(files.take_changes().directories == names{"/a", "/a/b"});
  CHECK(files.take_changes().none());
  REQUIRE(files.write("/a/b/f", "1"));
  CHECK(files.take_changes().directories == names{"/a/b"});
  REQUIRE(files.write("/a//b/f", "2"));
  CHECK(files.take_changes().directories == names{"/a/b"});
  CHECK(files.files_in("/a/b")->size() == 1);
  REQUIRE(files.rename("/a/b", "/a/c"));
  CHECK(files.take_changes().directories == names{"/a/b", "/a/c"});
  CHECK_FALSE(files.files_in("/a/b"));
  REQUIRE(files.remove_all("/a/c"));
  CHECK(files.take_changes().directories == names{"/a/c"});
  REQUIRE(files.sync({"/a"}));
  REQUIRE(files.remove_all("/a/never"));
  CHECK(files.take_changes().none());
  REQUIRE(files.make_directories("/x/y"));
  files.take_changes();
  SECTION("of a directory with directories it says that anything may have changed") {
    REQUIRE(files.rename("/x", "/z"));
    CHECK(files.take_changes().anything);
  }
  SECTION("of a power failure too") {
    chance random{1};
    files.fail_power(random);
    CHECK(files.take_changes().anything);
  }
  SECTION("a full disk leaves a part of a file") {
    files.full_when([](const std::string&) { return true; });
    CHECK_FALSE(files.write("/x/y/f", "12"));
    CHECK(files.take_changes().directories == names{"/x/y"});
  }
}
