#include <map>
#include <random>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>

#include "libstream/data/checksum.hpp"
#include "tests/unit/actors/receiver/wired_intake.hpp"

using namespace weir;
using namespace weir::actors;
using weir::testing::wired_intake;

namespace {

/// Some producers, a server and a log around an intake, all driven by one seed. The model knows of every producer what it may hear.
class surroundings {
public:
  explicit surroundings(std::uint64_t seed)
    : random_{seed}, block_bytes_{8 + below(200)}, intake_{input_id{1}, block_bytes_} {
    intake_.opened(epoch{1});
  }

  void step() {
    auto name = std::string(1, static_cast<char>('a' + below(3)));
    switch (below(13)) {
      case 0: connect(name); break;
      case 1: answer_lookups(); break;
      case 2:
      case 3:
      case 4:
      case 5: send(name); break;
      case 6: close(name); break;
      case 7: say_goodbye(name); break;
      case 8: intake_.cut_due(timer_); break;
      case 9: make_durable(below(stored_.size() + 1)); break;
      case 10: send_late(name); break;
      case 11: intake_.released(block_sequence{below(stored_.size() + 1)}); break;
      default: answer_departures(); break;
    }
    look();
  }

  /// All comes to rest: the last block is cut by its own timer, all is durable and released.
  void settle() {
    intake_.cut_due(timer_);
    look();
    make_durable(stored_.size());
    look();
    intake_.released(block_sequence{stored_.size()});
    look();
    CHECK(intake_.all_durable());
    CHECK(released_ == handed_in_);
    check_blocks();
  }

  std::uint64_t refusals() const { return refusals_; }
  std::uint64_t farewells() const { return farewells_; }

private:
  struct producer {
    std::optional<connection_id> connection;
    bool welcomed = false;
    bool leaving = false;
    bool left = false; ///< the log knows of a goodbye
    std::optional<connection_id> former;
    std::uint64_t next = 1;     ///< on this connection
    std::uint64_t accepted = 0; ///< all that the intake may have taken
    std::uint64_t durable = 0;
    std::set<std::uint64_t> skipped;
  };

  std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : random_() % limit; }

  void connect(const std::string& name) {
    auto& who = producers_[name];
    who.former = who.connection;
    who.connection = ++last_connection_;
    who.welcomed = who.leaving = false;
    owners_[last_connection_] = name;
    intake_.hello(last_connection_, name);
  }

  void answer_lookups() {
    for (auto& name : std::exchange(lookups_, {}))
      intake_.found(name, producers_[name].durable, producers_[name].durable > 0 || producers_[name].left);
  }

  void answer_departures() {
    for (auto& name : std::exchange(departures_, {}))
      intake_.departed(name, !std::exchange(producers_[name].left, true) && producers_[name].durable == 0);
  }

  /// The next records, now and then with some that went before, or void, or large.
  void send(const std::string& name) {
    auto& who = producers_[name];
    if (!who.connection || !who.welcomed || who.leaving)
      return;
    auto first = who.next - (below(3) == 0 ? below(std::min<std::uint64_t>(who.next, 6)) : 0);
    auto last = std::max(first, who.next + below(4) - 1);
    // What was void once is void again: a producer sends the same record under the same number.
    auto is_void = who.next > who.accepted ? below(8) == 0 : who.skipped.count(last) > 0;
    if (is_void) {
      first = last = who.next > who.accepted ? who.next : last;
      who.skipped.insert(last);
    }
    while (!is_void && first < last && crosses_skipped(who, first, last))
      who.skipped.count(first) ? void(++first) : void(--last);
    if (!is_void && who.skipped.count(first))
      return;
    auto frame = is_void ? ingest_data{first, 1, nullptr, 10} : text_of(name, first, last);
    handed_in_ += frame.held;
    who.next = std::max(who.next, last + 1);
    who.accepted = std::max(who.accepted, last);
    intake_.data(*who.connection, frame);
  }

  /// What an earlier connection had under way when it was taken over.
  void send_late(const std::string& name) {
    auto& who = producers_[name];
    if (!who.former)
      return;
    auto frame = text_of(name, who.next, who.next);
    handed_in_ += frame.held;
    intake_.data(*who.former, frame);
  }

  static bool crosses_skipped(const producer& who, std::uint64_t first, std::uint64_t last) {
    auto at = who.skipped.lower_bound(first);
    return at != who.skipped.end() && *at <= last;
  }

  ingest_data text_of(const std::string& name, std::uint64_t first, std::uint64_t last) {
    std::string text;
    for (auto number = first; number <= last; ++number)
      text += name + " " + std::to_string(number) + (number % 50 == 7 ? " " + std::string(70'000, 'x') : "") + "\n";
    auto bytes = std::make_shared<data::buffer>(text.size());
    bytes->append(text);
    largest_ = std::max(largest_, text.size());
    return {first, last - first + 1, bytes, 10 + text.size()};
  }

  void close(const std::string& name) {
    auto& who = producers_[name];
    if (auto connection = std::exchange(who.connection, std::nullopt))
      intake_.closed(*connection);
  }

  void say_goodbye(const std::string& name) {
    auto& who = producers_[name];
    if (who.connection && who.welcomed && below(3) == 0) {
      who.leaving = true;
      intake_.goodbye(*who.connection);
    }
  }

  void make_durable(std::uint64_t through) {
    for (; durable_ < through; ++durable_)
      for (auto& range : stored_[durable_].header.producers)
        producers_[range.producer].durable = range.last;
    intake_.durable(block_sequence{through});
  }

  void look() {
    for (auto& action : intake_.take_actions())
      std::visit([this](auto& what) { happened(what); }, action);
    CHECK(intake_.last_cut() == block_sequence{stored_.size()});
    CHECK(intake_.last_durable() == block_sequence{durable_});
    CHECK(intake_.undurable().size() == stored_.size() - durable_);
    CHECK(released_ <= handed_in_);
  }

  void happened(intake::look_up& what) { lookups_.push_back(what.producer); }
  void happened(intake::welcome& what) {
    auto& who = producers_[owners_.at(what.connection)];
    REQUIRE(who.connection == what.connection);
    CHECK(what.last_durable == who.durable);
    CHECK(what.last_durable == who.accepted); // nothing is under way of which an acknowledgement could speak later
    who.welcomed = true;
    who.next = what.last_durable + 1;
  }
  void happened(intake::acknowledge& what) {
    auto& who = producers_[owners_.at(what.connection)];
    CHECK(who.connection == what.connection);
    CHECK(what.through <= who.durable);
  }
  void happened(intake::refuse& what) {
    auto& who = producers_[owners_.at(what.connection)];
    INFO(what.reason);
    CHECK(who.connection != what.connection); // only those that were taken over: these producers leave no gaps
    ++refusals_;
  }
  void happened(block_generator::store& what) { stored_.push_back(what); }
  void happened(block_generator::schedule_cut& what) { timer_ = what.sequence; }
  void happened(intake::record_departure& what) {
    CHECK(producers_[what.producer].durable == producers_[what.producer].accepted);
    departures_.push_back(what.producer);
  }
  void happened(intake::farewell& what) {
    auto& who = producers_[owners_.at(what.connection)];
    CHECK(who.connection == what.connection);
    CHECK(who.leaving);
    CHECK(who.durable == who.accepted);
    ++farewells_;
  }
  void happened(intake::release& what) { released_ += what.bytes; }

  /// The stored blocks, put one behind the other, are every producer's accepted records, each once, in order.
  void check_blocks() {
    std::map<std::string, std::uint64_t> ranges;
    std::map<std::string, std::vector<std::uint64_t>> lines;
    for (std::size_t i = 0; i < stored_.size(); ++i) {
      auto& header = stored_[i].header;
      auto text = stored_[i].bytes->view();
      CHECK(header.id == block_id{input_id{1}, epoch{1}, block_sequence{i + 1}});
      CHECK(header.bytes == text.size());
      CHECK(header.checksum == data::checksum(text));
      CHECK(header.records == static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n')));
      CHECK(text.size() <= std::max(block_bytes_, largest_));
      for (auto& range : header.producers) {
        CHECK(range.first == ranges[range.producer] + 1);
        ranges[range.producer] = range.last;
      }
      std::istringstream words{std::string{text}};
      std::string name, number, line;
      while (std::getline(words, line)) {
        std::istringstream{line} >> name >> number;
        lines[name].push_back(std::stoull(number));
        CHECK(lines[name].back() <= ranges[name]);
      }
    }
    for (auto& [name, who] : producers_) {
      CHECK(ranges[name] == who.accepted);
      std::vector<std::uint64_t> expected;
      for (std::uint64_t number = 1; number <= who.accepted; ++number)
        if (!who.skipped.count(number))
          expected.push_back(number);
      CHECK(lines[name] == expected);
    }
  }

  std::mt19937_64 random_;
  std::size_t block_bytes_;
  wired_intake intake_;
  std::map<std::string, producer> producers_;
  std::map<connection_id, std::string> owners_;
  connection_id last_connection_ = 0;
  std::vector<std::string> lookups_, departures_;
  std::vector<block_generator::store> stored_;
  std::uint64_t durable_ = 0, timer_ = 0, handed_in_ = 0, released_ = 0, refusals_ = 0, farewells_ = 0;
  std::size_t largest_ = 0;
};

} // namespace

TEST_CASE("whatever happens, blocks hold every producer's records once and in order, and all bytes are released",
          "[intake]") {
  std::uint64_t refusals = 0, farewells = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    surroundings all{seed};
    for (int i = 0; i < 400; ++i)
      all.step();
    all.settle();
    refusals += all.refusals();
    farewells += all.farewells();
  }
  CHECK(refusals > 100); // the rare ways were gone, too
  CHECK(farewells > 100);
}
