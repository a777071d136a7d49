#include <filesystem>

#include <catch2/catch.hpp>

#include "tests/process/harness.hpp"

namespace {

using namespace weir::process;
namespace fs = std::filesystem;

fs::path tree() { return fs::absolute(fs::path{__FILE__}.parent_path() / "../..").lexically_normal(); }

/// The folder in which the programs under test were built.
fs::path build_folder() { return fs::absolute(program("word-count")).parent_path().parent_path(); }

void must_run(const std::vector<std::string>& arguments) {
  auto end = run(arguments, {}, 8 * patience);
  INFO(end.output);
  INFO(end.errors);
  REQUIRE(end.code == 0);
}

} // namespace

TEST_CASE("a project of its own finds the installed package, builds against it, and its tests pass", "[install]") {
  REQUIRE(fs::exists(build_folder() / "cmake_install.cmake"));
  auto directory = fresh_directory();
  auto prefix = fs::absolute(directory / "prefix").string();
  auto build = fs::absolute(directory / "build").string();
  must_run({"cmake", "--install", build_folder(), "--prefix", prefix});
  must_run({"cmake", "-S", tree() / "apps/examples/10-own-project", "-B", build, "-G", "Ninja",
            "-DCMAKE_PREFIX_PATH=" + prefix, "-DCMAKE_CXX_FLAGS=-O0"});
  must_run({"cmake", "--build", build});
  must_run({"ctest", "--test-dir", build, "--output-on-failure", "--no-tests=error"});

  fs::create_directory(directory / "visits");
  write_file(directory / "visits/monday.txt", "ann / 120\nbob / 80\nwhat?\n");
  auto end = run({build + "/page-visits", "--input", "file:" + fs::absolute(directory / "visits").string(),
                  "--data-dir", "none", "--stop-when-idle=300ms"});
  INFO(end.errors);
  CHECK(end.code == 0);
  CHECK_THAT(end.output, Catch::Contains("/\t2 visits, 200 ms\n"));
  CHECK(run({prefix + "/bin/weir", "--version"}).code == 0);
}

TEST_CASE("the installed package names the component that it does not have", "[install]") {
  auto directory = fresh_directory();
  auto prefix = fs::absolute(directory / "prefix").string();
  must_run({"cmake", "--install", build_folder(), "--prefix", prefix});
  fs::create_directory(directory / "project");
  write_file(directory / "project/CMakeLists.txt",
             "cmake_minimum_required(VERSION 3.25)\nproject(other LANGUAGES CXX)\n"
             "find_package(weir REQUIRED COMPONENTS stream)\n"
             "if(TARGET weir::weir OR NOT TARGET weir::stream)\n"
             "  message(FATAL_ERROR \"asked for weir::stream alone\")\n"
             "endif()\n"
             "find_package(weir REQUIRED COMPONENTS streams)\n");
  auto end = run(
    {"cmake", "-S", directory / "project", "-B", directory / "build", "-G", "Ninja", "-DCMAKE_PREFIX_PATH=" + prefix});
  CHECK(end.code != 0);
  CHECK_THAT(end.errors, Catch::Contains("weir has no component \"streams\""));
}

TEST_CASE("the installed programs run from where they are, the demo and all examples among them", "[install]") {
  auto directory = fresh_directory();
  auto prefix = fs::absolute(directory / "prefix").string();
  must_run({"cmake", "--install", build_folder(), "--prefix", prefix});
  must_run({prefix + "/bin/weir", "demo", "--seconds", "5"});
  auto count = 0;
  for (auto& example : fs::directory_iterator{prefix + "/libexec/weir/examples"}) {
    auto help = run({example.path().string(), "--help"}); // two are plain programs, which only know how they are called
    INFO(example.path() << ": " << help.errors);
    CHECK((help.code == 0 || (help.code == 64 && help.errors.starts_with("usage: "))));
    ++count;
  }
  CHECK(count >= 13);
  CHECK(fs::exists(prefix + "/share/doc/weir/examples/10-own-project/CMakeLists.txt"));
  auto end = run({prefix + "/libexec/weir/examples/02-own-actor-system", "--data-dir", "none"});
  INFO(end.errors);
  CHECK(end.code == 0);
  CHECK_THAT(end.output, Catch::Contains("be\t"));
}

TEST_CASE("an outside project includes every public header and brings a struct, a receiver, actors and a supervisor",
          "[install][long]") {
  auto directory = fresh_directory();
  auto prefix = fs::absolute(directory / "prefix").string();
  auto build = fs::absolute(directory / "build").string();
  must_run({"cmake", "--install", build_folder(), "--prefix", prefix});
  must_run({"cmake", "-S", tree() / "tests/outside", "-B", build, "-G", "Ninja", "-DCMAKE_PREFIX_PATH=" + prefix,
            "-DCMAKE_CXX_FLAGS=-O0"});
  must_run({"cmake", "--build", build});
  auto flags = read_file(build + "/build.ninja");
  CHECK_THAT(flags, !Catch::Contains("-msse") && !Catch::Contains("-march") && !Catch::Contains("-mavx"));
  auto end = run({build + "/outside", "--data-dir", "none", "--batch-interval", "20ms"});
  INFO(end.errors);
  CHECK(end.code == 0);
  CHECK_THAT(end.output, Catch::Contains("/ 150\n/prices 80\n") && Catch::Contains("hello\n"));
}
