#include <catch2/catch.hpp>
#include <rapidcheck.h>
#include <string>
#include <vector>

#include "libstream/data/buffer.hpp"
#include "libstream/operators/split_words.hpp"
#include "libstream/operators/text_source.hpp"
#include "tests/property.hpp"

using namespace weir;

namespace {

class keep final : public operators::sink<std::string_view> {
public:
  void consume(std::span<const std::string_view> records) override {
    kept.insert(kept.end(), records.begin(), records.end());
  }
  void finish() override {}
  std::vector<std::string> kept;
};

struct cut_result {
  std::vector<std::string> records;
  operators::cut_counts counts;
};

cut_result cut(std::string_view text, std::size_t longest) {
  data::buffer bytes{text.size()};
  bytes.append(text);
  keep downstream;
  data::chunk<std::string_view> chunk;
  operators::emitter<std::string_view> emit{chunk, downstream};
  auto counts = operators::cut_records(bytes.view(), longest, emit);
  emit.flush();
  return {downstream.kept, counts};
}

/// The contract's words, byte by byte.
cut_result cut_slowly(std::string_view text, std::size_t longest) {
  cut_result made;
  std::string record;
  auto end_record = [&] {
    if (!record.empty() && record.back() == '\r')
      record.pop_back();
    if (record.size() > longest) {
      ++made.counts.skipped;
    } else {
      ++made.counts.records;
      made.records.push_back(record);
    }
    record.clear();
  };
  for (char byte : text)
    if (byte == '\n')
      end_record();
    else
      record.push_back(byte);
  if (!text.empty() && text.back() != '\n')
    end_record();
  return made;
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> found;
  auto emit = [&](std::string_view word) { found.emplace_back(word); };
  split_words(text, emit);
  return found;
}

std::vector<std::string> words_slowly(std::string_view text) {
  std::vector<std::string> found;
  bool open = false;
  for (char byte : text) {
    bool white = byte == ' ' || (byte >= '\t' && byte <= '\r');
    if (!white && !open)
      found.emplace_back();
    if (!white)
      found.back().push_back(byte);
    open = !white;
  }
  return found;
}

/// Texts in which the bytes that matter are frequent.
rc::Gen<std::string> text_of(std::string alphabet) {
  return rc::gen::withSize([alphabet](int size) {
    return rc::gen::resize(size * 4, rc::gen::container<std::string>(rc::gen::elementOf(alphabet)));
  });
}

} // namespace

TEST_CASE("text is cut at newlines as the contract says", "[text_source]") {
  CHECK(cut("", 10).records.empty());
  CHECK(cut("a\nb\n", 10).records == std::vector<std::string>{"a", "b"});
  CHECK(cut("a\r\nb\r", 10).records == std::vector<std::string>{"a", "b"});
  CHECK(cut("\n\r\n", 10).records == std::vector<std::string>{"", ""});
  CHECK(cut("a\r\r\n", 10).records == std::vector<std::string>{"a\r"});
  CHECK(cut("a\rb", 10).records == std::vector<std::string>{"a\rb"});
}

TEST_CASE("a record of the greatest length passes, with a carriage return too; a longer one is skipped and counted",
          "[text_source]") {
  auto made = cut("1234\n12345\n1234\r\n12345\r\n12345", 4);
  CHECK(made.records == std::vector<std::string>{"1234", "1234"});
  CHECK(made.counts.records == 2);
  CHECK(made.counts.skipped == 3);
}

TEST_CASE("cutting equals cutting byte by byte", "[text_source]") {
  weir::testing::check_property("against a model", [] {
    auto text = *text_of("ab\r\n");
    auto longest = *rc::gen::inRange<std::size_t>(1, 8);
    auto fast = cut(text, longest);
    auto slow = cut_slowly(text, longest);
    RC_ASSERT(fast.records == slow.records);
    RC_ASSERT(fast.counts.records == slow.counts.records);
    RC_ASSERT(fast.counts.skipped == slow.counts.skipped);
  });
}

TEST_CASE("words are runs of bytes other than ASCII white space", "[split_words]") {
  CHECK(words("").empty());
  CHECK(words(" \t\n\v\f\r").empty());
  CHECK(words("To be,\tor not") == std::vector<std::string>{"To", "be,", "or", "not"});
  CHECK(words("na\xc3\xafve\xc2\xa0"
              "x \x85")
          .size() == 2);
  CHECK(words(std::string{"a\0b c", 5}) == std::vector<std::string>{std::string{"a\0b", 3}, "c"});
}

TEST_CASE("every byte is a word or a gap, at every place of a block", "[split_words]") {
  for (int byte = 0; byte < 256; ++byte)
    for (std::size_t at : {0u, 1u, 15u, 16u, 62u, 63u, 64u, 65u, 127u, 128u}) {
      std::string text(130, 'w');
      text[at] = static_cast<char>(byte);
      REQUIRE(words(text) == words_slowly(text));
    }
}

TEST_CASE("splitting equals splitting byte by byte, and reads nothing behind the text", "[split_words]") {
  weir::testing::check_property("against a model", [] {
    auto text = *text_of("ab \t\n\v\f\r\x80");
    auto exact = std::vector<char>(text.begin(), text.end()); // without padding: the address sanitizer watches its end
    std::string_view view{exact.data(), exact.size()};
    RC_ASSERT(words(view) == words_slowly(text));
  });
}
