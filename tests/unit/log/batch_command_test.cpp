#include "libstream/log/batch_command.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::log;

namespace {

std::vector<batch_command> one_of_each() {
  batch_record sealed;
  sealed.id = batch_id{7};
  sealed.time_ms = 700;
  sealed.splits = {{{{input_id{1}, epoch{2}, block_sequence{3}, block_sequence{4}}}, {}, 10},
                   {{}, {{input_id{2}, "a.txt", 900, 5, 0, 450}}, 450}};
  auto amended = sealed;
  amended.amendment = {3, false, {{stage_index{1}, task_index{2}, 9, "parse", "no number", 77, true}}};
  commit_record committed;
  committed.id = batch_id{7};
  committed.parts = {{"counts", 1, 20, 2, 99}};
  return {claim_command{~std::uint64_t{0}, epoch{4}},  open_command{epoch{5}, input_id{1}, 11, epoch{2}},
          seal_command{epoch{5}, batch_id{6}, sealed}, amend_command{epoch{5}, amended},
          commit_command{epoch{5}, committed},         finish_command{epoch{5}, batch_id{7}}};
}

} // namespace

TEST_CASE("each command comes back from its bytes", "[batch_command]") {
  auto commands = one_of_each();
  REQUIRE(commands.size() == std::variant_size_v<batch_command>);
  for (std::size_t kind = 0; kind < commands.size(); ++kind) {
    INFO("kind " << kind);
    auto bytes = encode_command(commands[kind]);
    CHECK(static_cast<std::size_t>(bytes.front()) == kind); // its number, which a later version must know
    auto decoded = decode_command(bytes);
    REQUIRE(decoded.has_value());
    CHECK(*decoded == commands[kind]);
  }
}

TEST_CASE("bytes that are no command are refused, whatever is cut off or changed", "[batch_command]") {
  CHECK_FALSE(decode_command("").has_value());
  auto of_newer_version = decode_command(std::string{"\x06\x91\x01", 3});
  REQUIRE_FALSE(of_newer_version.has_value());
  CHECK(of_newer_version.error().code == error_code::corrupt);
  CHECK(of_newer_version.error().what.find("unknown kind 6") != std::string::npos);
  for (auto& command : one_of_each()) {
    auto bytes = encode_command(command);
    for (std::size_t length = 1; length < bytes.size(); ++length)
      CHECK_FALSE(decode_command(std::string_view{bytes}.substr(0, length)).has_value());
    CHECK_FALSE(decode_command(bytes + "x").has_value());
  }
}
