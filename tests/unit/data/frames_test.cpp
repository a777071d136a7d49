#include "libstream/data/frames.hpp"

#include <catch2/catch.hpp>

using namespace weir::data;

TEST_CASE("frames come out as they went in, whatever they hold", "[frames]") {
  std::string bytes;
  const std::string contents[] = {
    "", "a", "two\nlines", std::string(127, 'x'), std::string(128, 'y'), std::string(70'000, 'z')};
  for (auto& content : contents)
    append_frame(bytes, content);
  std::string_view rest{bytes};
  for (auto& content : contents) {
    auto frame = take_frame(rest);
    REQUIRE(frame);
    CHECK(*frame == content);
  }
  CHECK(rest.empty());
  CHECK_FALSE(take_frame(rest));
  auto behind = skip_frames(bytes, 2);
  CHECK(*take_frame(behind) == "two\nlines");
  CHECK(skip_frames(bytes, 100).empty());
}

TEST_CASE("bytes that are no whole frame are not taken", "[frames]") {
  std::string bytes;
  append_frame(bytes, std::string(300, 'x'));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    std::string_view part{bytes.data(), length};
    REQUIRE_FALSE(take_frame(part));
    REQUIRE(part.size() == length);
  }
  std::string endless(20, '\xff');
  std::string_view rest{endless};
  CHECK_FALSE(take_frame(rest));
}
