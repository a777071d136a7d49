#include "apps/weir/verifier.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>

namespace weir::tool {

namespace {

namespace fs = std::filesystem;

bool is_space(char byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

tl::unexpected<error> unreadable(const std::string& path) {
  return fail(error_code::disk, "cannot be read", path,
              "check whether something else changes the experiment's directory");
}

result<std::string> read_whole(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::string bytes{std::istreambuf_iterator<char>{file}, {}};
  if (!file.is_open() || file.bad())
    return unreadable(path);
  return bytes;
}

std::string unescaped(std::string_view key) {
  std::string plain;
  for (std::size_t i = 0; i < key.size(); ++i) {
    auto escaped = key[i] == '\\' && i + 1 < key.size();
    auto byte = escaped ? key[++i] : key[i];
    plain += !escaped ? byte : byte == 't' ? '\t' : byte == 'n' ? '\n' : byte == 'r' ? '\r' : byte;
  }
  return plain;
}

/// The part files of a published directory, in order.
result<std::vector<std::string>> parts_of(const std::string& directory) {
  std::vector<std::string> parts;
  std::error_code failure;
  for (fs::directory_iterator entry{directory, failure}, end; !failure && entry != end; entry.increment(failure))
    parts.push_back(entry->path().string());
  if (failure)
    return unreadable(directory);
  std::sort(parts.begin(), parts.end());
  return parts;
}

/// FNV-1a over names and bytes.
result<std::uint64_t> digest_of(const std::string& directory) {
  auto parts = parts_of(directory);
  if (!parts)
    return tl::make_unexpected(parts.error());
  std::uint64_t digest = 0xcbf29ce484222325u;
  auto add = [&digest](std::string_view bytes) {
    for (unsigned char byte : bytes)
      digest = (digest ^ byte) * 0x100000001b3u;
  };
  for (auto& part : *parts) {
    auto bytes = read_whole(part);
    if (!bytes)
      return tl::make_unexpected(bytes.error());
    add(part);
    add(*bytes);
  }
  return digest;
}

} // namespace

result<void> count_words(const std::string& path, word_counts& into) {
  std::ifstream file{path, std::ios::binary};
  if (!file.is_open())
    return unreadable(path);
  std::string piece(1 << 20, '\0');
  std::string word;
  auto finish_word = [&] {
    if (!word.empty())
      ++into[word];
    word.clear();
  };
  while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) || file.gcount() > 0)
    for (auto byte : std::string_view{piece.data(), static_cast<std::size_t>(file.gcount())})
      if (is_space(byte))
        finish_word();
      else
        word += byte;
  finish_word();
  if (file.bad())
    return unreadable(path);
  return {};
}

result<void> count_published(const std::string& directory, word_counts& into) {
  auto parts = parts_of(directory);
  if (!parts)
    return tl::make_unexpected(parts.error());
  for (auto& part : *parts) {
    if (!fs::path{part}.filename().string().starts_with("part-"))
      continue;
    auto bytes = read_whole(part);
    if (!bytes)
      return tl::make_unexpected(bytes.error());
    std::string_view unread = *bytes;
    while (!unread.empty()) {
      auto end = unread.find('\n');
      auto line = unread.substr(0, end);
      auto tab = line.find('\t');
      std::int64_t count = 0;
      auto number = tab == std::string_view::npos ? std::string_view{} : line.substr(tab + 1);
      auto parsed = std::from_chars(number.data(), number.data() + number.size(), count);
      if (end == std::string_view::npos || number.empty() || parsed.ptr != number.data() + number.size())
        return fail(error_code::failed,
                    "a published line is not key, tab, number: \"" + std::string{line.substr(0, 80)} + "\"", part);
      into[unescaped(line.substr(0, tab))] += count;
      unread.remove_prefix(end + 1);
    }
  }
  return {};
}

comparison compare(const word_counts& expected, const word_counts& published) {
  comparison outcome;
  outcome.distinct = expected.size();
  for (auto& [word, count] : expected) {
    auto entry = published.find(word);
    auto there = entry == published.end() ? 0 : entry->second;
    outcome.words += count;
    outcome.lost += std::max<std::int64_t>(0, count - there);
    outcome.duplicated += std::max<std::int64_t>(0, there - count);
  }
  for (auto& [word, count] : published) {
    outcome.published += count;
    if (!expected.contains(word))
      outcome.duplicated += count;
  }
  return outcome;
}

output_watch::output_watch(const std::string& prefix)
  : parent_{fs::path{prefix}.parent_path().string()}, name_{fs::path{prefix}.filename().string()} {}

result<output_watch::listing> output_watch::list() const {
  listing listed;
  std::error_code failure;
  for (fs::directory_iterator entry{parent_, failure}, end; !failure && entry != end; entry.increment(failure)) {
    auto name = entry->path().filename().string();
    std::int64_t time_ms = 0;
    auto digits = std::string_view{name}.substr(std::min(name.size(), name_.size() + 1));
    auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), time_ms);
    auto is_batch = name.starts_with(name_ + "-") && !digits.empty() && parsed.ptr == digits.data() + digits.size();
    std::error_code ignored;
    if (is_batch && fs::exists(entry->path() / "_SUCCESS", ignored))
      listed.complete.emplace(time_ms, entry->path().string());
    else if (name.find(name_ + "-") != std::string::npos)
      listed.unfinished.insert(entry->path().string());
  }
  if (failure)
    return unreadable(parent_);
  return listed;
}

result<void> output_watch::look() {
  auto listed = list();
  if (!listed)
    return tl::make_unexpected(listed.error());
  auto newest = seen_.empty() ? INT64_MIN : seen_.rbegin()->first;
  for (auto& [time_ms, path] : listed->complete) {
    if (seen_.contains(time_ms))
      continue;
    if (time_ms < newest)
      violated("batch " + std::to_string(time_ms) + " became visible after batch " + std::to_string(newest));
    auto digest = digest_of(path);
    if (!digest)
      return tl::make_unexpected(digest.error());
    seen_.emplace(time_ms, *digest);
  }
  return {};
}

result<void> output_watch::finish() {
  if (auto looked = look(); !looked)
    return looked;
  auto listed = list();
  if (!listed)
    return tl::make_unexpected(listed.error());
  for (auto& path : listed->unfinished)
    violated("left behind without _SUCCESS: " + path);
  for (auto& [time_ms, digest] : seen_) {
    auto entry = listed->complete.find(time_ms);
    if (entry == listed->complete.end()) {
      violated("vanished after it was complete: batch " + std::to_string(time_ms));
      continue;
    }
    auto now = digest_of(entry->second);
    if (!now)
      return tl::make_unexpected(now.error());
    if (*now != digest)
      violated("changed after it was complete: " + entry->second);
  }
  return {};
}

result<word_counts> output_watch::totals() const {
  auto listed = list();
  if (!listed)
    return tl::make_unexpected(listed.error());
  word_counts counts;
  for (auto& [time_ms, path] : listed->complete)
    if (auto counted = count_published(path, counts); !counted)
      return tl::make_unexpected(counted.error());
  return counts;
}

} // namespace weir::tool
