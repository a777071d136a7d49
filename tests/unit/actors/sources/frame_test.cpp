#include "actors/sources/frame.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <random>

using namespace weir::actors;

namespace {

frame_header_buffer header_of(const std::string& frame) {
  frame_header_buffer bytes{};
  std::memcpy(bytes.data(), frame.data(), bytes.size());
  return bytes;
}

std::string payload_of(const std::string& frame) { return frame.substr(frame_header_bytes); }

std::string random_bytes(std::mt19937_64& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (auto& c : bytes)
    c = static_cast<char>(random());
  return bytes;
}

} // namespace

TEST_CASE("a frame is read as it was written", "[frame]") {
  std::mt19937_64 random{1};
  for (int round = 0; round < 500; ++round) {
    auto records = 1 + random() % 50;
    std::string payload;
    for (std::uint64_t i = 0; i < records; ++i) {
      auto record = random_bytes(random, random() % 40);
      std::replace(record.begin(), record.end(), '\n', ' ');
      payload += record + '\n';
    }
    auto first = 1 + (random() >> (random() % 64)) / 2;
    auto frame = encode_frame(frame_type::data, first, static_cast<std::uint32_t>(records), payload);
    auto header = decode_header(header_of(frame));
    REQUIRE(header);
    CHECK(header->type == frame_type::data);
    CHECK(header->sequence == first);
    CHECK(header->count == records);
    CHECK(header->payload_bytes == payload.size());
    CHECK(checksum_matches(header_of(frame), payload));
    CHECK(check_records(header->count, payload));
    CHECK_FALSE(check_records(header->count + 1, payload));
  }
}

TEST_CASE("the bytes of a frame are the ones that the protocol page shows", "[frame]") {
  auto frame = encode_frame(frame_type::data, 7, 2, "ab\ncd\n");
  const unsigned char expected[] = {'W', 'E', 'I', 'R', 1, 3, 0, 0, 6,    0,    0,    0,    2,    0,    0,    0,
                                    7,   0,   0,   0,   0, 0, 0, 0, 0x9a, 0x4d, 0xfe, 0x42, 0x28, 0xc5, 0x5f, 0xa4};
  REQUIRE(frame.size() == sizeof expected + 6);
  CHECK(std::equal(std::begin(expected), std::end(expected), frame.begin(),
                   [](unsigned char a, char b) { return a == static_cast<unsigned char>(b); }));
}

TEST_CASE("any changed bit of a frame is noticed", "[frame]") {
  auto frame = encode_frame(frame_type::data, 7, 2, "ab\ncd\n");
  for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
    auto damaged = frame;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    auto header = decode_header(header_of(damaged));
    auto noticed = !header || header->payload_bytes != 6 || !checksum_matches(header_of(damaged), payload_of(damaged));
    CHECK(noticed);
  }
}

TEST_CASE("random bytes are never a frame, and never read beyond their end", "[frame][hostile]") {
  std::mt19937_64 random{2};
  for (int round = 0; round < 20'000; ++round) {
    auto bytes = random_bytes(random, frame_header_bytes);
    if (round % 2 == 0)
      bytes.replace(0, 5, std::string{"WEIR\x01", 5});
    if (auto header = decode_header(header_of(bytes))) {
      auto payload = random_bytes(random, std::min<std::size_t>(header->payload_bytes, 4096));
      CHECK_FALSE(checksum_matches(header_of(bytes), payload));
    }
    auto payload = random_bytes(random, random() % 64);
    if (auto hello = decode_hello(payload))
      CHECK(check_producer_name(hello->producer));
    if (auto welcome = decode_welcome(payload))
      CHECK(welcome->max_frame_bytes > welcome->max_record_bytes);
  }
}

TEST_CASE("claims that no honest producer makes are refused by the header alone", "[frame][hostile]") {
  auto refused = [](frame_type type, std::uint64_t sequence, std::uint32_t count, std::uint32_t claimed) {
    auto bytes = encode_header(type, sequence, count, {});
    for (int i = 0; i < 4; ++i)
      bytes[8 + static_cast<std::size_t>(i)] = static_cast<char>(claimed >> (8 * i));
    return !decode_header(bytes);
  };
  CHECK(refused(frame_type::data, 1, 1, 0xffff'ffff));
  CHECK(refused(frame_type::data, 1, 1, weir::limits::max_frame_bytes + 1));
  CHECK_FALSE(refused(frame_type::data, 1, 1, weir::limits::max_frame_bytes));
  CHECK(refused(frame_type::data, 1, 0, 10));
  CHECK(refused(frame_type::data, 1, 11, 10));
  CHECK(refused(frame_type::data, 0, 1, 10));
  CHECK(refused(frame_type::data, UINT64_MAX, 1, 10));
  CHECK(refused(frame_type::skipped, 1, 1, 1));
  CHECK(refused(frame_type::skipped, 1, 0, 0));
  CHECK(refused(frame_type::hello, 0, 0, 1025));
  CHECK(refused(frame_type::hello, 1, 0, 10));
  CHECK(refused(frame_type::hello, 0, 1, 10));
  CHECK_FALSE(refused(frame_type::hello, 0, 0, 10));
  CHECK(refused(frame_type::goodbye, 0, 0, 1));
  CHECK(refused(frame_type::goodbye, 7, 1, 0));
  CHECK_FALSE(refused(frame_type::goodbye, 7, 0, 0));
  CHECK(refused(static_cast<frame_type>(0), 0, 0, 0));
  CHECK(refused(static_cast<frame_type>(9), 0, 0, 0));
}

TEST_CASE("a HELLO names a producer in plain characters", "[frame]") {
  auto hello = decode_hello(payload_of(encode_hello("shop-7", "weir send")));
  REQUIRE(hello);
  CHECK(hello->producer == "shop-7");
  CHECK(hello->client == "weir send");
  CHECK_FALSE(decode_hello(""));
  CHECK_FALSE(decode_hello(std::string{"\x05\x00shop", 6}));
  CHECK_FALSE(decode_hello(payload_of(encode_hello("", "x"))));
  CHECK_FALSE(decode_hello(payload_of(encode_hello("a\nb", "x"))));
  CHECK_FALSE(decode_hello(payload_of(encode_hello(std::string(201, 'a'), "x"))));
  CHECK(decode_hello(payload_of(encode_hello(std::string(200, 'a'), ""))));
}

TEST_CASE("newlines are counted as std::count counts them", "[frame]") {
  std::mt19937_64 random{3};
  for (std::size_t size = 0; size < 300; ++size) {
    auto bytes = random_bytes(random, size);
    for (auto& c : bytes)
      if (random() % 4 == 0)
        c = '\n';
    CHECK(count_newlines(bytes) == static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n')));
  }
  CHECK(count_newlines(std::string(100'003, '\n')) == 100'003);
}
