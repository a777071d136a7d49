#include "bench/inputs/text_inputs.hpp"

#include <algorithm>
#include <cmath>

#include "actors/sources/frame.hpp"
#include "actors/sources/text_generator.hpp"
#include "bench/inputs/random.hpp"

namespace weir::bench {

namespace {

constexpr std::uint32_t natural_vocabulary = 2'000'000;

/// Syllables, so that frequent words are short, words look pronounceable and each rank has its own.
void append_word(std::uint64_t rank, std::string& into) {
  constexpr std::string_view consonants = "tnshrdlcmfpgwybvk";
  constexpr std::string_view vowels = "eaoiu";
  auto rest = rank;
  do {
    into += consonants[rest % consonants.size()];
    rest /= consonants.size();
    into += vowels[rest % vowels.size()];
    rest /= vowels.size();
  } while (rest > 0);
}

/// A rank by Zipf's law over the vocabulary: the inverse of the logarithm, which is its distribution function.
std::uint64_t draw_rank(splitmix& random) {
  auto uniform = static_cast<double>(random.next() >> 11) * 0x1.0p-53;
  auto rank = std::exp(uniform * std::log(static_cast<double>(natural_vocabulary)));
  return std::min<std::uint64_t>(static_cast<std::uint64_t>(rank), natural_vocabulary - 1);
}

} // namespace

text_input::text_input(std::string text) : text_{std::make_shared<std::string>(std::move(text))}, size_{text_->size()} {
  text_->append(2 * limits::read_padding, '\0');
  lines_ = actors::count_newlines(all());
  for (auto rest = all(); !rest.empty();) {
    auto size = rest.size() <= limits::block_bytes ? rest.size() : rest.rfind('\n', limits::block_bytes - 1) + 1;
    pieces_.push_back({rest.substr(0, size), text_});
    rest.remove_prefix(size);
  }
}

std::vector<data::buffer_handle> text_input::blocks() const {
  std::vector<data::buffer_handle> blocks;
  for (auto& piece : pieces_) {
    auto block = std::make_shared<data::buffer>(piece.bytes.size());
    block->append(piece.bytes);
    blocks.push_back(std::move(block));
  }
  return blocks;
}

std::string make_lines100(std::size_t bytes) {
  actors::text_generator generator{{}};
  auto lines = bytes / 100;
  std::string text(lines * 100 + actors::text_generator::slack_bytes, '\0');
  for (std::size_t i = 0; i < lines; ++i)
    generator.write_line(i, text.data() + i * 100);
  text.resize(lines * 100);
  return text;
}

std::string make_natural(std::size_t bytes) {
  splitmix random{3};
  std::string text;
  text.reserve(bytes + 1024);
  while (text.size() < bytes) {
    auto words = 5 + random.below(16);
    for (std::uint64_t i = 0; i < words; ++i) {
      auto begin = text.size();
      append_word(draw_rank(random), text);
      if (i == 0)
        text[begin] = static_cast<char>(text[begin] - 'a' + 'A');
      text += i + 1 == words ? ".\n" : random.below(12) == 0 ? ", " : " ";
    }
  }
  return text;
}

std::string make_unique(std::size_t bytes) {
  std::string text;
  text.reserve(bytes + 128);
  for (std::uint64_t number = 0; text.size() < bytes;) {
    auto begin = text.size();
    while (text.size() - begin < 90) {
      append_word(static_cast<std::uint32_t>(number++ * 0x9e3779b1u), text); // an odd factor: all different
      text += ' ';
    }
    text.back() = '\n';
  }
  return text;
}

} // namespace weir::bench
