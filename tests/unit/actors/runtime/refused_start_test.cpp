// A start that is refused has changed nothing: neither the data directory nor what lies around it.
#include <filesystem>
#include <fstream>
#include <map>

#include <catch2/catch.hpp>

#include "actors/monitor/composite_journal.hpp"
#include "actors/runtime/actor_runtime.hpp"
#include "actors/sources/asio_ingest_server.hpp"
#include "libstream/api/dstream.hpp"
#include "libstream/api/receiver.hpp"
#include "libstream/log/data_directory.hpp"
#include "libstream/log/positions.hpp"
#include "tests/unit/actors/sources/temporary_directory.hpp"

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

std::map<std::string, std::string> everything_in(const std::string& root) {
  std::map<std::string, std::string> found;
  for (auto& entry : fs::recursive_directory_iterator{root}) {
    std::ifstream file{entry.path(), std::ios::binary};
    found[entry.path().string()] =
      entry.is_regular_file() ? std::string{std::istreambuf_iterator<char>{file}, {}} : "no file";
  }
  return found;
}

/// An application that reads a directory and a port, and has run once.
struct fixture {
  testing::temporary_directory directory;
  runtime_options options;

  fixture() {
    fs::create_directory(directory.path() + "/in");
    options.application = "tested";
    options.data_dir = directory.path() + "/data";
    options.journal = std::make_shared<composite_journal>(std::vector<std::shared_ptr<journal>>{});
    options.settings.inputs = {url("file://" + directory.path() + "/in"), url("weir://127.0.0.1:0")};
    options.settings.batch_interval = options.settings.block_interval = 10ms;
    options.settings.executors = 1;
    options.print = [](std::string_view) { return result<void>{}; };
  }
  static input_url url(const std::string& text) { return parse_input_url(text).value(); }
  std::string text_output(const std::string& prefix) const { return directory.path() + "/" + prefix; }

  static void lines(stream_context& ctx) { ctx.text_input().named("lines").write_to(ctx.output()); }
  static output_targets printed() { return print(10); }

  result<void> start(const output_targets& to = printed()) const {
    stream_context context{to};
    lines(context);
    auto runtime = std::make_shared<actor_runtime>(options);
    if (auto started = context.start(runtime); !started)
      return started;
    static_cast<void>(context.stop(true));
    return context.await_termination();
  }

  /// `start` is refused with this code, in words that contain `mentions`, and leaves no trace.
  template <class Start>
  void refused(const std::string& mentions, error_code code, Start start) const {
    auto before = everything_in(directory.path());
    auto started = start();
    INFO(mentions);
    REQUIRE_FALSE(started.has_value());
    INFO(started.error().message());
    CHECK(started.error().code == code);
    CHECK(started.error().message().find(mentions) != std::string::npos);
    CHECK(everything_in(directory.path()) == before);
  }
  void refused(const std::string& mentions, error_code code = error_code::configuration) const {
    refused(mentions, code, [this] { return start(); });
  }
};

class idle_receiver final : public receiver<std::string> {
public:
  void on_start() override {}
  void on_stop() override {}
};

} // namespace

TEST_CASE("a refused start leaves a data directory as it was", "[refused]") {
  fixture ran;
  REQUIRE(ran.start().has_value());
  auto changed = [&](auto change) {
    auto copy = ran.options;
    change(ran.options);
    return copy;
  };
  SECTION("a mistyped input") {
    changed([&](auto& options) { options.settings.inputs[0] = fixture::url("file:///not/there"); });
    ran.refused("/not/there", ran.start().error().code);
  }
  SECTION("an input more, and one that is missing") {
    fs::create_directory(ran.directory.path() + "/other");
    changed(
      [&](auto& options) { options.settings.inputs[0] = fixture::url("file://" + ran.directory.path() + "/other"); });
    ran.refused("/in");
  }
  SECTION("a port that is in use") {
    auto transport = make_asio_ingest_transport();
    auto taken = transport->reserve("127.0.0.1:0");
    REQUIRE(taken.has_value());
    changed([&](auto& options) {
      options.settings.inputs[1] = fixture::url("weir://" + *taken);
      options.repartition = 7;
      options.settings.batch_interval = 20ms;
    });
    ran.refused("in use");
  }
  SECTION("bad lines to generate") {
    changed([&](auto& options) { options.settings.inputs.push_back(fixture::url("generate://?rate=x")); });
    ran.refused("generate");
  }
  SECTION("another application") {
    changed([&](auto& options) { options.application = "another"; });
    ran.refused("another");
  }
  SECTION("an output below a file") {
    std::ofstream{ran.text_output("file")} << "text";
    auto to = text_files(ran.text_output("file/out/lines"));
    ran.refused("file/out", error_code::disk, [&] { return ran.start(to); });
  }
  SECTION("an output that would need new directories, and an input that is missing") {
    changed([&](auto& options) { options.settings.inputs.pop_back(); });
    auto to = text_files(ran.text_output("deep/below/lines"));
    ran.refused("weir://", error_code::configuration, [&] { return ran.start(to); });
  }
  SECTION("a control socket that cannot be") {
    changed([&](auto& options) { options.control_socket = ran.directory.path() + "/in"; });
    ran.refused("/in");
  }
  SECTION("a control socket in a directory that is not there") {
    std::ofstream{ran.directory.path() + "/in/words"} << "one\ntwo\n";
    fs::last_write_time(ran.directory.path() + "/in/words", fs::file_time_type::clock::now() - 1h);
    changed([&](auto& options) { options.control_socket = ran.directory.path() + "/nowhere/socket"; });
    ran.refused("/nowhere/socket");
    ran.refused("/nowhere/socket", error_code::configuration,
                [&] { return ran.start(text_files(ran.text_output("out/lines"))); });
  }
  SECTION("a receiver that is called otherwise") {
    auto start = [&](const char* name) {
      stream_context context{fixture::printed()};
      fixture::lines(context);
      context.receiver_stream(std::make_shared<idle_receiver>()).named(name).print(1);
      auto runtime = std::make_shared<actor_runtime>(ran.options);
      auto started = context.start(runtime);
      if (!started)
        return started;
      static_cast<void>(context.stop(true));
      return context.await_termination();
    };
    REQUIRE(start("first").has_value());
    ran.refused("first", error_code::configuration, [&] { return start("second"); });
  }
  SECTION("an output of another data directory, also through a link") {
    auto other = ran.options.data_dir;
    auto to = text_files(ran.text_output("out/lines"));
    REQUIRE(ran.start(to).has_value());
    fs::create_directory_symlink(ran.text_output("out"), ran.text_output("link"));
    changed([&](auto& options) { options.data_dir = ran.directory.path() + "/second"; });
    ran.refused(other, error_code::configuration, [&] { return ran.start(text_files(ran.text_output("link/lines"))); });
  }
  SECTION("an older copy of the data directory") {
    auto to = text_files(ran.text_output("out/lines"));
    REQUIRE(ran.start(to).has_value());
    auto copy = ran.directory.path() + "/copy";
    fs::copy(ran.options.data_dir, copy, fs::copy_options::recursive);
    std::ofstream{ran.directory.path() + "/in/words"} << "one\ntwo\n";
    {
      auto twice = ran.options;
      twice.settings.stop_when_idle = 50ms;
      twice.settings.inputs.pop_back();
      twice.forget_inputs = {"weir://127.0.0.1:0"};
      stream_context context{to};
      fixture::lines(context);
      REQUIRE(context.start(std::make_shared<actor_runtime>(twice)).has_value());
      REQUIRE(context.await_termination().has_value());
    }
    fs::remove_all(ran.options.data_dir);
    fs::rename(copy, ran.options.data_dir);
    ran.refused("--after-restore", error_code::configuration, [&] { return ran.start(to); });
    changed([](auto& options) { options.after_restore = true; });
    CHECK(ran.start(to).has_value());
    changed([](auto& options) { options.after_restore = false; });
    CHECK(ran.start(to).has_value()); // once is enough
  }
  SECTION("inputs that the application does not read") {
    auto start = [&](const char* name) {
      stream_context context{fixture::printed()};
      context.receiver_stream(std::make_shared<idle_receiver>()).named(name).print(1);
      auto runtime = std::make_shared<actor_runtime>(ran.options);
      auto started = context.start(runtime);
      if (!started)
        return started;
      static_cast<void>(context.stop(true));
      return context.await_termination();
    };
    ran.refused("reads no text_input()", error_code::configuration, [&] { return start("sensor"); });
    for (auto& only : {ran.options.settings.inputs[0], ran.options.settings.inputs[1]}) {
      changed([&](auto& options) { options.settings.inputs = {only}; });
      ran.refused("reads no text_input()", error_code::configuration, [&] { return start("sensor"); });
    }
    changed([&](auto& options) {
      options.settings.inputs.clear();
      options.forget_inputs = {"file://" + ran.directory.path() + "/in", "weir://127.0.0.1:0"};
    });
    CHECK(start("sensor").has_value()); // those that are given up are only in the log
  }
  SECTION("an input to give up that is given") {
    changed([&](auto& options) { options.forget_inputs = {"weir://127.0.0.1:0"}; });
    ran.refused("given up");
  }
}

TEST_CASE("a refused start makes no data directory", "[refused]") {
  fixture fresh;
  fresh.options.data_dir = fresh.directory.path() + "/above/data";
  fresh.options.default_data_dir = true;
  fresh.options.settings.inputs[0] = fixture::url("file:///not/there");
  fresh.refused("/not/there", fresh.start().error().code);
  fresh.options.settings.inputs.erase(fresh.options.settings.inputs.begin());
  auto transport = make_asio_ingest_transport();
  fresh.options.settings.inputs[0] = fixture::url("weir://" + transport->reserve("127.0.0.1:0").value());
  fresh.refused("in use");
  fresh.options.settings.inputs = {fixture::url("weir://127.0.0.1:0")};
  fresh.options.control_socket = fresh.options.data_dir + "/" + std::string(120, 's');
  fresh.refused("107 bytes");
}

TEST_CASE("a control socket may lie in the data directory that the start makes", "[refused]") {
  fixture fresh;
  fresh.options.control_socket = fresh.options.data_dir + "/socket";
  CHECK(fresh.start().has_value());
  CHECK(fresh.start().has_value());
  CHECK_FALSE(fs::exists(fresh.options.control_socket));
}

// The lock of the output made the directory, and then nobody could have it.
TEST_CASE("an output in the data directory is refused, and leaves the name to the directory", "[refused]") {
  fixture fresh;
  auto inner = GENERATE(as<std::string>{}, "data/a", "data/log/a", "data/../data/a");
  fresh.refused("lies in the data directory", error_code::configuration,
                [&] { return fresh.start(text_files(fresh.text_output(inner))); });
  CHECK(fresh.start(text_files(fresh.text_output("data-of-it/a"))).has_value());
  CHECK(fresh.start(text_files(fresh.text_output("data"))).has_value()); // directories data-TIME beside it
}

TEST_CASE("to go on after a restore there must be a data directory", "[refused]") {
  fixture fresh;
  fresh.options.data_dir = fresh.directory.path() + "/mistyped";
  fresh.options.after_restore = true;
  fresh.refused("/mistyped");
  fs::create_directory(fresh.options.data_dir); // an empty one is none
  fresh.refused("--after-restore");
  fresh.options.after_restore = false;
  CHECK(fresh.start().has_value());
}

TEST_CASE("an input that is given up is not asked for any more, and the application runs and ends", "[refused]") {
  fixture ran;
  REQUIRE(ran.start().has_value());
  ran.options.settings.inputs.pop_back();
  ran.refused("--forget-input");
  ran.options.forget_inputs = {"weir://127.0.0.1:0"};
  REQUIRE(ran.start().has_value());
  REQUIRE(ran.start().has_value()); // the setting stays in a file
  ran.options.forget_inputs.clear();
  REQUIRE(ran.start().has_value());
}

TEST_CASE("two ports that are given in another order keep their numbers", "[inputs]") {
  fixture ran;
  auto transport = make_asio_ingest_transport(); // two ports that are free afterwards
  auto one = fixture::url("weir://" + transport->reserve("127.0.0.1:0").value());
  auto two = fixture::url("weir://" + transport->reserve("127.0.0.1:0").value());
  transport.reset();
  ran.options.settings.inputs = {one, two};
  REQUIRE(ran.start().has_value());
  auto numbers = [&] {
    std::map<std::string, std::uint32_t> found;
    auto view = log::view_directory(ran.options.data_dir);
    REQUIRE(view.has_value());
    auto known = log::read_inputs(*view->store);
    REQUIRE(known.has_value());
    for (auto& input : *known)
      found[input.name] = input.input.value;
    return found;
  };
  auto before = numbers();
  CHECK(before == std::map<std::string, std::uint32_t>{{one.text(), 0}, {two.text(), 1}});
  ran.options.settings.inputs = {two, one};
  REQUIRE(ran.start().has_value());
  CHECK(numbers() == before);
}
