#include <array>
#include <atomic>
#include <csignal>

#include <catch2/catch.hpp>
#include <unistd.h>
#include <weir/weir.hpp>

#include "actors/runtime/configuration.hpp"
#include "actors/runtime/stop_signals.hpp"

using namespace weir;

namespace {

template <class Build>
int run_with(std::vector<std::string> arguments, Build build) {
  arguments.insert(arguments.begin(), "tested");
  std::vector<char*> argv;
  for (auto& each : arguments)
    argv.push_back(each.data());
  argv.push_back(nullptr);
  return weir::run(static_cast<int>(arguments.size()), argv.data(), "tested", build);
}

const std::vector<std::string> quiet{"--data-dir", "none", "--batch-interval", "10ms", "--log-level", "error"};

class counting final : public streaming_listener {
public:
  explicit counting(std::function<void()> then) : then_{std::move(then)} {}
  void on_batch_completed(const batch_info&) override { then_(); }

private:
  std::function<void()> then_;
};

} // namespace

TEST_CASE("run ends with 1 when the builder throws, and with 64 for an unknown flag", "[run]") {
  CHECK(run_with(quiet, [](stream_context&) { throw std::runtime_error{"no table.csv"}; }) == 1);
  CHECK(run_with(quiet, [](stream_context&) { throw 7; }) == 1);
  auto built = false;
  CHECK(run_with({"--no-such-flag"}, [&](stream_context&) { built = true; }) == 64);
  CHECK_FALSE(built);
}

TEST_CASE("run drains at the first signal, or when the program says so, and gives the signals back", "[run]") {
  struct sigaction before {};
  sigaction(SIGTERM, nullptr, &before);
  for (auto by_signal : {true, false}) {
    CAPTURE(by_signal);
    std::atomic<int> seen{0};
    auto code = run_with(quiet, [&](stream_context& ctx) {
      ctx.constant(std::vector<int>{1}).foreach_batch([](const dataset<int>&) {});
      ctx.add_listener(std::make_shared<counting>([&seen, &ctx, by_signal] {
        if (++seen == 2)
          by_signal ? static_cast<void>(::kill(::getpid(), SIGTERM)) : ctx.drain();
      }));
    });
    CHECK(code == 0);
    CHECK(seen >= 2);
  }
  struct sigaction now {};
  sigaction(SIGTERM, nullptr, &now);
  CHECK(now.sa_handler == before.sa_handler);
}

TEST_CASE("run works inside an actor system of the program's own, whose threads were there before", "[run]") {
  caf::actor_system_config config;
  weir::configure(config);
  caf::actor_system system{config};
  std::atomic<int> seen{0};
  std::array<std::string, 5> texts{"tested", "--data-dir=none", "--batch-interval=10ms", "--log-level=error", ""};
  std::array<char*, 5> argv{texts[0].data(), texts[1].data(), texts[2].data(), texts[3].data(), nullptr};
  auto code = weir::run(4, argv.data(), "tested", system, [&](stream_context& ctx) {
    ctx.constant(std::vector<int>{1}).foreach_batch([](const dataset<int>&) {});
    ctx.add_listener(std::make_shared<counting>([&seen] {
      if (++seen == 2)
        ::kill(::getpid(), SIGTERM);
    }));
  });
  CHECK(code == 0);
}

TEST_CASE("settings in a program mean what flags mean, and have the same defaults", "[run]") {
  auto usual = actors::default_configuration("clicks");
  auto said_nothing = actors::configuration_of({.application = "clicks"});
  REQUIRE(said_nothing);
  CHECK(said_nothing->options.data_dir == usual.options.data_dir);
  CHECK(said_nothing->options.default_data_dir);
  CHECK(said_nothing->options.settings.executors == usual.options.settings.executors);
  CHECK(said_nothing->options.settings.batch_interval == usual.options.settings.batch_interval);
  CHECK(said_nothing->level == usual.level);

  runtime_settings settings;
  settings.application = "clicks";
  settings.data_dir = "none";
  settings.inputs = {"weir://127.0.0.1:0"};
  settings.set = {"max_task_failures=7", "batch_interval=1s"};
  settings.batch_interval = std::chrono::milliseconds{20};
  settings.partitions = 5;
  auto said = actors::configuration_of(settings);
  REQUIRE(said);
  CHECK(said->options.data_dir.empty());
  CHECK(said->options.settings.inputs.size() == 1);
  CHECK(said->options.settings.max_task_failures == 7);
  CHECK(said->options.settings.batch_interval == std::chrono::milliseconds{20});
  CHECK(said->options.partitions == 5);
  CHECK(said->options.interval_given);

  settings.executors = 0;
  auto refused = actors::configuration_of(settings);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message().find("runtime_settings::executors") != std::string::npos);
  CHECK_FALSE(actors::configuration_of({}));
}
