// Everything that a program of somebody else's brings itself: a struct, a receiver, an actor system, a supervised actor.
#include <atomic>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include <weir/msgpack_record.hpp>
#include <weir/receiver.hpp>
#include <weir/replayable.hpp>
#include <weir/stream.hpp>
#include <weir/supervisor.hpp>
#include <weir/testing.hpp>
#include <weir/weir.hpp>

struct visit {
  std::string page;
  std::uint64_t milliseconds = 0;
  auto operator<=>(const visit&) const = default;
  MSGPACK_DEFINE(page, milliseconds);
};

CAF_BEGIN_TYPE_ID_BLOCK(outside, caf::first_custom_type_id + 2000)
CAF_ADD_TYPE_ID(outside, (std::vector<std::string>))
CAF_END_TYPE_ID_BLOCK(outside)

namespace {

class visits final : public weir::receiver<visit> {
  void on_start() override {
    thread_ = std::thread{[this] {
      const std::vector<visit> all{{"/", 120}, {"/prices", 80}, {"/", 30}};
      while (!is_stopped() && !store(all, weir::record_numbers{"log", 1}))
        std::this_thread::yield();
      stop("all is said");
    }};
  }
  void on_stop() override { thread_.join(); }

  std::thread thread_;
};

caf::behavior speaker(caf::event_based_actor* self, const caf::actor& stream) {
  self->send(self, caf::ok_atom_v);
  return {[self, stream](caf::ok_atom) {
    self->request(stream, std::chrono::seconds{5}, std::string{"hello"})
      .then([](const weir::records_stored&) {},
            [self](const caf::error&) { self->delayed_send(self, std::chrono::milliseconds{20}, caf::ok_atom_v); });
  }};
}

caf::behavior worker(caf::event_based_actor*) {
  return {[](int) {}};
}

std::shared_ptr<weir::supervised_tree> supervise(caf::actor_system& system) {
  weir::child_specification child;
  child.name = "worker";
  child.kind = weir::restart_kind::permanent;
  child.start = [&system] { return caf::actor_cast<caf::strong_actor_ptr>(system.spawn(worker)); };
  weir::supervisor_specification root;
  root.name = "root";
  root.strategy = weir::restart_strategy::one_for_one;
  root.children.push_back(child);
  weir::supervision_hooks hooks;
  hooks.failed = [](const weir::supervision_failure& why) { std::cerr << weir::describe(why) << "\n"; };
  return weir::supervised_tree::start(system, root, hooks);
}

/// The pipeline by hand, before it runs for people.
bool driver_agrees() {
  weir::testing::test_driver driver{[](weir::stream_context& ctx) {
    auto [short_lines, long_lines] =
      ctx.text_input().split_into<std::string_view, std::size_t>([](std::string_view line, auto& text, auto& size) {
        if (line.size() < 4)
          text(line);
        else
          size(line.size());
      });
    short_lines.named("short").print();
    long_lines.named("long").print();
  }};
  driver.push({"abc", "abcdef"}).step();
  return driver.output("short") == weir::testing::rows{"abc"} && driver.output("long") == weir::testing::rows{6};
}

} // namespace

int main(int argc, char** argv) {
  if (!driver_agrees())
    return 2;
  caf::actor_system_config config;
  config.add_message_types<caf::id_block::outside>();
  weir::configure(config);
  caf::actor_system system{config};
  auto tree = supervise(system);
  caf::actor asking;
  std::atomic<int> open{2};
  auto code = weir::run(argc, argv, "outside", system, [&](weir::stream_context& ctx) {
    auto done = [&] {
      if (--open == 0)
        ctx.drain();
    };
    auto records = ctx.receiver_stream(std::make_shared<visits>()).named("visits");
    records.map([](const visit& each) {
             return std::pair{each.page, each.milliseconds};
           })
      .reduce_by_key(std::plus<>{})
      .named("milliseconds")
      .foreach_batch([done](const weir::dataset<std::pair<std::string, std::uint64_t>>& sums) {
        for (auto& [page, sum] : sums.sort_by().collect())
          std::cout << page << " " << sum << std::endl;
        if (!sums.is_empty())
          done();
      });
    auto said = weir::actor_stream<std::string>(ctx, system, "said");
    said.records.foreach_batch([done](const weir::dataset<std::string>& texts) {
      for (auto& text : texts.collect())
        std::cout << text << std::endl;
      if (!texts.is_empty())
        done();
    });
    asking = system.spawn(speaker, said.handle);
  });
  if (asking)
    caf::anon_send_exit(asking, caf::exit_reason::user_shutdown);
  tree->stop();
  return code;
}
