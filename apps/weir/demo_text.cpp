#include "apps/weir/demo_text.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace weir::tool {

namespace {

using words = std::array<std::string_view, 14>;

// What the text is about: nouns, the most frequent first.
constexpr std::array<words, 7> subjects{{
  {"sea", "boat", "wave", "harbour", "sailor", "gull", "tide", "net", "anchor", "island", "lighthouse", "rope", "storm",
   "shell"},
  {"forest", "fox", "oak", "owl", "path", "moss", "river", "deer", "fern", "hill", "badger", "bark", "mist", "berry"},
  {"town", "street", "clock", "market", "bridge", "baker", "tram", "square", "window", "tailor", "roof", "bell", "lamp",
   "fountain"},
  {"kitchen", "bread", "soup", "pepper", "kettle", "spoon", "onion", "oven", "apple", "cook", "plate", "salt", "honey",
   "lemon"},
  {"moon", "star", "night", "comet", "shadow", "dream", "planet", "telescope", "cloud", "silence", "dawn", "owl",
   "frost", "sky"},
  {"library", "book", "page", "poem", "letter", "reader", "ink", "shelf", "story", "map", "pencil", "word", "chapter",
   "whisper"},
  {"garden", "rose", "bee", "gate", "tulip", "wall", "rain", "spade", "cat", "bench", "root", "pond", "sparrow",
   "summer"},
}};

constexpr std::string_view determiners[] = {"the", "a", "every", "that", "one", "this", "some", "her", "his", "our"};
constexpr std::string_view adjectives[] = {"old",    "quiet",  "small", "bright", "green",  "long",   "cold",
                                           "golden", "lonely", "wild",  "early",  "broken", "hidden", "warm",
                                           "blue",   "gentle", "heavy", "silver", "hungry", "patient"};
constexpr std::string_view verbs[] = {"found",    "followed", "carried", "watched", "remembered", "crossed", "called",
                                      "left",     "loved",    "waited",  "painted", "counted",    "turned",  "passed",
                                      "answered", "kept",     "moved",   "forgot",  "circled",    "woke",    "sang"};
constexpr std::string_view places[] = {"of",   "under",   "beside", "behind", "over",
                                       "near", "through", "before", "beyond", "without"};
constexpr std::string_view joints[] = {"and", "then", "while", "because", "but", "until", "so", "as"};
constexpr std::string_view times[] = {"today", "again", "slowly",  "once",  "still",
                                      "never", "often", "tonight", "twice", "alone"};

// d determiner, n noun, a adjective, v verb, p place, j joint, t time
constexpr std::string_view sentences[] = {
  "d a n v d n p d n", "d n v p d a n t",   "d n p d n v d a n", "t d n v d n j d n v", "d a n j d n v p d n",
  "d n v d n j v t",   "p d n d a n v d n", "d n v t",           "j d a n v d n p d n", "d n j d n v d n t",
};

} // namespace

demo_text::demo_text(std::uint64_t lines_per_subject, std::uint32_t seed)
  : random_{seed}, lines_per_subject_{std::max<std::uint64_t>(1, lines_per_subject)} {}

void demo_text::append_line(std::string& into) {
  last_line_.clear();
  for (auto slot : sentences[random_() % std::size(sentences)])
    if (slot == ' ')
      last_line_ += ' ';
    else
      last_line_ += word_for(slot);
  ++line_;
  into += last_line_;
  into += '\n';
}

std::string_view demo_text::word_for(char slot) {
  auto from = [this](auto& list) { return list[skewed(std::size(list))]; };
  switch (slot) {
    case 'd': return from(determiners);
    case 'a': return from(adjectives);
    case 'v': return from(verbs);
    case 'p': return from(places);
    case 'j': return from(joints);
    case 't': return from(times);
    default: return noun();
  }
}

/// Mostly of the present subject, or of the next one, the nearer it is.
std::string_view demo_text::noun() {
  auto subject = line_ / lines_per_subject_;
  auto progress = line_ % lines_per_subject_;
  if (random_() % lines_per_subject_ < progress * progress / lines_per_subject_)
    ++subject;
  if (random_() % 5 == 0)
    subject = random_();
  auto& list = subjects[subject % subjects.size()];
  return list[skewed(list.size())];
}

std::size_t demo_text::skewed(std::size_t size) {
  auto a = random_() % size;
  auto b = random_() % size;
  auto c = random_() % size;
  return std::min({a, b, c});
}

} // namespace weir::tool
