#include "actors/sinks/output_locks.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "actors/sinks/posix_file_system.hpp"
#include "libstream/log/data_directory.hpp"
#include "tests/unit/actors/sources/temporary_directory.hpp"

using namespace weir;
using namespace weir::actors;
using weir::testing::temporary_directory;
namespace fs = std::filesystem;

namespace {

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

/// Real files, and applications that claim one prefix there.
struct place {
  temporary_directory in;
  std::shared_ptr<file_system> files = make_posix_file_system();

  std::string at(const std::string& name) const { return in.path() + "/" + name; }
  std::vector<plan::output> outputs(const std::string& prefix = "out/w") const {
    return {{output_index{0}, "counts", true, {{plan::output_target::kind::text, at(prefix), 0}}}};
  }
  output_claims claims(const std::string& data, std::uint64_t id, const std::string& prefix = "out/w") const {
    auto where = data == no_data_directory ? data : at(data);
    return {{{outputs(prefix)[0].targets[0], {"words", "counts", id, where, 0, 0}}}, {}};
  }
  std::uint64_t make_data(const std::string& name) const {
    auto made = log::data_directory::open(at(name), "words", {});
    REQUIRE(made.has_value());
    return made->application().directory_id;
  }
  void claim(const std::string& data, std::uint64_t id) const {
    output_locks locks;
    REQUIRE(locks.take(claims(data, id)).has_value());
    REQUIRE(claim_outputs(*files, claims(data, id), {}).has_value());
  }
};

void refused(const result<void>& done, error_code code, const std::vector<std::string>& mentions) {
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().code == code);
  for (auto& words : mentions) {
    INFO(done.error().message());
    CHECK(done.error().message().find(words) != std::string::npos);
  }
}

} // namespace

TEST_CASE("a name that is too long for the disk is called so by whatever would make the file", "[outputs]") {
  place here;
  auto length = GENERATE(240, 250, 256);
  auto name = std::string(static_cast<std::size_t>(length), 'x');
  auto claims = here.claims(no_data_directory, 1, "out/" + name);
  output_locks locks;
  auto made = locks.take(claims);
  if (made)
    made = claim_outputs(*here.files, claims, {});
  if (made)
    made = here.files->write(here.at("out/." + name + "-1700000000000.tmp"), "x");
  refused(made, error_code::disk, {"File name too long", "choose a shorter name"});
}

TEST_CASE("a prefix that a running application has is refused to every other until that one ends", "[outputs]") {
  place here;
  auto data = GENERATE(std::string{"data"}, std::string{no_data_directory});
  {
    output_locks first;
    REQUIRE(first.take(here.claims(data, 1)).has_value());
    REQUIRE(first.take(here.claims(data, 1)).has_value()); // it has it already
    REQUIRE(claim_outputs(*here.files, here.claims(data, 1), {}).has_value());
    output_locks second;
    refused(second.take(here.claims(data, 2)), error_code::configuration,
            {"text:" + here.at("out/w"), "another application that is running", ".w.weir.lock"});
    refused(second.take_marked(here.outputs()), error_code::configuration, {"text:" + here.at("out/w")});
    fs::create_directory_symlink(here.at("out"), here.at("link"));
    refused(second.take(here.claims(data, 2, "link/w")), error_code::configuration, {"link/w"});
    CHECK(second.take(here.claims(data, 2, "out/other")).has_value());
  }
  output_locks next;
  CHECK(next.take_marked(here.outputs()).has_value());
}

TEST_CASE("nothing is made beside a prefix that nobody has marked before its start is accepted", "[outputs]") {
  place here;
  output_locks locks;
  REQUIRE(locks.take_marked(here.outputs()).has_value());
  CHECK(fs::is_empty(here.in.path()));
}

TEST_CASE("a link or a pipe in the place of the lock is refused with its name and left alone", "[outputs]") {
  place here;
  fs::create_directory(here.at("out"));
  output_locks locks;
  SECTION("link") { fs::create_symlink(here.in.write("precious", "mine"), here.at("out/.w.weir.lock")); }
  SECTION("pipe") { REQUIRE(::mkfifo(here.at("out/.w.weir.lock").c_str(), 0600) == 0); }
  refused(locks.take(here.claims("data", 1)), error_code::disk, {"out/.w.weir.lock"});
  if (fs::exists(here.at("precious")))
    CHECK(text_of(here.at("precious")) == "mine");
}

TEST_CASE("a copy of a data directory does not get the outputs while the original is there; a moved one does",
          "[outputs]") {
  place here;
  auto id = here.make_data("data");
  here.claim("data", id);
  output_locks locks;
  auto origin = [&](const std::string& data) { return locks.check_origin(*here.files, here.claims(data, id)); };
  SECTION("the same directory, also by another path") {
    REQUIRE(locks.take_marked(here.outputs()).has_value());
    CHECK(origin("data").has_value());
    fs::create_directory_symlink(here.at("data"), here.at("same"));
    CHECK(origin("same").has_value());
  }
  SECTION("a copy") {
    fs::copy(here.at("data"), here.at("data2"), fs::copy_options::recursive);
    REQUIRE(locks.take_marked(here.outputs()).has_value());
    refused(origin("data2"), error_code::configuration,
            {"text:" + here.at("out/w"), here.at("data2"), "copy", "--after-restore"});
    fs::remove_all(here.at("data"));
    CHECK(origin("data2").has_value());
  }
  SECTION("moved, and another in its place") {
    fs::rename(here.at("data"), here.at("data2"));
    here.make_data("data");
    REQUIRE(locks.take_marked(here.outputs()).has_value());
    CHECK(origin("data2").has_value());
  }
  SECTION("a copy with a copy of the outputs") {
    fs::copy(here.at("data"), here.at("data2"), fs::copy_options::recursive);
    fs::copy(here.at("out"), here.at("out2"), fs::copy_options::recursive);
    REQUIRE(locks.take_marked(here.outputs("out2/w")).has_value());
    CHECK(locks.check_origin(*here.files, here.claims("data2", id, "out2/w")).has_value());
  }
}

TEST_CASE("a file is never written through a link that lies in its place", "[outputs]") {
  place here;
  auto precious = here.in.write("precious", "mine");
  fs::create_symlink(precious, here.at(".w.weir.tmp"));
  REQUIRE(write_mark(*here.files, here.at(".w.weir"), {"words", "counts", 1, "/data", 0, 0}).has_value());
  CHECK(text_of(precious) == "mine");
  CHECK_FALSE(fs::is_symlink(here.at(".w.weir")));
  CHECK(read_mark(*here.files, here.at(".w.weir")).value().value().owner == 1);
  REQUIRE(here.files->write(here.at("again"), "long text").has_value());
  REQUIRE(here.files->write(here.at("again"), "short").has_value());
  CHECK(text_of(here.at("again")) == "short");
}

TEST_CASE("a pipe in the place of the owner's file is an error that names it instead of a wait", "[outputs]") {
  place here;
  REQUIRE(::mkfifo(here.at(".w.weir").c_str(), 0600) == 0);
  auto mark = read_mark(*here.files, here.at(".w.weir"));
  REQUIRE_FALSE(mark.has_value());
  CHECK(mark.error().code == error_code::disk);
  CHECK(mark.error().message().find(".w.weir") != std::string::npos);
}

TEST_CASE("an output directory that a file has replaced is named as a file", "[outputs]") {
  place here;
  here.in.write("out", "text");
  refused(here.files->remove_all(here.at("out/.w-100.tmp")), error_code::disk,
          {here.at("out") + ": ", "the output directory is a file now"});
  refused(here.files->write(here.at("out/.w.weir.tmp"), "x"), error_code::disk, {"the output directory is a file now"});
}
