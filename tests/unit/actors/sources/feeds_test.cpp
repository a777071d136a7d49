#include "actors/sources/feeds.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/process/line_server.hpp"

using namespace weir;
using namespace weir::actors;
using namespace weir::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 30s;

/// Writes down what a feed says.
class notebook final : public feed_listener {
public:
  void records(fed_records records) override {
    note([&] {
      text_ += records.bytes->view();
      count_ += records.count;
      held_ += records.held;
      if (records.first > 0 && first_ == 0)
        first_ = records.first;
    });
  }
  void stopped() override {
    note([&] { ++stopped_; });
  }
  void warning(std::string sentence) override {
    note([&] { warnings_.push_back(std::move(sentence)); });
  }
  void wake_after(std::chrono::milliseconds, std::uint64_t) override {}

  template <class Holds>
  bool wait_for(Holds holds) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, patience, [&] { return holds(*this); });
  }
  /// As `wait_for`, but calls `prod` before each look, and not under the lock: a feed calls its listener under locks of its own.
  template <class Prod, class Holds>
  bool prod_until(Prod prod, Holds holds) {
    for (auto end = std::chrono::steady_clock::now() + patience; std::chrono::steady_clock::now() < end;) {
      prod();
      std::unique_lock lock{mutex_};
      if (holds(*this))
        return true;
      changed_.wait_for(lock, 10ms);
    }
    return false;
  }
  bool wait_for_text(const std::string& text) {
    return wait_for([&](auto& book) { return book.text_ == text; });
  }
  std::string warning(std::size_t which) {
    std::lock_guard guard{mutex_};
    return warnings_.at(which);
  }
  std::uint64_t take_held() {
    std::lock_guard guard{mutex_};
    return std::exchange(held_, 0);
  }

  std::string text_;
  std::uint64_t count_ = 0;
  std::uint64_t held_ = 0;
  std::uint64_t first_ = 0;
  int stopped_ = 0;
  std::vector<std::string> warnings_;

private:
  template <class Change>
  void note(Change change) {
    {
      std::lock_guard guard{mutex_};
      change();
    }
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
};

feed_options options(std::uint64_t budget = 1 << 20, std::size_t max_record_bytes = 1000) {
  feed_options made;
  made.budget_bytes = budget;
  made.max_record_bytes = max_record_bytes;
  made.restart_delay = 5ms;
  made.random = [] { return 4u; };
  return made;
}

struct client {
  line_server server;
  std::shared_ptr<notebook> book = std::make_shared<notebook>();
  std::unique_ptr<feed> input;

  explicit client(const feed_options& with = options()) {
    input = open_tcp_feed({"127.0.0.1", server.port()}, with, book);
    input->begin(0);
    server.accept();
  }
};

} // namespace

TEST_CASE("a TCP client hands over what a server says, line by line", "[tcp]") {
  client tcp;
  tcp.server.say("one\ntwo\r\nthr");
  CHECK(tcp.book->wait_for_text("one\ntwo\r\n"));
  tcp.server.say("ee\n");
  CHECK(tcp.book->wait_for_text("one\ntwo\r\nthree\n"));
  CHECK(tcp.book->count_ == 3);
}

TEST_CASE("a TCP client connects again, and the last line before an orderly end needs no newline", "[tcp]") {
  client tcp;
  tcp.server.say("one\nlast");
  tcp.server.accept(); // hangs up, then hears from the client again
  tcp.server.say("more\nhalf a li");
  CHECK(tcp.book->wait_for_text("one\nlast\nmore\n"));
  tcp.server.break_off();
  tcp.server.accept();
  tcp.server.say("end\n");
  CHECK(tcp.book->wait_for_text("one\nlast\nmore\nend\n"));
  CHECK(tcp.book->wait_for([](auto& book) { return book.warnings_.size() >= 2; }));
  CHECK_THAT(tcp.book->warning(0), Catch::Contains("tcp://127.0.0.1:") && Catch::Contains("closed"));
}

TEST_CASE("a TCP client rests when its server is silent or has hung up, and not while it waits for a lost one",
          "[tcp]") {
  client tcp;
  auto comes_to_rest = [&] {
    auto deadline = std::chrono::steady_clock::now() + patience;
    while (!tcp.input->at_rest()) {
      if (std::chrono::steady_clock::now() > deadline)
        return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  };
  tcp.server.say("one\n");
  CHECK(tcp.book->wait_for_text("one\n"));
  CHECK(comes_to_rest());
  tcp.server.hang_up();
  CHECK(tcp.book->wait_for([](auto& notes) { return notes.warnings_.size() >= 1; }));
  CHECK(comes_to_rest());
  tcp.server.accept();
  tcp.server.say("two\n");
  CHECK(tcp.book->wait_for_text("one\ntwo\n"));
  auto lost = std::make_shared<notebook>();
  auto server = std::make_unique<line_server>();
  auto input = open_tcp_feed({"127.0.0.1", server->port()}, options(), lost);
  input->begin(0);
  server->accept();
  server->say("one\n");
  CHECK(lost->wait_for_text("one\n"));
  server->break_off();
  server.reset();
  CHECK(lost->wait_for([](auto& notes) {
    auto& said = notes.warnings_;
    return std::any_of(said.begin(), said.end(), [](auto& one) { return one.find("cannot connect") != one.npos; });
  }));
  input->at_rest();
  CHECK_FALSE(input->at_rest());
}

TEST_CASE("a TCP client that finds nobody keeps trying and says so once", "[tcp]") {
  auto book = std::make_shared<notebook>();
  auto server = std::make_unique<line_server>();
  auto where = endpoint{"127.0.0.1", server->port()};
  server.reset();
  auto input = open_tcp_feed(where, options(), book);
  input->begin(0);
  CHECK(book->wait_for([](auto& notes) { return !notes.warnings_.empty(); }));
  CHECK_THAT(book->warning(0), Catch::Contains("cannot connect"));
  CHECK_FALSE(input->at_rest()); // it waits for its connection
  input->stop();
  CHECK(book->wait_for([](auto& notes) { return notes.stopped_ == 1; }));
  CHECK(book->warnings_.size() == 1);
}

TEST_CASE("a TCP client reads no further while too much is held", "[tcp]") {
  client tcp{options(100'000)};
  std::string line(99, 'x');
  line += '\n';
  std::string much;
  while (much.size() < (32u << 20))
    much += line;
  auto said = tcp.server.say_what_fits(much, 1000);
  CHECK(said < much.size());
  CHECK(tcp.book->wait_for([](auto& book) { return book.held_ >= 100'000; }));
  CHECK(tcp.book->take_held() < 100'000 + 300'000);
  std::thread rest{[&] { tcp.server.say(std::string_view{much}.substr(said)); }};
  CHECK(tcp.book->prod_until([&] { tcp.input->release(1'000'000'000); },
                             [&](auto& book) { return book.count_ * 100 == much.size(); }));
  rest.join();
}

TEST_CASE("a TCP client that is at its rate leaves its socket unread, and is not at rest", "[tcp][rates]") {
  client tcp{options(1 << 30)};
  tcp.server.say("one\n");
  CHECK(tcp.book->wait_for_text("one\n"));
  tcp.input->limit(1);
  std::string much(32u << 20, '\n');
  auto said = tcp.server.say_what_fits(much, 1000);
  CHECK(said < much.size());
  CHECK_FALSE(tcp.input->at_rest());
  CHECK_FALSE(tcp.input->at_rest());
  std::thread rest{[&] { tcp.server.say(std::string_view{much}.substr(said)); }};
  tcp.input->limit(0);
  CHECK(tcp.book->wait_for([&](auto& book) { return book.count_ == 1 + much.size(); }));
  rest.join();
}

TEST_CASE("a TCP client hands over at its rate from the first line on, and all at once when it is stopped",
          "[tcp][rates]") {
  client tcp;
  tcp.input->limit(200);
  std::string many;
  for (int i = 0; i < 1'000; ++i)
    many += "x\n";
  auto began = std::chrono::steady_clock::now();
  tcp.server.say(many);
  std::uint64_t come = 0;
  CHECK(tcp.book->wait_for([&](auto& book) { return (come = book.count_) >= 60; }));
  auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  CHECK(static_cast<double>(come) <= 200 * (seconds + 0.05) + 2);
  tcp.input->stop(); // the server would not say them again
  CHECK(tcp.book->wait_for([](auto& book) { return book.stopped_ == 1; }));
  CHECK(tcp.book->text_ == many);
}

TEST_CASE("a TCP client skips records that are too long and says how many", "[tcp]") {
  client tcp{options(1 << 20, 5)};
  tcp.server.say("12345\n123456\nab\n");
  CHECK(tcp.book->wait_for_text("12345\nab\n"));
  CHECK(tcp.book->wait_for([](auto& book) { return !book.warnings_.empty(); }));
  CHECK_THAT(tcp.book->warning(0), Catch::Contains("skipped 1 records"));
}

TEST_CASE("a TCP input rests when no byte has come, also not of an unfinished line", "[tcp]") {
  client tcp;
  tcp.server.say("one\nunfin");
  CHECK(tcp.book->wait_for_text("one\n"));
  tcp.input->at_rest();
  while (!tcp.input->at_rest()) // what is on its way arrives
    std::this_thread::yield();
  tcp.server.say("ished");
  tcp.server.say("\n");
  CHECK(tcp.book->wait_for_text("one\nunfinished\n"));
  CHECK_FALSE(tcp.input->at_rest());
  CHECK(tcp.input->at_rest());
}

TEST_CASE("a TCP input that is stopped hands nothing over any more", "[tcp]") {
  client tcp;
  tcp.server.say("one\nhalf");
  CHECK(tcp.book->wait_for_text("one\n"));
  tcp.input->stop();
  CHECK(tcp.book->wait_for([](auto& book) { return book.stopped_ == 1; }));
  tcp.input->stop();
  tcp.input.reset();
  CHECK(tcp.book->text_ == "one\n");
  CHECK(tcp.book->stopped_ == 1);
}

TEST_CASE("a generator input goes on behind what is durable, within its budget, and rests at its end", "[generate]") {
  auto book = std::make_shared<notebook>();
  generator_options lines;
  lines.count = 20'000;
  auto input = open_generator_feed(lines, options(300'000), book);
  CHECK(input->producer() == "generate");
  CHECK_FALSE(input->at_rest());
  input->begin(5'000);
  CHECK(book->wait_for([](auto& notes) { return notes.held_ >= 300'000; }));
  CHECK(book->first_ == 5'001);
  CHECK_FALSE(input->at_rest());
  CHECK(book->prod_until([&] { input->release(1'000'000); }, [](auto& notes) { return notes.count_ == 15'000; }));
  CHECK(input->at_rest());
  input->stop();
  CHECK(book->wait_for([](auto& notes) { return notes.stopped_ == 1; }));
  text_generator generator{lines};
  std::string expected(15'000 * 100 + text_generator::slack_bytes, '?');
  for (std::uint64_t i = 0; i < 15'000; ++i)
    generator.write_line(5'000 + i, expected.data() + i * 100);
  CHECK(book->text_ == expected.substr(0, 1'500'000));
}

TEST_CASE("a generator input makes no more than its limit allows", "[generate][rates]") {
  auto book = std::make_shared<notebook>();
  generator_options lines;
  lines.count = 100;
  auto input = open_generator_feed(lines, options(), book);
  input->limit(20);
  input->begin(0);
  CHECK_FALSE(input->at_rest());
  CHECK(book->wait_for([](auto& notes) { return notes.count_ >= 1; }));
  CHECK(book->count_ <= 10);
  input->limit(0);
  CHECK(book->wait_for([](auto& notes) { return notes.count_ == 100; }));
  CHECK(input->at_rest());
}

TEST_CASE("equal generators have equal names however their URLs are written", "[generate]") {
  auto name = [](const char* query) { return generator_name(parse_generator_options(query).value()); };
  CHECK(name("seed=3&count=5") == name("count=9&rate=7&seed=3"));
  CHECK(name("seed=3") != name("seed=4"));
}
