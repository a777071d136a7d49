#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/stat.h>

#include "actors/monitor/control_client.hpp"
#include "apps/weir/application.hpp"
#include "tests/process/harness.hpp"

namespace {

using namespace weir::process;
using namespace weir;
using nlohmann::json;

/// `word-count` with a chaos page, so that it obeys orders to kill its actors.
class victim {
public:
  victim(const tool::temporary_directory& directory, const std::vector<std::string>& more,
         const std::string& level = "warning")
    : page_{*tool::shared_page::make()}, socket_{directory / "data/control.sock"} {
    page_.arm("", 0);
    tool::command what;
    what.arguments = word_count(directory, more);
    std::replace(what.arguments.begin(), what.arguments.end(), std::string{"info"}, level);
    what.errors = tool::redirection::pipe();
    what.inherited = page_.file();
    what.environment["WEIR_CHAOS_PAGE"] = std::to_string(tool::command::inherited_number);
    auto started = tool::subprocess::start(what);
    REQUIRE(started);
    process_.emplace(std::move(*started));
    await("its control socket", [this] { return std::filesystem::exists(socket_) && ask("tree").is_object(); });
  }

  json ask(const std::string& request) {
    auto answer = actors::ask_control_socket(socket_, request);
    return answer ? json::parse(*answer) : json{};
  }
  json row(const std::string& name) {
    auto tree = ask("tree");
    auto found = tree.is_object() ? find(tree, name) : nullptr;
    return found ? *found : json{};
  }
  std::uint64_t restarts(const std::string& name) { return row(name).value("restarts", std::uint64_t{0}); }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    collect(ask("tree"), all);
    return all;
  }

  void await(const std::string& what, const std::function<bool()>& holds) {
    auto deadline = tool::clock::now() + patience;
    while (!holds()) {
      listen();
      INFO(errors);
      if (tool::clock::now() > deadline)
        FAIL("waited in vain for " + what);
      ::poll(nullptr, 0, 2);
    }
  }
  bool is_alive() { return !process_->ended(); }
  int exit_code() { return process_->ended()->code; }
  void terminate() { process_->signal(SIGTERM); }
  void listen() { tool::read_available(process_->errors(), errors); }

  std::string errors;

private:
  static const json* find(const json& node, const std::string& name) {
    if (node.value("name", std::string{}) == name)
      return &node;
    if (node.contains("children"))
      for (auto& child : node["children"])
        if (auto found = find(child, name))
          return found;
    return nullptr;
  }
  static void collect(const json& node, std::vector<std::string>& into) {
    into.push_back(node.value("name", std::string{}));
    if (node.contains("children"))
      for (auto& child : node["children"])
        collect(child, into);
  }

  tool::shared_page page_;
  std::string socket_;
  std::optional<tool::subprocess> process_;
};

void kill_actors(const std::string& input) {
  auto directory = fresh_directory();
  auto outcome =
    run({program("weir"), "chaos", "word-count", "--actors", "20", "--input", input, "--json", directory / "outcome"},
        {}, 180s);
  INFO(outcome.output << outcome.errors);
  REQUIRE(outcome.code == 0);
  auto whole = json::parse(read_file(directory / "outcome"));
  CHECK(whole["injected"] == 20);
  CHECK(whole["effective"] > 0);
  CHECK(whole["lost"] == 0);
  CHECK(whole["duplicated"] == 0);
  CHECK(whole["violations"].empty());
  CHECK(whole["recovery_ms"]["max"] > 0);
  CHECK(whole["restart_ms"]["max"] > 0);
  std::uint64_t kills = 0;
  for (auto& [role, count] : whole["by_actor"].items())
    kills += count.get<std::uint64_t>();
  CHECK(kills == 20);
}

} // namespace

TEST_CASE("killed actors under load lose nothing and count nothing twice: weir input", "[supervision]") {
  kill_actors("weir");
}

TEST_CASE("killed actors under load lose nothing and count nothing twice: file input", "[supervision]") {
  kill_actors("file");
}

TEST_CASE("every actor and supervisor comes back, however it is killed, and the counts are exact", "[supervision]") {
  auto directory = fresh_directory();
  std::filesystem::create_directory(directory / "in");
  generate(directory / "one", 2'000);
  generate(directory / "two", 2'000, 2);
  victim application{
    directory, {"--input", "file:" + (directory / "in"), "--executors", "2", "--set", "supervisor.max_restarts=100"}};
  std::filesystem::rename(directory / "one", directory / "in/one");
  auto names = application.names();
  CHECK(names.size() == 13); // root, four groups, eight actors: dead letters have a sink, too
  for (auto& name : names)
    for (std::string how : {"kill", "exit", "throw", "stray"}) {
      INFO(name << ": " << how);
      auto supervisor = application.row(name)["kind"] == "supervisor";
      if (supervisor && how == "throw")
        continue;
      // It may be waiting for its restart after what happened to its supervisor.
      application.await(name + " to live", [&] { return application.row(name)["state"] == "running"; });
      auto before = application.restarts(name);
      auto told = application.ask("kill " + name + " " + how);
      REQUIRE(told.value("told", std::string{}) == name);
      if (how == "stray")
        continue;
      application.await(name + " to be restarted", [&] { return application.restarts(name) > before; });
      CHECK(application.row(name)["restart_us"] < 10'000'000);
    }
  application.listen();
  for (auto words : {"it was killed", "it was told to end", "an experiment made it throw", "drops a message"})
    CHECK(application.errors.find(words) != std::string::npos);
  application.terminate();
  application.await("its end", [&] { return !application.is_alive(); });
  INFO(application.errors);
  REQUIRE(application.exit_code() == 0);
  std::filesystem::rename(directory / "two", directory / "in/two");
  auto rest = run(word_count(directory, {"--input", "file:" + (directory / "in"), "--stop-when-idle=1s"}));
  INFO(rest.errors);
  CHECK(rest.code == 0);
  check_counts(directory, {directory / "in/one", directory / "in/two"});
}

TEST_CASE("an actor that ends too often stops the application in order, and the error names it first",
          "[supervision]") {
  auto directory = fresh_directory();
  victim application{directory, {"--input", "weir://127.0.0.1:0", "--set", "supervisor.max_restarts=1"}, "error"};
  application.await("its end", [&] {
    if (application.is_alive())
      application.ask("kill sink-0");
    return !application.is_alive();
  });
  application.listen();
  INFO(application.errors);
  CHECK(application.exit_code() == 1);
  auto first = application.errors.substr(application.errors.find('\n') + 1); // after the ready line
  CHECK(first.starts_with("word-count: sink-0: ended 2 times within 10s, at last because: it was killed;"));
  CHECK(std::count(first.begin(), first.end(), '\n') == 1);
}

TEST_CASE("weir tree shows a running application's actors, as text and as JSON", "[supervision]") {
  auto directory = fresh_directory();
  running application{word_count(directory, {"--input", "weir://127.0.0.1:0", "--executors", "2"})};
  application.await_ready();
  application.await("the control socket", [&] { return std::filesystem::exists(directory / "data/control.sock"); });
  struct stat found {};
  REQUIRE(::stat((directory / "data/control.sock").c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
  auto text = run({program("weir"), "tree", directory / "data"});
  INFO(text.output << text.errors);
  CHECK(text.code == 0);
  CHECK(text.output.starts_with("NAME"));
  CHECK(text.output.find("\n    partition-executor-1") != std::string::npos);
  CHECK(text.output.find("\n  batch-coordinator-0") != std::string::npos);
  CHECK(text.output.find("\n    sink-0 (counts to files " + directory / "out/counts-TIME)") != std::string::npos);
  CHECK(text.output.find("\n    receiver-0 (weir://127.0.0.1:") != std::string::npos);
  auto shown = run({program("weir"), "tree", directory / "data/control.sock", "--json"});
  CHECK(shown.code == 0);
  auto tree = json::parse(shown.output);
  CHECK(tree["name"] == "root");
  CHECK(tree["children"].size() == 5);
  CHECK(tree["children"][0]["children"][0]["name"] == "checkpoint-writer-0");
  CHECK(tree["children"][0]["children"][0]["state"] == "running");
  // Without an experiment nobody is killed.
  auto refused = actors::ask_control_socket(directory / "data/control.sock", "kill sink-0");
  REQUIRE(refused);
  CHECK(json::parse(*refused)["error"]["what"] == "actors are killed only in an experiment: see weir chaos");
  application.process().signal(SIGTERM);
  CHECK(application.await_end().code == 0);
  CHECK_FALSE(std::filesystem::exists(directory / "data/control.sock"));
  auto gone = run({program("weir"), "tree", directory / "data"});
  CHECK(gone.code == 78);
  CHECK(gone.errors.find("no application listens there") != std::string::npos);
  CHECK(run({program("weir"), "tree", directory / "nothing"}).code == 78);
  CHECK(run({program("weir"), "tree"}).code == 64);
}

TEST_CASE("the flag --control-socket puts it elsewhere, or nowhere; a place that cannot be had is an error",
          "[supervision]") {
  auto directory = fresh_directory();
  auto elsewhere = directory / "here.sock";
  {
    running application{word_count(directory, {"--input", "weir://127.0.0.1:0", "--control-socket", elsewhere})};
    application.await_ready();
    application.await("the control socket", [&] { return std::filesystem::exists(elsewhere); });
    CHECK(run({program("weir"), "tree", elsewhere}).code == 0);
    CHECK_FALSE(std::filesystem::exists(directory / "data/control.sock"));
  } // killed: the next one finds a dead process's file
  CHECK(std::filesystem::exists(elsewhere));
  auto again = run(
    word_count(directory, {"--input", "weir://127.0.0.1:0", "--control-socket", elsewhere, "--stop-after", "100ms"}));
  INFO(again.errors);
  CHECK(again.code == 0);
  auto nowhere = run(word_count(directory, {"--input", "weir://127.0.0.1:0", "--control-socket",
                                            directory / "no/such/place", "--stop-after", "100ms"}));
  CHECK(nowhere.code == 78);
  CHECK(nowhere.errors.find("no/such/place") != std::string::npos);
}
