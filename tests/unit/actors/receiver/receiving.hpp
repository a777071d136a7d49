#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "actors/monitor/journal.hpp"
#include "actors/receiver/receiver_actions.hpp"
#include "actors/sources/feed.hpp"
#include "actors/sources/ingest_server.hpp"

/// What stands around a receiver, and puts into words what it hears: a server, a feed, a journal, and what the receiver wants done.
namespace weir::actors::receiving {

using words = std::vector<std::string>;

inline data::buffer_handle bytes_of(const std::string& text) {
  auto buffer = std::make_shared<data::buffer>(text.size());
  buffer->append(text);
  return buffer;
}

/// Lines of a producer, of which the first has this number. They cost their bytes.
inline ingest_data lines(std::uint64_t first, const words& all) {
  std::string text;
  for (auto& line : all)
    text += line + "\n";
  return {first, all.size(), bytes_of(text), text.size()};
}

inline fed_records records(const std::string& text, std::uint64_t count = 1) {
  fed_records given;
  given.bytes = bytes_of(text);
  given.count = count;
  given.held = text.size();
  return given;
}

class hand_server final : public ingest_server {
public:
  explicit hand_server(std::shared_ptr<words> heard) : heard_{std::move(heard)} {}
  ~hand_server() override { say("closed the port"); }

  void welcome(connection_id who, std::uint64_t last) override {
    say("welcome " + text(who) + " behind " + text(last));
  }
  void acknowledge(connection_id who, std::uint64_t last) override {
    say("acknowledge " + text(who) + " " + text(last));
  }
  void farewell(connection_id who) override { say("farewell " + text(who)); }
  void refuse(connection_id who, std::string why) override { say("refuse " + text(who) + ": " + why); }
  void release(std::uint64_t bytes) override { say("release " + text(bytes)); }
  void hold_back(bool hold) override { say(hold ? "hold back" : "read on"); }
  void stop_reading() override { say("stop reading"); }
  std::string address() const override { return "127.0.0.1:7"; }
  std::size_t open_connections() const override { return *connections; }

  std::shared_ptr<std::size_t> connections = std::make_shared<std::size_t>(0);

private:
  static std::string text(std::uint64_t number) { return std::to_string(number); }
  void say(const std::string& sentence) { heard_->push_back(sentence); }
  std::shared_ptr<words> heard_;
};

class hand_feed final : public feed {
public:
  struct traits {
    std::string producer;
    bool rests = true;
    std::uint64_t connections = 0;
    int asked = 0; ///< whether it rests
  };
  hand_feed(std::shared_ptr<words> heard, std::shared_ptr<traits> given)
    : heard_{std::move(heard)}, given_{std::move(given)} {}

  std::string producer() const override { return given_->producer; }
  void begin(std::uint64_t last) override { say("begin behind " + std::to_string(last)); }
  void release(std::uint64_t bytes) override { say("release " + std::to_string(bytes)); }
  void limit(std::uint64_t rate) override { say("limit " + std::to_string(rate)); }
  void stored(std::uint64_t ticket, const result<void>& how) override {
    say((how ? "stored " : "not stored ") + std::to_string(ticket) + (how ? "" : ": " + how.error().message()));
  }
  void wake(std::uint64_t why) override { say("wake " + std::to_string(why)); }
  void stop() override { say("stop"); }
  std::uint64_t connections() const override { return given_->connections; }
  bool at_rest() override {
    ++given_->asked;
    return given_->rests;
  }

private:
  void say(const std::string& sentence) { heard_->push_back(sentence); }
  std::shared_ptr<words> heard_;
  std::shared_ptr<traits> given_;
};

struct told_journal final : journal {
  void input_bound(const std::string& url) override { told.push_back("bound " + url); }
  void batch_committed(const batch_summary&) override {}
  void batch_done(batch_id, std::int64_t) override {}
  void actor_restarted(const address&, const std::string&) override {}
  void receiver_started(input_id, const std::string& place) override { told.push_back("started " + place); }
  void receiver_stopped(input_id, const std::string& why) override { told.push_back("stopped: " + why); }
  void receiver_failed(input_id, const std::string& sentence) override { told.push_back("failed: " + sentence); }
  void receiver_counted(input_id, const receiver_figures& figures) override {
    told.push_back("counted " + std::to_string(figures.records) + " records, " + std::to_string(figures.bytes) +
                   " bytes, " + std::to_string(figures.connections) + " connections, rate " +
                   std::to_string(figures.rate_limit));
  }
  void tell(const event& what) override { told.push_back(std::string{what.name} + ": " + what.message); }
  void warning(const std::string& sentence) override { told.push_back("warning: " + sentence); }
  void detail(const std::string&) override {}

  words take() { return std::exchange(told, {}); }
  words told;
};

// -- what a receiver wants done, in words ----------------------------------------------------------------------------------

inline std::string in_words(const open_input& message) { return "open " + std::to_string(message.incarnation); }
inline std::string in_words(const store_blocks& message) {
  std::string all = "store";
  for (auto& header : message.headers)
    all += " " + std::to_string(header.id.sequence.value);
  return all + " behind " + std::to_string(message.durable.value) + ", epoch " + std::to_string(message.epoch.value);
}
inline std::string in_words(const find_producer& message) { return "find " + message.producer; }
inline std::string in_words(const record_departure& message) { return "record departure of " + message.producer; }
inline std::string in_words(const forget_producers& message) {
  auto all = "forget who is idle for " + std::to_string(message.idle_ms) + " ms but";
  for (auto& name : message.present)
    all += " " + name;
  return all;
}
inline std::string in_words(const input_activity& message) { return message.at_rest ? "rests" : "does not rest"; }
inline std::string in_words(const input_drained& message) {
  return "drained through " + std::to_string(message.through.value) + ", epoch " + std::to_string(message.epoch.value);
}

inline std::string in_words(const receiver_actions::send& action) {
  return std::visit([](auto& message) { return in_words(message); }, action.message);
}
inline std::string in_words(const receiver_actions::shelve& action) {
  return "shelve " + std::to_string(action.id.sequence.value) + " '" + std::string{action.bytes->view()} + "'";
}
inline std::string in_words(const receiver_actions::at_fault_point& action) { return action.name; }
inline std::string in_words(const receiver_actions::start_timer& action) {
  using enum receiver_actions::timer;
  auto after = " in " + std::to_string(action.after.count()) + " us";
  switch (action.timer) {
    case tick: return "tick" + after;
    case retry: return "retry" + after;
    case look_again: return "look again" + after;
    case forget: return "forget" + after;
    case cut: return "cut " + std::to_string(action.sequence) + after;
  }
  return "?";
}
inline std::string in_words(const receiver_actions::quit&) { return "quit"; }

inline words in_words(const std::vector<receiver_actions::action>& actions) {
  words all;
  for (auto& action : actions)
    all.push_back(std::visit([](auto& what) { return in_words(what); }, action));
  return all;
}

} // namespace weir::actors::receiving
