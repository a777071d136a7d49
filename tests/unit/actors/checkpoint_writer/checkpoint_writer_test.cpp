#include "actors/checkpoint_writer/checkpoint_writer.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <caf/scheduler/test_coordinator.hpp>

#include "actors/runtime/process_services.hpp"
#include "actors/runtime/tree.hpp"
#include "libstream/log/batch_records.hpp"
#include "libstream/log/memory_store.hpp"
#include "libstream/log/positions.hpp"

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;
using words = std::vector<std::string>;

namespace {

class silent_journal final : public journal {
public:
  void input_bound(const std::string&) override {}
  void batch_committed(const batch_summary&) override {}
  void batch_done(batch_id, std::int64_t) override {}
  void actor_restarted(const address&, const std::string&) override {}
  void tell(const event&) override {}
  void warning(const std::string& sentence) override { warnings.push_back(sentence); }
  void detail(const std::string&) override {}

  words warnings;
};

/// Jobs of the log thread, run when the test says so.
struct job_queue : worker_factory {
  struct lane : worker {
    std::deque<std::function<void()>>* jobs = nullptr;
    void post(std::function<void()> job) override { jobs->push_back(std::move(job)); }
  };
  std::shared_ptr<worker> make(const std::string&) override {
    auto made = std::make_shared<lane>();
    made->jobs = &jobs;
    return made;
  }
  std::deque<std::function<void()>> jobs;
};

/// In memory; a disk without room if the test says so.
class small_disk final : public log::store {
public:
  result<void> commit(const log::transaction& changes) override {
    if (is_full)
      return fail_full("no space left on device", "log", "make room");
    return content.commit(changes);
  }
  result<std::optional<log::stored_value>> get(log::table t, std::string_view key) const override {
    return content.get(t, key);
  }
  result<void> scan(log::table t, std::string_view from, std::string_view until, bool with_payload,
                    const std::function<bool(std::string_view, const log::stored_value&)>& visit) const override {
    return content.scan(t, from, until, with_payload, visit);
  }
  std::uint64_t size_bytes() const override { return content.size_bytes(); }

  log::memory_store content;
  bool is_full = false;
};

std::string number(std::uint64_t value) { return std::to_string(value); }

/// A log writer on virtual time. Its peers are the test, which keeps what they hear as words.
struct world {
  world() {
    services.application->settings.batch_interval = 100ms;
    services.application->settings.disk_full_retry = 1s;
    services.node->journal = heard;
    services.node->workers = threads;
    services.use_store(disk);
    services.application->fail = [this](const error& reason) { failed.push_back(reason.what); };
    config.set("scheduler.policy", caf::atom("testing"));
    register_messages(config);
    system.emplace(config);
    system->await_actors_before_shutdown(false);
    scheduler = &dynamic_cast<caf::scheduler::test_coordinator&>(system->scheduler());
    scheduler->clock().current_time += 1h;
    enter({role::batch_coordinator, 0}, system->spawn([this](caf::event_based_actor*) { return coordinator(); }));
    enter({role::block_store, 0}, system->spawn([this](caf::event_based_actor*) { return block_store(); }));
    enter({role::receiver, 0}, system->spawn([this](caf::event_based_actor*) { return receiver(); }));
    start();
  }
  ~world() {
    services.node->directory.clear();
    caf::anon_send_exit(writer, caf::exit_reason::kill);
    for (auto& peer : peers)
      caf::anon_send_exit(peer, caf::exit_reason::kill);
    scheduler->clock().cancel_all();
    run();
    peers.clear();
    writer = nullptr;
  }

  void enter(const address& who, const caf::actor& peer) {
    services.node->directory.enter(who, caf::actor_cast<caf::strong_actor_ptr>(peer));
    peers.push_back(peer);
  }
  caf::behavior coordinator() {
    return {[this](const coordination_claimed& said) {
              holders.push_back(said.incarnation);
              hear("claimed " + number(said.epoch.value));
            },
            [this](const epoch_opened& said) {
              holders.push_back(said.incarnation);
              hear("opened " + number(said.epoch.value));
            },
            [this](const batch_sealed& said) { hear("sealed " + number(said.batch.value)); },
            [this](const seal_impossible& said) { hear("impossible " + number(said.batch.value)); },
            [this](const batch_amended& said) { hear("amended " + number(said.batch.value)); },
            [this](const batch_committed& said) { hear("committed " + number(said.batch.value)); },
            [this](const batch_finished& said) { hear("finished " + number(said.batch.value)); },
            [this](const coordination_lost& said) {
              hear("lost " + number(said.epoch.value) + " to " + number(said.newer.value));
            }};
  }
  caf::behavior block_store() {
    return {[this](const blocks_appended& said) { hear("appended " + number(said.through.value)); },
            [this](const epoch_refused& said) { hear("blocks refused " + number(said.epoch.value)); }};
  }
  caf::behavior receiver() {
    return {
      [this](const producer_found& said) { hear("producer " + number(said.last) + (said.logged ? "" : " unknown")); },
      [this](const departure_recorded& said) { hear(said.added ? "left, was unknown" : "left"); },
      [this](const producers_forgotten& said) { hear("forgotten " + number(said.forgotten)); },
      [this](const epoch_refused& said) { hear("receiver refused " + number(said.epoch.value)); }};
  }
  void hear(const std::string& answer) { answers.push_back(answer); }

  void start() { writer = spawn_checkpoint_writer(*system, services.application, services.node, services.writer); }
  /// Ends the writer, with whatever it has not handed to the log thread.
  void restart() {
    caf::anon_send_exit(writer, caf::exit_reason::kill);
    scheduler->run();
    start();
  }
  /// Messages only: the log thread stands.
  void deliver() { scheduler->run(); }
  void run() {
    do {
      scheduler->run();
      if (!threads->jobs.empty()) {
        auto job = std::move(threads->jobs.front());
        threads->jobs.pop_front();
        job();
      }
    } while (scheduler->has_job() || !threads->jobs.empty());
  }
  void pass(std::chrono::milliseconds time) {
    scheduler->clock().advance_time(time);
    run();
  }
  template <class Message>
  void ask(Message message) {
    caf::anon_send(writer, std::move(message));
  }
  /// What was heard since this was called last, once all is quiet. A peer hears all that one transaction has made durable at once.
  words heard_by_now() {
    run();
    return std::exchange(answers, {});
  }

  /// Coordinator 1 and the first receiver are there.
  void begin() {
    ask(claim_coordination{11, epoch{0}});
    ask(open_epoch{epoch{1}, input_id{0}, 21, epoch{0}});
    REQUIRE(heard_by_now() == words{"claimed 1", "opened 1"});
  }
  append_blocks blocks(std::uint64_t first, std::uint64_t last, epoch of = epoch{1}) {
    append_blocks message{input_id{0}, of, {}};
    for (auto sequence = first; sequence <= last; ++sequence) {
      auto bytes = std::make_shared<data::buffer>(2);
      bytes->append("a\n");
      log::block_header header{{input_id{0}, of, block_sequence{sequence}}, 2, 1, 0, {{"p", sequence, sequence}}};
      services.node->blocks.put(header.id, bytes);
      message.headers.push_back(header);
    }
    return message;
  }
  seal_batch seal(std::uint64_t batch, std::uint64_t first, std::uint64_t last, weir::epoch by = weir::epoch{1}) {
    seal_batch message{by, batch_id{batch - 1}, {}};
    message.record.id = batch_id{batch};
    message.record.time_ms = static_cast<std::int64_t>(batch) * 100;
    if (last > 0)
      message.record.splits = {{{{input_id{0}, epoch{1}, block_sequence{first}, block_sequence{last}}}, {}, 2}};
    return message;
  }
  commit_batch commit(std::uint64_t batch, weir::epoch by = weir::epoch{1}) {
    commit_batch message{by, {}};
    message.record.id = batch_id{batch};
    message.record.time_ms = static_cast<std::int64_t>(batch) * 100;
    message.record.epoch = by;
    message.record.parts = {{"counts", 0, 4, 1, 0}};
    services.node->staging.put({by, {}}, batch_id{batch}, "counts", 0, std::make_shared<const std::string>("a\t1\n"));
    return message;
  }

  words answers, failed;
  std::vector<std::uint64_t> holders; ///< of the epochs that were said
  std::shared_ptr<silent_journal> heard = std::make_shared<silent_journal>();
  std::shared_ptr<job_queue> threads = std::make_shared<job_queue>();
  std::shared_ptr<small_disk> disk = std::make_shared<small_disk>();
  process_services services;
  caf::actor_system_config config;
  std::optional<caf::actor_system> system;
  caf::scheduler::test_coordinator* scheduler = nullptr;
  std::vector<caf::actor> peers;
  checkpoint_writer_actor writer;
};

} // namespace

TEST_CASE("a batch goes through the writer from its blocks to its end, and nothing is answered before it is durable",
          "[checkpoint_writer]") {
  world in;
  in.begin();
  in.ask(in.blocks(1, 2));
  in.deliver();
  CHECK(in.answers.empty()); // the log thread has not written them
  CHECK(in.heard_by_now() == words{"appended 2"});
  in.ask(in.seal(1, 1, 2));
  CHECK(in.heard_by_now() == words{"sealed 1"});
  in.ask(in.commit(1));
  in.deliver();
  CHECK(in.answers.empty());
  CHECK(in.heard_by_now() == words{"committed 1"});
  CHECK((*log::read_staged(*in.disk, batch_id{1}, "counts", 0))->view() == "a\t1\n");
  in.ask(finish_batch{epoch{1}, batch_id{1}});
  CHECK(in.heard_by_now().empty()); // it waits for company
  CHECK(in.services.node->staging.bytes() == 4);
  in.pass(20ms);
  CHECK(in.heard_by_now() == words{"finished 1"});
  CHECK(in.services.node->staging.bytes() == 0);
  CHECK_FALSE(*log::read_staged(*in.disk, batch_id{1}, "counts", 0));
  CHECK(log::read_unfinished(*in.disk)->sealed.empty());
  CHECK(in.failed.empty());
}

TEST_CASE("requests that come before the log is read, or before what they rest on, are answered in the right order",
          "[checkpoint_writer]") {
  world in;
  in.ask(claim_coordination{11, epoch{0}});
  in.ask(open_epoch{epoch{1}, input_id{0}, 21, epoch{0}});
  in.ask(in.commit(1)); // as after a restart of the writer, when a lost seal is asked for later
  in.ask(in.seal(1, 1, 2));
  in.ask(in.blocks(1, 1));
  CHECK(in.heard_by_now() == words{"claimed 1", "opened 1", "appended 1"});
  in.ask(in.blocks(2, 2));
  CHECK(in.heard_by_now() == words{"appended 2", "sealed 1", "committed 1"});
}

TEST_CASE("batches commit in the order of their numbers, also when a writer died between them (seed 3588)",
          "[checkpoint_writer]") {
  world in;
  in.begin();
  for (std::uint64_t batch : {1, 2, 3})
    in.ask(in.seal(batch, 0, 0));
  CHECK(in.heard_by_now() == words{"sealed 1", "sealed 2", "sealed 3"});
  in.ask(in.commit(1));
  in.deliver(); // it is with the log thread
  in.restart(); // the answer is lost, and the second one was never asked for
  in.ask(in.commit(3));
  CHECK(in.heard_by_now().empty());
  CHECK(log::read_commit(*in.disk, batch_id{1})->has_value());
  CHECK_FALSE(log::read_commit(*in.disk, batch_id{3})->has_value());
  in.ask(in.commit(1)); // repeated
  in.ask(in.commit(2));
  CHECK(in.heard_by_now() == words{"committed 1", "committed 2", "committed 3"});
}

TEST_CASE("whoever was replaced hears by whom, and receivers of an epoch that is over are sent away",
          "[checkpoint_writer]") {
  world in;
  in.begin();
  in.ask(in.blocks(1, 1));
  in.ask(open_epoch{epoch{1}, input_id{0}, 22, epoch{1}});
  in.ask(in.blocks(2, 2));
  in.ask(find_producer{input_id{0}, epoch{1}, "p", 1});
  in.ask(record_departure{input_id{0}, epoch{1}, "p", 1});
  CHECK(in.heard_by_now() ==
        words{"receiver refused 1", "receiver refused 1", "appended 1", "blocks refused 1", "opened 2"});
  in.ask(in.seal(1, 1, 2));
  CHECK(in.heard_by_now() == words{"impossible 1"});
  in.ask(claim_coordination{12, epoch{1}});
  in.ask(in.seal(1, 1, 1));
  in.ask(in.commit(1));
  in.ask(finish_batch{epoch{1}, batch_id{1}});
  in.ask(open_epoch{epoch{1}, input_id{0}, 23, epoch{2}});
  CHECK(in.heard_by_now() == words{"lost 1 to 2", "lost 1 to 2", "lost 1 to 2", "lost 1 to 2", "claimed 2"});
}

TEST_CASE("who claims or opens behind an older epoch hears whose the newest is, and changes nothing",
          "[checkpoint_writer]") {
  world in;
  in.begin();
  in.ask(claim_coordination{12, epoch{0}});
  in.ask(open_epoch{epoch{1}, input_id{0}, 22, epoch{0}});
  CHECK(in.heard_by_now() == words{"claimed 1", "opened 1"});
  CHECK(in.holders == std::vector<std::uint64_t>{11, 21, 11, 21});
  in.ask(in.blocks(1, 1));
  in.ask(in.seal(1, 1, 1));
  CHECK(in.heard_by_now() == words{"appended 1", "sealed 1"});
}

TEST_CASE("of two requests to forget producers the one that was asked first is not carried out behind the other",
          "[checkpoint_writer]") {
  world in;
  in.begin();
  in.ask(in.blocks(1, 1));
  in.heard_by_now();
  in.pass(2h);
  in.ask(forget_producers{input_id{0}, epoch{1}, 3'600'000, {"p"}, 2});
  in.ask(forget_producers{input_id{0}, epoch{1}, 3'600'000, {}, 1}); // "p" was not there yet
  CHECK(in.heard_by_now() == words{"forgotten 0"});
  CHECK(log::read_producer(*in.disk, input_id{0}, "p")->has_value());
}

TEST_CASE("what is asked again, also of another writer, is answered again and written once", "[checkpoint_writer]") {
  world in;
  in.begin();
  for (int life = 0; life < 2; ++life) {
    in.ask(claim_coordination{11, epoch{0}});
    in.ask(open_epoch{epoch{1}, input_id{0}, 21, epoch{0}});
    in.ask(in.blocks(1, 1));
    in.ask(in.seal(1, 1, 1));
    in.ask(in.commit(1));
    in.ask(in.commit(1));
    CHECK(in.heard_by_now() == words{"claimed 1", "opened 1", "sealed 1", "committed 1", "committed 1", "appended 1"});
    in.restart();
  }
  auto amended = in.seal(2, 0, 0);
  in.ask(amended);
  amended.record.amendment.number = 1;
  in.ask(amend_batch{epoch{1}, amended.record});
  in.ask(amend_batch{epoch{1}, amended.record});
  CHECK(in.heard_by_now() == words{"sealed 2", "amended 2", "amended 2"});
  CHECK((*log::read_batch(*in.disk, batch_id{2}))->amendment.number == 1);
}

TEST_CASE("the writer knows producers by what is logged, and by what is on its way", "[checkpoint_writer]") {
  world in;
  in.begin();
  in.ask(find_producer{input_id{0}, epoch{1}, "p", 1});
  CHECK(in.heard_by_now() == words{"producer 0 unknown"});
  in.ask(in.blocks(1, 3));
  in.ask(record_departure{input_id{0}, epoch{1}, "p", 1}); // in the transaction of the blocks
  in.ask(find_producer{input_id{0}, epoch{1}, "p", 1});
  CHECK(in.heard_by_now() == words{"appended 3", "left", "producer 3"});
  auto position = **log::read_producer(*in.disk, input_id{0}, "p");
  CHECK(position.last == 3);
  CHECK(position.left);
  in.pass(2h);
  in.ask(forget_producers{input_id{0}, epoch{1}, 3'600'000, {}, 1});
  CHECK(in.heard_by_now() == words{"forgotten 1"});
  in.ask(find_producer{input_id{0}, epoch{1}, "p", 1});
  CHECK(in.heard_by_now() == words{"producer 0 unknown"});
}

TEST_CASE("while the disk is full nothing is answered and nothing is lost, and ends of batches make room first",
          "[checkpoint_writer]") {
  world in;
  in.begin();
  in.ask(in.seal(1, 0, 0));
  in.ask(in.commit(1));
  CHECK(in.heard_by_now() == words{"sealed 1", "committed 1"});
  in.disk->is_full = true;
  in.ask(in.blocks(1, 1));
  in.run();
  CHECK(in.heard->warnings.size() == 1);
  in.ask(in.blocks(1, 1)); // repeated, and dropped
  in.ask(finish_batch{epoch{1}, batch_id{1}});
  in.ask(in.seal(2, 1, 1));
  CHECK(in.heard_by_now().empty());
  in.pass(1s);
  CHECK(in.heard_by_now().empty()); // tried in vain
  in.disk->is_full = false;
  in.pass(999ms);
  CHECK(in.heard_by_now().empty());
  in.pass(1ms);
  CHECK(in.heard_by_now() == words{"finished 1", "appended 1", "sealed 2"});
  CHECK(in.heard->warnings.size() == 2);
  CHECK(in.failed.empty());
}

TEST_CASE("what comes in parts is done once all parts have come, in whatever order", "[checkpoint_writer]") {
  world in;
  in.begin();
  auto seal = in.seal(1, 0, 0);
  for (auto name : {"a", "b", "c"})
    seal.record.splits.push_back({{}, {{input_id{0}, name, 10, 1, 0, 10}}, 10});
  auto parts = parts_of(seal, {2, most_message_bytes});
  REQUIRE(parts.size() == 3);
  in.ask(parts[2]);
  in.ask(parts[0]);
  in.ask(parts[0]);
  CHECK(in.heard_by_now().empty());
  in.ask(parts[1]);
  CHECK(in.heard_by_now() == words{"sealed 1"});
  CHECK((*log::read_batch(*in.disk, batch_id{1}))->splits == seal.record.splits);
}
