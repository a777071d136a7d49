#include "actors/node/bounded_message.hpp"

#include <catch2/catch.hpp>

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

#include "actors/block_store/protocol.hpp"
#include "actors/runtime/tree.hpp"
#include "actors/sinks/messages.hpp"

using namespace weir;
using namespace weir::actors;

namespace {

using bytes = std::vector<char>;

template <class... Parts>
bytes encoded(const Parts&... parts) {
  bytes all;
  caf::binary_serializer to{nullptr, all};
  REQUIRE_FALSE((... || bool{to(const_cast<Parts&>(parts))}));
  return all;
}

/// The error's words; empty: it was decoded.
template <class Message>
std::string refusal_of(const bytes& from, Message& into) {
  caf::binary_deserializer source{nullptr, from};
  auto failed = source(into);
  return failed ? caf::to_string(failed) : std::string{};
}

log::block_header header(std::uint64_t sequence, std::vector<log::producer_range> producers = {}) {
  return {{input_id{1}, epoch{2}, block_sequence{sequence}}, 100, 10, 7, std::move(producers)};
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

constexpr std::uint64_t huge = std::uint64_t{1} << 60;

} // namespace

TEST_CASE("a message comes back from bytes as it was", "[bounded_message]") {
  store_blocks message{input_id{1}, epoch{2}, block_sequence{3}, {header(4, {{"p", 1, 2}, {"", 3, 4}}), header(5)}};
  store_blocks back;
  CHECK(refusal_of(encoded(message), back).empty());
  CHECK(back.input == message.input);
  CHECK(back.durable == message.durable);
  CHECK(back.headers == message.headers);
}

TEST_CASE("a message that is cut off anywhere is refused", "[bounded_message]") {
  auto whole = encoded(store_blocks{input_id{1}, epoch{2}, block_sequence{3}, {header(4, {{"producer", 1, 2}})}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    store_blocks back;
    INFO(size);
    CHECK_FALSE(refusal_of(bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)), back).empty());
  }
}

TEST_CASE("a list that says that it is endless is refused before it is read, and the field is named",
          "[bounded_message]") {
  store_blocks back;
  auto why = refusal_of(encoded(input_id{1}, epoch{2}, block_sequence{3}, huge), back);
  INFO(why);
  CHECK(says(why, "store_blocks"));
  CHECK(says(why, "field headers"));
  CHECK(says(why, std::to_string(huge) + " entries"));
  CHECK(says(why, "at most 4096"));
  CHECK(back.headers.capacity() == 0);
}

TEST_CASE("a text that says that it is endless is refused before there is room for it", "[bounded_message]") {
  find_producer back;
  auto why = refusal_of(encoded(input_id{1}, epoch{2}, huge), back);
  INFO(why);
  CHECK(says(why, "find_producer"));
  CHECK(says(why, "field producer"));
  CHECK(says(why, "bytes"));
  CHECK(back.producer.size() < 100);
}

TEST_CASE("the bounds are those of the whole message, and not one more", "[bounded_message]") {
  auto of_length = [](std::size_t entries) {
    release_blocks message{epoch{1}, std::vector<log::block_range>(entries)};
    auto all = encoded(message.coordinator, std::uint64_t{entries});
    for (auto& range : message.ranges)
      for (auto each : encoded(range.input, range.epoch, range.first, range.last))
        all.push_back(each);
    return all;
  };
  release_blocks back;
  CHECK(refusal_of(of_length(most_entries), back).empty());
  CHECK(back.ranges.size() == most_entries);
  CHECK(says(refusal_of(of_length(most_entries + 1), back), "field ranges has 4097 entries"));
  SECTION("lists in lists count") {
    store_blocks inner;
    auto begin = encoded(input_id{1}, epoch{2}, block_sequence{3}, std::uint64_t{1}, input_id{1}, epoch{2},
                         block_sequence{4}, std::uint64_t{5}, std::uint64_t{6}, std::uint64_t{7});
    for (auto each : encoded(std::uint64_t{most_entries}))
      begin.push_back(each);
    CHECK(says(refusal_of(begin, inner), "4096 entries behind 1"));
  }
  SECTION("bytes count") {
    find_producer text;
    auto all = encoded(input_id{1}, epoch{2}, std::uint64_t{most_message_bytes});
    all.resize(all.size() + most_message_bytes + 100);
    CHECK(says(refusal_of(all, text), "at most 1048576"));
  }
}

TEST_CASE("whoever decodes a whole message of CAF is told why it is refused", "[bounded_message]") {
  caf::actor_system_config config;
  config.set("scheduler.policy", caf::atom("testing"));
  register_messages(config);
  caf::actor_system system{config};
  bytes all;
  caf::binary_serializer to{system, all};
  auto message = caf::make_message(release_blocks{epoch{1}, {}});
  REQUIRE_FALSE(to(message));
  all.resize(all.size() - sizeof(std::uint64_t));
  for (auto each : encoded(huge))
    all.push_back(each);
  caf::message back;
  caf::binary_deserializer from{system, all};
  take_refusal();
  auto failed = from(back);
  CHECK((failed || back.empty()));
  CHECK(says(take_refusal(), "release_blocks says that its field ranges"));
  CHECK(take_refusal().empty());
}

TEST_CASE("fields have the names that the message gives them", "[bounded_message]") {
  CHECK(field_name(publish_batch::field_names(), 0) == "epoch");
  CHECK(field_name(publish_batch::field_names(), 3) == "incarnation");
  CHECK(field_name(publish_batch::field_names(), 99).empty());
  CHECK(name_of_message<publish_batch>() == "publish_batch");
}
