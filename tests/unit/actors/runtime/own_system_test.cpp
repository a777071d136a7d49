#include "actors/runtime/own_system.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <map>
#include <mutex>

#include "actors/runtime/actor_stream.hpp"
#include "actors/runtime/send_to.hpp"

using sale = std::pair<std::string, std::uint64_t>;

CAF_BEGIN_TYPE_ID_BLOCK(own_system_test, caf::first_custom_type_id + 2000)
CAF_ADD_TYPE_ID(own_system_test, (sale))
CAF_ADD_TYPE_ID(own_system_test, (std::vector<sale>))
CAF_END_TYPE_ID_BLOCK(own_system_test)

using namespace weir;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 30s;

struct prepared : caf::actor_system_config {
  prepared() {
    add_message_types<caf::id_block::own_system_test>();
    configure(*this);
    set("scheduler.max-threads", std::size_t{2});
  }
};

/// What an actor has received: sums by key, and how often each (batch, run) came.
struct received {
  std::mutex mutex;
  std::map<std::string, std::uint64_t> sums;
  std::map<std::pair<std::uint64_t, std::uint32_t>, int> runs;

  std::uint64_t of(const std::string& key) {
    std::lock_guard guard{mutex};
    auto entry = sums.find(key);
    return entry == sums.end() ? 0 : entry->second;
  }
};

caf::behavior collector(caf::event_based_actor*, std::shared_ptr<received> into) {
  return {[into](const batch_results& what, const std::vector<sale>& sales) {
    std::lock_guard guard{into->mutex};
    ++into->runs[{what.batch, what.run}];
    for (auto& [who, sum] : sales)
      into->sums[who] += sum;
  }};
}

struct fixture {
  prepared config;
  caf::actor_system system{config};
  std::shared_ptr<received> book = std::make_shared<received>();
  stream_context ctx;
  caf::actor input;

  fixture() {
    auto sales = actor_stream<sale>(ctx, system, "sales");
    input = sales.handle;
    send_to(sales.records.reduce_by_key(std::plus<>{}).named("sums"), system.spawn(collector, book));
  }
  ~fixture() { (void)ctx.stop(); }

  void start(std::vector<std::string> set = {}) {
    runtime_settings settings;
    settings.set = std::move(set);
    settings.application = "test";
    settings.data_dir = "none";
    settings.executors = 1;
    settings.batch_interval = 10ms;
    auto runtime = make_runtime(system, settings);
    REQUIRE(runtime);
    auto started = ctx.start(*runtime);
    INFO((started ? "" : started.error().message()));
    REQUIRE(started);
  }

  /// How many records were said to be durable; 0 = an error, which `refused` has then.
  template <class... Request>
  std::uint64_t ask(Request... request) {
    caf::scoped_actor self{system};
    std::uint64_t stored = 0;
    self->request(input, patience, std::move(request)...)
      .receive([&](const records_stored& answer) { stored = answer.count; }, [&](caf::error& why) { refused = why; });
    return stored;
  }
  std::string said() const { return system.render(refused); }

  caf::error refused;
};

using sales = std::vector<sale>;

} // namespace

TEST_CASE_METHOD(fixture, "actors feed a stream and receive its results, once", "[own system]") {
  start();
  CHECK(ask(sale{"ann", 1}) == 1);
  CHECK(ask(sale{"bob", 2}) == 1);
  CHECK(ask(sales{{"ann", 10}, {"cem", 5}, {"bob", 20}}) == 3);
  CHECK(ctx.stop(true));
  CHECK(ctx.await_termination());
  CHECK(book->of("ann") == 11);
  CHECK(book->of("bob") == 22);
  CHECK(book->of("cem") == 5);
  for (auto& [run, times] : book->runs)
    CHECK(times == 1);
}

TEST_CASE("the first message after the start is accepted, every time", "[own system]") {
  for (int again = 0; again < 20; ++again) {
    fixture once;
    once.start();
    INFO(once.said());
    CHECK(once.ask(sale{"ann", 1}) == 1);
  }
}

TEST_CASE_METHOD(fixture, "a stream's errors tell by their code whether records may be sent again", "[own system]") {
  CHECK(ask(sale{"ann", 1}) == 0);
  CHECK(refused == stream_error::not_yet);
  CHECK_THAT(said(), Catch::Contains("not yet: the stream has not started"));
  start({"max_record_bytes=100", "backpressure.max_rate=1"});
  CHECK(ask(sale{std::string(200, 'x'), 1}) == 0);
  CHECK(refused == stream_error::invalid);
  CHECK(ask(std::string{"me"}, std::uint64_t{7}, sales{{"bob", 1}}) == 0);
  CHECK(refused == stream_error::invalid); // numbers begin with 1
  auto deadline = std::chrono::steady_clock::now() + patience;
  while (ask(sales{{"ann", 1}, {"bob", 1}, {"cem", 1}}) != 0)
    REQUIRE(std::chrono::steady_clock::now() < deadline);
  CHECK(refused == stream_error::full);
  CHECK(may_send_again(*stream_error_of(refused)));
  CHECK(ctx.stop());
  CHECK(ask(sale{"ann", 1}) == 0);
  CHECK(refused == stream_error::ended);
  CHECK_FALSE(may_send_again(*stream_error_of(refused)));
}

TEST_CASE_METHOD(fixture, "a stream that is drained has ended", "[own system]") {
  start();
  ctx.drain();
  auto deadline = std::chrono::steady_clock::now() + patience;
  do {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    CHECK((ask(sale{"ann", 1}) == 1 || stream_error_of(refused)));
  } while (refused != stream_error::ended);
  CHECK(ctx.await_termination());
}

TEST_CASE("a stream whose context could not start has ended", "[own system]") {
  fixture refusing;
  CHECK_FALSE(refusing.ctx.start(nullptr));
  CHECK(refusing.ask(sale{"ann", 1}) == 0);
  CHECK(refusing.refused == stream_error::ended);
}

TEST_CASE("a context in a system of the user's own ends at once", "[own system]") {
  auto begun = std::chrono::steady_clock::now();
  {
    fixture once;
    once.start();
    CHECK(once.ask(sale{"ann", 1}) == 1);
  }
  CHECK(std::chrono::steady_clock::now() - begun < 4s);
}

TEST_CASE_METHOD(fixture, "numbered records may be sent again, and a gap is refused", "[own system]") {
  start();
  CHECK(ask(sale{"ann", 1}) == 1);
  std::string me{"me"};
  CHECK(ask(me, std::uint64_t{1}, sales{{"bob", 1}, {"bob", 1}}) == 2);
  CHECK(ask(me, std::uint64_t{1}, sales{{"bob", 1}, {"bob", 1}}) == 2);
  CHECK(ask(me, std::uint64_t{2}, sales{{"bob", 1}, {"bob", 1}, {"bob", 1}}) == 3);
  CHECK(ask(me, std::uint64_t{9}, sales{{"bob", 100}}) == 0);
  CHECK(ctx.stop(true));
  CHECK(ctx.await_termination());
  CHECK(book->of("bob") == 4);
}

TEST_CASE("a system that was not prepared is refused with a sentence that says what to do", "[own system]") {
  caf::actor_system_config plain;
  caf::actor_system system{plain};
  stream_context ctx;
  ctx.constant(std::vector<std::uint64_t>{1}).print();
  auto runtime = make_runtime(system, {.application = "test", .data_dir = "none"});
  REQUIRE(runtime);
  auto started = ctx.start(*runtime);
  REQUIRE_FALSE(started);
  CHECK_THAT(started.error().message(), Catch::Contains("weir::configure(config)"));
}

TEST_CASE("settings of an own system are checked like those of a command line", "[own system]") {
  prepared config;
  caf::actor_system system{config};
  runtime_settings settings;
  settings.application = "test";
  settings.data_dir = "none";
  settings.inputs = {"wier://127.0.0.1:1"};
  CHECK_FALSE(make_runtime(system, settings));
  settings.inputs.clear();
  settings.set = {"no_such_setting=1"};
  auto refused = make_runtime(system, settings);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().exit_code() == 78);
  settings.set = {"output=print"};
  auto with_output = make_runtime(system, settings);
  REQUIRE_FALSE(with_output);
  CHECK_THAT(with_output.error().message(), Catch::Contains("stream_context"));
  settings.set.clear();
  auto without_input = make_runtime(system, settings);
  REQUIRE(without_input);
  stream_context ctx;
  ctx.text_input().print();
  auto started = ctx.start(*without_input);
  REQUIRE_FALSE(started);
  CHECK(started.error().exit_code() == 78);
  CHECK_THAT(started.error().message(), Catch::Contains("--input"));
}

TEST_CASE("an actor that has ended fails the application instead of losing results", "[own system]") {
  prepared config;
  caf::actor_system system{config};
  stream_context ctx;
  auto input = actor_stream<sale>(ctx, system, "sales");
  auto dead = system.spawn([](caf::event_based_actor* self) -> caf::behavior {
    self->quit();
    return {[](int) {}};
  });
  send_to(input.records.named("sales"), dead);
  runtime_settings settings;
  settings.application = "test";
  settings.data_dir = "none";
  settings.batch_interval = 10ms;
  auto runtime = make_runtime(system, settings);
  REQUIRE(ctx.start(*runtime));
  caf::scoped_actor self{system};
  auto stored = false;
  self->request(input.handle, patience, sale{"ann", 1})
    .receive([&](const records_stored&) { stored = true; }, [](caf::error&) {});
  CHECK(stored);
  auto ended = ctx.await_termination();
  REQUIRE_FALSE(ended);
  CHECK_THAT(ended.error().message(), Catch::Contains("has ended before it answered"));
}

namespace {

/// An application whose results of one record go to `destination`.
struct delivering {
  explicit delivering(caf::actor_system& in, caf::actor destination) : system{in} {
    auto sold = actor_stream<sale>(ctx, system, "sales");
    input = sold.handle;
    send_to(sold.records.named("sales"), std::move(destination));
    runtime_settings settings;
    settings.application = "test";
    settings.data_dir = "none";
    settings.batch_interval = 10ms;
    auto runtime = make_runtime(system, settings);
    REQUIRE(runtime);
    REQUIRE(ctx.start(*runtime));
    caf::scoped_actor self{system};
    self->request(input, patience, sale{"ann", 1}).receive([](const records_stored&) {}, [](caf::error&) {});
  }
  ~delivering() { (void)ctx.stop(); }

  caf::actor_system& system;
  stream_context ctx;
  caf::actor input;
};

} // namespace

TEST_CASE("an actor that was written for other messages or answers is told what handler it needs", "[own system]") {
  prepared config;
  caf::actor_system system{config};
  caf::actor destination;
  std::string says;
  SECTION("a handler of another type") {
    destination = system.spawn([](caf::event_based_actor* self) -> caf::behavior {
      self->set_default_handler(caf::drop);
      return {[](int) {}};
    });
    says = "has no handler for the message with results of batch 1";
  }
  SECTION("an answer that is a value") {
    destination = system.spawn(
      [](caf::event_based_actor*) -> caf::behavior { return {[](const batch_results&, const sales&) { return 5; }}; });
    says = "has answered with a value instead of nothing for batch 1";
  }
  auto begun = std::chrono::steady_clock::now();
  delivering application{system, destination};
  auto ended = application.ctx.await_termination();
  caf::anon_send_exit(destination, caf::exit_reason::user_shutdown);
  REQUIRE_FALSE(ended);
  CHECK_THAT(ended.error().message(), Catch::Contains(says) &&
                                        Catch::Contains("(weir::batch_results, std::vector<record>)") &&
                                        Catch::Contains("returns nothing"));
  CHECK_THAT(ended.error().message(), !Catch::Contains("keep it alive"));
  CHECK(std::chrono::steady_clock::now() - begun < 4s);
}

TEST_CASE("an actor that answers with an error is asked again until it takes the results", "[own system]") {
  prepared config;
  caf::actor_system system{config};
  auto refusals = std::make_shared<std::atomic<int>>(0);
  auto taken = std::make_shared<std::promise<void>>();
  auto done = taken->get_future();
  auto busy = system.spawn([=](caf::event_based_actor*) -> caf::behavior {
    return {[=](const batch_results&, const sales&) -> caf::result<void> {
      if (++*refusals <= 2)
        return caf::make_error(caf::sec::runtime_error, "busy");
      if (*refusals == 3)
        taken->set_value();
      return {};
    }};
  });
  {
    delivering application{system, busy};
    CHECK(done.wait_for(patience) == std::future_status::ready);
    CHECK(application.ctx.stop(true));
    CHECK(application.ctx.await_termination());
  }
  CHECK(*refusals == 3);
  caf::anon_send_exit(busy, caf::exit_reason::user_shutdown);
}
