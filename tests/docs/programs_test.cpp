// Snippets of docs/lifecycle.md, docs/monitoring.md and docs/supervision.md.
#include <chrono>
#include <future>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include <weir/supervisor.hpp>
#include <weir/testing.hpp>
#include <weir/weir.hpp>

#include "tests/docs/real_runs.hpp"

using namespace std::chrono_literals;

namespace {

/// Counts pages, and ends in order when the pages that lie there are counted.
void clicks(weir::stream_context& ctx) {
  weir::docs::drained_after_records([](weir::stream_context& context) {
    context.text_input().count_by_value().named("clicks").write_to(context.output());
  })(ctx);
}

namespace with_flags {

// [a main of your own]
int main(int argc, char** argv) { return weir::run(argc, argv, "clicks", clicks); }
// [end]

} // namespace with_flags

std::string counted_site;

void clicks_of(const std::string& site, weir::stream_context& ctx) {
  counted_site = site;
  clicks(ctx);
}

namespace with_flags_of_its_own {

// [a main with flags of its own]
int main(int argc, char** argv) {
  std::string site = "all";
  std::vector<char*> rest; // what Weir shall read
  for (int i = 0; i < argc; ++i)
    if (std::string_view{argv[i]} == "--site" && i + 1 < argc)
      site = argv[++i];
    else
      rest.push_back(argv[i]);
  auto count = static_cast<int>(rest.size());
  rest.push_back(nullptr);
  return weir::run(count, rest.data(), "clicks", [site](weir::stream_context& ctx) { clicks_of(site, ctx); });
}
// [end]

} // namespace with_flags_of_its_own

namespace with_settings {

// [settings in code]
int main() {
  weir::runtime_settings settings{.application = "clicks", .inputs = {"file:clicks"}, .set = {"log_level=info"}};
  auto opened = weir::get_or_create(settings, clicks, weir::if_damaged::set_aside, weir::text_files("out/clicks"));
  if (!opened) {
    std::cerr << opened.error().message() << '\n';
    return opened.error().exit_code();
  }
  if (auto started = opened->context->start(); !started)
    return started.error().exit_code();
  auto ended = opened->context->await_termination();
  return ended ? 0 : ended.error().exit_code();
}
// [end]

} // namespace with_settings

std::vector<weir::batch_id> slow_batches;

void page_someone(const weir::batch_info& batch) { slow_batches.push_back(batch.id); }

// [listeners]
struct delay_alarm final : weir::streaming_listener {
  void on_batch_completed(const weir::batch_info& batch) override {
    if (*batch.total_delay() > std::chrono::seconds{1})
      page_someone(batch);
  }
};

void watch(weir::stream_context& ctx) {
  ctx.add_listener(std::make_shared<delay_alarm>());
  ctx.add_listener(std::make_shared<weir::stats_report>(10)); // distributions of the delays over the last ten batches
}
// [end]

caf::behavior work(caf::event_based_actor*) {
  return {[](int number) { return number + 1; }};
}

} // namespace

TEST_CASE("docs/lifecycle.md: a program with a main of its own has flags", "[docs]") {
  weir::docs::working_directory here;
  weir::docs::write_text("in/monday", "/a\n/b\n/a\n");
  std::vector<std::string> words{"clicks", "--input",         "file:in",     "--output", "text:out/clicks",
                                 "--set",  "file.settle=0ms", "--log-level", "error"};
  std::vector<char*> arguments;
  for (auto& word : words)
    arguments.push_back(word.data());
  CHECK(with_flags::main(static_cast<int>(arguments.size()), arguments.data()) == 0);
  auto shown = weir::docs::text_of_output("out/clicks");
  CHECK_THAT(shown, Catch::Contains("/a\t2\n") && Catch::Contains("/b\t1\n"));
}

TEST_CASE("docs/lifecycle.md: a program with a main of its own has flags of its own", "[docs]") {
  weir::docs::working_directory here;
  weir::docs::write_text("in/monday", "/a\n/b\n/a\n");
  std::vector<std::string> words{"clicks",   "--input",         "file:in", "--site",         "north",
                                 "--output", "text:out/clicks", "--set",   "file.settle=0ms"};
  std::vector<char*> arguments;
  for (auto& word : words)
    arguments.push_back(word.data());
  CHECK(with_flags_of_its_own::main(static_cast<int>(arguments.size()), arguments.data()) == 0);
  CHECK(counted_site == "north");
  CHECK_THAT(weir::docs::text_of_output("out/clicks"), Catch::Contains("/a\t2\n"));
}

TEST_CASE("docs/lifecycle.md: a program gives its settings in code", "[docs]") {
  weir::docs::working_directory here;
  weir::docs::write_text("clicks/monday", "/a\n/b\n/a\n");
  CHECK(with_settings::main() == 0);
  auto shown = weir::docs::text_of_output("out/clicks");
  CHECK_THAT(shown, Catch::Contains("/a\t2\n") && Catch::Contains("/b\t1\n"));
}

TEST_CASE("docs/monitoring.md: listeners are told of each batch", "[docs]") {
  slow_batches.clear();
  weir::batch_info slow;
  slow.id = weir::batch_id{7};
  slow.processing_end = slow.submission + 2s;
  delay_alarm{}.on_batch_completed(slow);
  CHECK(slow_batches == std::vector{weir::batch_id{7}});

  weir::testing::test_driver driver{[](weir::stream_context& ctx) {
    ctx.text_input().count().named("lines").print();
    watch(ctx);
  }};
  driver.push({"a"}).step();
  CHECK(slow_batches.size() == 1);
}

TEST_CASE("docs/supervision.md: an actor of one's own has a supervisor", "[docs]") {
  std::promise<void> ended;
  // [a tree]
  caf::actor_system_config config;
  config.add_message_types<caf::id_block::weir_supervisor>();
  caf::actor_system system{config};

  weir::child_specification worker;
  worker.name = "worker";
  worker.start = [&] { return caf::actor_cast<caf::strong_actor_ptr>(system.spawn(work)); };
  weir::supervision_hooks hooks;
  hooks.failed = [](const weir::supervision_failure& why) {
    std::cerr << why.child << ": " << weir::describe(why) << '\n';
  };
  auto tree = weir::supervised_tree::start(system, {"root", weir::restart_strategy::one_for_one, {}, {worker}}, hooks);
  // ... the worker works, and is started again whenever it dies ...
  tree->stop([&] { ended.set_value(); }); // returns at once; the function is called when everybody has ended
  // [end]
  CHECK(ended.get_future().wait_for(20s) == std::future_status::ready);
  CHECK(tree->has_ended());
}
