#include "actors/block_store/block_index.hpp"

#include <map>
#include <random>

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;

namespace {

using lines = std::vector<std::vector<log::block_header>>; ///< one for each (input, epoch)

constexpr input_id input{2};
constexpr epoch first_epoch{1}, second_epoch{2};

log::block_header header(std::uint64_t sequence, epoch of = first_epoch) {
  log::block_header made;
  made.id = {input, of, block_sequence{sequence}};
  made.bytes = 10 * sequence;
  return made;
}

std::vector<log::block_header> headers(std::uint64_t first, std::uint64_t last, epoch of = first_epoch) {
  std::vector<log::block_header> made;
  for (auto sequence = first; sequence <= last; ++sequence)
    made.push_back(header(sequence, of));
  return made;
}

log::block_range range(std::uint64_t first, std::uint64_t last, epoch of = first_epoch) {
  return {input, of, block_sequence{first}, block_sequence{last}};
}

} // namespace

TEST_CASE("a block is logged once, however often it is stored", "[block_index]") {
  block_index index;
  CHECK(index.stored(headers(1, 2), {}) == headers(1, 2));
  CHECK(index.stored(headers(1, 3), {}) == headers(3, 3));
  index.appended(input, first_epoch, block_sequence{3});
  CHECK(index.undurable().empty());
  CHECK(index.stored(headers(1, 3), {}).empty());
  CHECK(index.durable_through(input, first_epoch) == block_sequence{3});
}

TEST_CASE("blocks behind a gap are left out until what lies before them comes again", "[block_index]") {
  block_index index;
  CHECK(index.stored(headers(3, 4), block_sequence{1}).empty());
  CHECK_FALSE(index.knows(header(3).id));
  CHECK(index.stored(headers(2, 4), block_sequence{1}) == headers(2, 4));
}

TEST_CASE("the writer's answer to an earlier incarnation makes nothing durable that is not known here",
          "[block_index]") {
  block_index index;
  index.stored(headers(1, 2), {});
  index.appended(input, first_epoch, block_sequence{9});
  CHECK(index.durable_through(input, first_epoch) == block_sequence{2});
  CHECK(index.stored(headers(3, 3), block_sequence{2}) == headers(3, 3));
  CHECK(index.undurable() == lines{headers(3, 3)});
  index.appended(input, second_epoch, block_sequence{1});
  CHECK(index.durable_through(input, second_epoch) == block_sequence{});
}

TEST_CASE("what a lost predecessor had appended is found in the log, and makes durable what lies before it",
          "[block_index]") {
  block_index index;
  index.stored(headers(1, 3), {});
  index.appended(input, first_epoch, block_sequence{1});
  CHECK(index.known_through(input, first_epoch) == block_sequence{3});
  CHECK(index.known_through(input, second_epoch) == block_sequence{});
  for (auto& found : headers(4, 5))
    index.recovered(found);
  CHECK(index.known_through(input, first_epoch) == block_sequence{5});
  CHECK(index.known() == lines{headers(1, 5)});
  CHECK(index.undurable().empty());
  CHECK(index.stored(headers(3, 6), block_sequence{1}) == headers(6, 6));
}

TEST_CASE("what is on its way, and what is durable, can be told to a restarted peer", "[block_index]") {
  block_index index;
  for (auto& found : headers(4, 5))
    index.recovered(found);
  index.stored(headers(6, 8), block_sequence{5});
  index.stored(headers(1, 1, second_epoch), {});
  index.appended(input, first_epoch, block_sequence{6});
  CHECK(index.known() == lines{headers(4, 8), headers(1, 1, second_epoch)});
  CHECK(index.undurable() == lines{headers(7, 8), headers(1, 1, second_epoch)});
}

TEST_CASE("in a refused epoch what is not durable is void, and may not come back by itself", "[block_index]") {
  block_index index;
  index.stored(headers(1, 4), {});
  index.appended(input, first_epoch, block_sequence{2});
  index.refused(input, first_epoch);
  CHECK(index.undurable().empty());
  CHECK(index.knows(header(2).id));
  CHECK_FALSE(index.knows(header(3).id));
  index.appended(input, first_epoch, block_sequence{4});
  CHECK(index.durable_through(input, first_epoch) == block_sequence{2});
  CHECK(index.known() == lines{headers(1, 2)});
}

TEST_CASE("released blocks are forgotten, and their epoch once a newer one is there", "[block_index]") {
  block_index index;
  index.stored(headers(1, 3), {});
  index.appended(input, first_epoch, block_sequence{3});
  index.released(range(1, 2));
  CHECK(index.known() == lines{headers(3, 3)});
  index.released(range(3, 3));
  CHECK(index.durable_through(input, first_epoch) == block_sequence{3}); // may still go on
  index.stored(headers(1, 1, second_epoch), {});
  index.released(range(1, 3));
  CHECK(index.durable_through(input, first_epoch) == block_sequence{});
  CHECK(index.knows(header(1, second_epoch).id));
}

TEST_CASE("an epoch whose blocks are all released goes on, whatever other inputs have", "[block_index]") {
  for (auto other : {input_id{input.value - 1}, input_id{input.value + 1}})
    for (auto its_epoch : {first_epoch, second_epoch}) {
      CAPTURE(other.value, its_epoch.value);
      block_index index;
      auto block_of_other = header(1, its_epoch);
      block_of_other.id.input = other;
      index.stored({block_of_other}, {});
      index.stored(headers(1, 3), {});
      index.appended(input, first_epoch, block_sequence{3});
      index.released(range(1, 3));
      CHECK(index.known_through(input, first_epoch) == block_sequence{3});
      CHECK(index.durable_through(input, first_epoch) == block_sequence{3});
      CHECK(index.stored(headers(4, 5), {}) == headers(4, 5));
      CHECK(index.knows(block_of_other.id));
    }
}

TEST_CASE("the index agrees with a list of every block's fate", "[block_index]") {
  enum class fate { unknown, on_its_way, durable, released };
  std::mt19937_64 random{11};
  for (int round = 0; round < 60; ++round) {
    block_index index;
    std::vector<fate> fates(41, fate::unknown); // by sequence; [0] is not used
    std::uint64_t known = 0, durable = 0;
    for (int i = 0; i < 100; ++i) {
      switch (random() % 4) {
        case 0:
        case 1: {
          auto first = 1 + random() % std::min<std::uint64_t>(known + 3, 37);
          auto last = first + random() % 4;
          std::vector<log::block_header> fresh;
          for (auto at = first; at <= last; ++at)
            if (at == known + 1) {
              fates[at] = fate::on_its_way;
              known = at;
              fresh.push_back(header(at));
            }
          CHECK(index.stored(headers(first, last), block_sequence{durable}) == fresh);
          break;
        }
        case 2: {
          auto through = random() % 41;
          for (auto at = durable + 1; at <= std::min(through, known); ++at) {
            if (fates[at] == fate::on_its_way)
              fates[at] = fate::durable;
            durable = at;
          }
          index.appended(input, first_epoch, block_sequence{through});
          CHECK(index.durable_through(input, first_epoch) == block_sequence{durable});
          break;
        }
        default: {
          auto last = random() % (known + 1); // its batch is committed: what the log says of it may be known here later
          for (std::uint64_t at = 1; at <= last; ++at)
            fates[at] = fate::released;
          durable = std::max(durable, last);
          if (last > 0)
            index.released(range(1, last));
        }
      }
      std::vector<log::block_header> waiting, all;
      for (std::uint64_t at = 1; at <= 40; ++at) {
        if (fates[at] == fate::on_its_way)
          waiting.push_back(header(at));
        if (fates[at] == fate::on_its_way || fates[at] == fate::durable)
          all.push_back(header(at));
        CHECK(index.knows(header(at).id) == (fates[at] == fate::on_its_way || fates[at] == fate::durable));
      }
      CHECK(index.undurable() == (waiting.empty() ? lines{} : lines{waiting}));
      CHECK(index.known() == (all.empty() ? lines{} : lines{all}));
    }
  }
}

TEST_CASE("what was durable and is in the index no more has been released", "[block_index]") {
  block_index index;
  auto released = [&](std::uint64_t durable) {
    return index.released_through(input, first_epoch, block_sequence{durable}).value;
  };
  CHECK(released(0) == 0);
  CHECK(released(3) == 3); // after a restart, with nothing left in the log
  index.recovered(header(3));
  CHECK(released(3) == 2);
  index.stored(headers(4, 5), block_sequence{3});
  index.released(range(3, 3));
  CHECK(released(3) == 3);
  index.released(range(4, 5));
  CHECK(released(3) == 5); // a committed batch rests on them, so they were durable
}

TEST_CASE("blocks are overdue from the second call on, until they are released", "[block_index]") {
  block_index index;
  index.stored(headers(1, 2), {});
  CHECK(index.overdue().empty());
  index.stored(headers(3, 3), {});
  CHECK(index.overdue() == lines{headers(1, 2)});
  index.released(range(1, 1));
  CHECK(index.overdue() == lines{headers(2, 3)});
  index.released(range(2, 3));
  CHECK(index.overdue().empty());
}
