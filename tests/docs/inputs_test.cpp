// Snippets of docs/inputs.md, on the real runtime.
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include <weir/weir.hpp>

#include "tests/docs/real_runs.hpp"

using namespace std::chrono_literals;

CAF_BEGIN_TYPE_ID_BLOCK(mine, caf::first_custom_type_id + 2000)
CAF_ADD_TYPE_ID(mine, (std::vector<std::string>))
CAF_ADD_TYPE_ID(mine, (std::pair<std::string, std::uint64_t>))
CAF_ADD_TYPE_ID(mine, (std::vector<std::pair<std::string, std::uint64_t>>))
CAF_END_TYPE_ID_BLOCK(mine)

namespace {

std::string read_the_sensor() {
  std::this_thread::sleep_for(1ms); // as a device that is asked
  return "21 degrees";
}

// [receiver]
class sensor final : public weir::receiver<std::string_view> {
  void on_start() override { // must return at once: a thread does the work
    thread_ = std::thread{[this] {
      while (!is_stopped())
        store(read_the_sensor());
    }};
  }
  void on_stop() override { thread_.join(); } // may wait; is_stopped() is true by now
  std::thread thread_;
};

void readings(weir::stream_context& ctx) {
  ctx.receiver_stream(std::make_shared<sensor>()).named("sensor").write_to(ctx.output());
}
// [end]

/// Stands for a database that keeps what was entered, by number.
struct database {
  std::uint64_t first_entry() const { return 1; }
  std::uint64_t last_entry() const { return 3; }
  std::int64_t created_at() const { return 1'700'000'000; }
  std::string read(std::uint64_t entry) const { return "order " + std::to_string(entry); }
};

// [replayable source]
class journal final : public weir::replayable_source {
public:
  explicit journal(database entries) : database_{std::move(entries)} {}

  weir::record_form form() const override { return weir::record_form::lines; }

  // The partitions by name, and up to where each can be read now. You choose what an offset is: here the number of an entry.
  weir::result<std::vector<weir::source_partition>> partitions() const override {
    return std::vector<weir::source_partition>{{.name = "orders",
                                                .end = database_.last_entry() + 1,
                                                .version = database_.created_at(),
                                                .grows = true,
                                                .begin = database_.first_entry(),
                                                .offset_bytes = 200}};
  }

  // The records of [from, to): the same ones in every call.
  weir::result<std::vector<weir::text_piece>> read(const weir::offset_range& range, std::size_t) const override {
    if (range.version != database_.created_at() || range.from < database_.first_entry())
      return weir::fail(weir::error_code::corrupt, "entries were deleted before they were counted", range.partition,
                        "keep entries for longer");
    std::string lines;
    for (auto entry = range.from; entry < range.to; ++entry)
      lines += database_.read(entry) + "\n";
    return std::vector{weir::text_piece_of(lines)};
  }

private:
  database database_;
};

void orders(weir::stream_context& ctx) {
  ctx.replayable_stream<std::string_view>(std::make_shared<journal>(database{})).named("orders").write_to(ctx.output());
}
// [end]

using totals = std::map<std::string, std::uint64_t>;

/// Adds up what `send_to` hands over.
caf::behavior adding(caf::event_based_actor*, const std::shared_ptr<totals>& into) {
  return {[into](const weir::batch_results&, const std::vector<std::pair<std::string, std::uint64_t>>& counts) {
    for (auto& [word, count] : counts)
      (*into)[word] += count;
  }};
}

} // namespace

TEST_CASE("docs/inputs.md: a receiver of one's own feeds a stream", "[docs]") {
  weir::docs::working_directory here;
  CHECK(weir::docs::results_of(readings).starts_with("21 degrees\n"));
}

TEST_CASE("docs/inputs.md: a source that can be read again gives each entry once", "[docs]") {
  weir::docs::working_directory here;
  CHECK(weir::docs::results_of(orders) == "order 1\norder 2\norder 3\n");
  CHECK(weir::docs::text_of_output("out/all") == "order 1\norder 2\norder 3\n");
}

TEST_CASE("docs/inputs.md: a stream in an actor system of one's own takes messages and sends its results", "[docs]") {
  weir::docs::working_directory here;
  auto all = std::make_shared<totals>();
  // [own actor system]
  caf::actor_system_config config;
  config.add_message_types<caf::id_block::mine>(); // the types of records, see below
  weir::configure(config);                         // before the system is made: start() refuses it otherwise
  caf::actor_system system{config};
  auto counter = system.spawn(adding, all); // an actor of yours that takes results

  weir::stream_context ctx;
  auto lines = weir::actor_stream<std::string>(ctx, system, "lines");
  weir::send_to(lines.records.flat_map(weir::split_words).count_by_value().named("counts"), counter);
  auto runtime = weir::make_runtime(system, {.application = "mine", .data_dir = "data"});
  auto started = ctx.start(*runtime);
  // [end]
  REQUIRE(started);
  {
    caf::scoped_actor self{system};
    self->request(lines.handle, 20s, std::string{"to be or not to be"})
      .receive([](const weir::records_stored& stored) { CHECK(stored.count == 1); },
               [](const caf::error& why) { FAIL(caf::to_string(why)); });
  }
  REQUIRE(ctx.stop(true)); // the counter has answered by now
  CHECK(*all == totals{{"be", 2}, {"not", 1}, {"or", 1}, {"to", 2}});
}
