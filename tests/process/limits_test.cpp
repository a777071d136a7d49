// What a program says when the system gives it little: a sentence and an exit code of the contract, never a signal and never silence.
#include <algorithm>
#include <filesystem>
#include <set>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/process/examples.hpp"
#include "tests/process/harness.hpp"
#include "tests/skip.hpp"

namespace {

using namespace weir::process;
namespace fs = std::filesystem;

/// Runs `arguments` under what `ulimit` says, as somebody who is not root when `as_nobody`.
finished run_under(const std::string& limit, const std::vector<std::string>& arguments, bool as_nobody = false) {
  std::vector<std::string> all;
  if (as_nobody && ::geteuid() == 0)
    all = {"setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups"};
  for (auto& word : {"bash", "-c"}) // whose ulimit knows -u
    all.push_back(word);
  all.push_back("ulimit " + limit + " && exec \"$0\" \"$@\"");
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run(std::move(all));
}

/// One of the contract, with a sentence that says what was refused if it is not 0.
void ends_in_order(const finished& end, const std::string& words) {
  INFO("exit " << end.code << "\n" << end.errors);
  if (end.code == 127 && end.errors.find("error while loading shared libraries") != std::string::npos)
    return; // the program was not even begun
  CHECK(std::set<int>{0, 1, 74, 78}.contains(end.code));
  CHECK_THAT(end.errors, !Catch::Contains("terminate called"));
  if (end.code != 0)
    CHECK_THAT(end.errors, Catch::Contains(words));
}

/// Three files of words in `directory`/in, which everybody may read, and a place where everybody may write.
void prepare(const weir::tool::temporary_directory& directory) {
  fs::permissions(directory.path(), fs::perms::all);
  fs::create_directory(directory / "in");
  for (auto name : {"a", "b", "c"})
    write_file(directory / "in/" + name, "to be or not to be\n");
}

std::vector<std::string> counting(const weir::tool::temporary_directory& directory) {
  return word_count(directory, {"--input", "file://" + directory / "in", "--executors", "2", "--stop-when-idle=50ms",
                                "--set", "file.settle=0ms", "--set", "graceful_stop.limit=500ms"});
}

/// Every run has a data directory of its own.
void start_anew(const weir::tool::temporary_directory& directory) {
  for (auto name : {"data", "out"})
    fs::remove_all(directory / name);
}

void all_is_counted(const finished& end, const weir::tool::temporary_directory& directory) {
  if (end.code == 0)
    check_counts(directory, {directory / "in/a", directory / "in/b", directory / "in/c"});
}

} // namespace

TEST_CASE("with few descriptors a program does all of its work, or says that it may open too few files", "[limits]") {
  auto directory = fresh_directory();
  prepare(directory);
  for (auto files : {4, 6, 8, 10, 12, 14, 15, 16, 20, 24, 28, 40}) {
    INFO("open files: " << files);
    start_anew(directory);
    auto end = run_under("-n " + std::to_string(files), counting(directory));
    ends_in_order(end, "ulimit -n");
    all_is_counted(end, directory);
    if (end.code == 78)
      CHECK_FALSE(fs::exists(directory / "data")); // refused before anything was written
  }
}

TEST_CASE("a port is not said to be ready where descriptors are too few to serve anybody", "[limits]") {
  auto directory = fresh_directory();
  for (auto files : {10, 15, 20, 32}) {
    auto end = run_under("-n " + std::to_string(files), word_count(directory, {"--input", "weir://127.0.0.1:0"}));
    ends_in_order(end, "ulimit -n");
    CHECK(end.code == 78);
    CHECK_THAT(end.errors, !Catch::Contains("ready"));
  }
}

TEST_CASE("with few processes a program does all of its work, or says that a thread is refused", "[limits]") {
  auto directory = fresh_directory();
  prepare(directory);
  if (run_under("-u 1000", {program("word-count"), "--version"}, true).code != 0) {
    weir::testing::skip("nobody but root may run the programs here, and root has no limit of processes");
    return;
  }
  for (auto threads : {1, 2, 4, 6, 7, 8, 9, 10, 12, 14, 16, 24}) {
    INFO("processes: " << threads);
    start_anew(directory);
    auto end = run_under("-u " + std::to_string(threads), counting(directory), true);
    ends_in_order(end, "ulimit -u");
    all_is_counted(end, directory);
  }
}

TEST_CASE("with little address space a program does all of its work, or says that it has too little", "[limits]") {
  auto directory = fresh_directory();
  prepare(directory);
  auto arguments = counting(directory);
  for (auto word : {"--set", "memory.limit=128MiB", "--set", "log.limit=1GiB"})
    arguments.emplace_back(word);
  auto without_log = arguments;
  *(std::find(without_log.begin(), without_log.end(), "--data-dir") + 1) = "none";
  for (auto& [each, mib] : std::vector<std::pair<std::vector<std::string>, int>>{{without_log, 100},
                                                                                 {without_log, 200},
                                                                                 {without_log, 400},
                                                                                 {arguments, 800},
                                                                                 {arguments, 1200},
                                                                                 {arguments, 1300},
                                                                                 {arguments, 1600}}) {
    INFO("address space: " << mib << " MiB");
    start_anew(directory);
    auto end = run_under("-v " + std::to_string(mib * 1024), each);
    ends_in_order(end, "ulimit -v");
    all_is_counted(end, directory);
  }
}

TEST_CASE("where files may not grow a program says so and waits, or does all of its work", "[limits]") {
  auto directory = fresh_directory();
  prepare(directory);
  for (auto blocks : {4, 16, 32, 40, 48, 64, 1024}) { // of 1024 bytes
    INFO("blocks: " << blocks);
    start_anew(directory);
    auto arguments = counting(directory);
    for (auto word : {"--stop-after", "300ms"})
      arguments.emplace_back(word);
    auto end = run_under("-f " + std::to_string(blocks), arguments);
    ends_in_order(end, "ulimit -f");
    all_is_counted(end, directory);
  }
}

TEST_CASE("the tool's verbs end with a sentence, too, whatever they may not have", "[limits]") {
  auto directory = fresh_directory();
  prepare(directory);
  REQUIRE(run(counting(directory)).code == 0);
  auto weir_tool = program("weir");
  for (auto& verb : std::vector<std::vector<std::string>>{{weir_tool, "log", directory / "data"},
                                                          {weir_tool, "generate", "generate://?count=10"},
                                                          {weir_tool, "tree", directory / "data"}}) {
    for (auto limit : {"-n 3", "-n 4", "-n 6", "-n 8", "-v 20000", "-v 60000", "-v 100000", "-v 300000"}) {
      INFO(verb[1] << " " << verb[2] << " under ulimit " << limit);
      auto end = run_under(limit, verb);
      INFO(end.errors);
      CHECK(end.code < 128);
      CHECK_THAT(end.errors, !Catch::Contains("terminate called"));
      if (end.code != 0)
        CHECK_FALSE(end.errors.empty());
    }
  }
}

namespace {

void run_all_examples(const std::string& limit, bool as_nobody = false) {
  for (auto& [example, arguments] : short_runs()) {
    INFO(example << " under ulimit " << limit);
    auto directory = fresh_directory();
    prepare(directory);
    write_file(directory / "in/a", "ann,250\n");
    ends_in_order(run_under(limit, in(directory / "", example, arguments), as_nobody), "limit");
  }
}

} // namespace

TEST_CASE("every example does its work or ends with a sentence, whatever it may not have", "[limits]") {
  run_all_examples(GENERATE(as<std::string>{}, "-n 4", "-n 12", "-v 20000", "-v 200000"));
}

TEST_CASE("every example does its work with few processes, or ends with a sentence", "[limits]") {
  if (run_under("-u 1000", {program("word-count"), "--version"}, true).code != 0) {
    weir::testing::skip("nobody but root may run the programs here, and root has no limit of processes");
    return;
  }
  run_all_examples("-u 4", true);
}
