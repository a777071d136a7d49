#include "actors/simulation/checker.hpp"

#include <algorithm>
#include <cstdio>

namespace weir::actors::simulation {

namespace {

constexpr std::size_t most_violations = 20;

std::optional<std::uint64_t> number_of(std::string_view text) {
  if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  std::uint64_t value = 0;
  for (auto digit : text)
    value = value * 10 + static_cast<std::uint64_t>(digit - '0');
  return value;
}

/// Of a dead letter, behind the record: an operator and a problem. One record then.
std::optional<std::uint64_t> is_cause(std::string_view text) {
  auto tab = text.find('\t');
  if (tab == std::string_view::npos || tab == 0 || tab + 1 == text.size() ||
      text.find('\t', tab + 1) != std::string_view::npos)
    return std::nullopt;
  return 1;
}

/// A word as a terminal shows it.
std::string printable(const std::string& word) {
  std::string text;
  char code[8];
  for (unsigned char byte : word) {
    std::snprintf(code, sizeof code, "\\x%02x", byte);
    text += byte > ' ' && byte < 0x7f ? std::string(1, static_cast<char>(byte)) : code;
  }
  return text;
}

bool same(const checker::directory& a, const checker::directory& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](auto& x, auto& y) {
    return x.first == y.first && (x.second == y.second || (x.second && y.second && *x.second == *y.second));
  });
}

} // namespace

bool belongs_to(const std::string& path, const std::string& prefix) {
  return path.size() > prefix.size() && path.starts_with(prefix) && path[prefix.size()] == '-';
}

std::optional<std::string> unescaped(std::string_view text) {
  std::string key;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      key += text[i];
      continue;
    }
    if (++i == text.size())
      return std::nullopt;
    switch (text[i]) {
      case 't': key += '\t'; break;
      case 'n': key += '\n'; break;
      case 'r': key += '\r'; break;
      case '\\': key += '\\'; break;
      default: return std::nullopt;
    }
  }
  return key;
}

std::vector<std::string> naive_words(std::string_view line) {
  std::vector<std::string> words(1);
  for (auto byte : line) {
    auto is_space = byte == ' ' || (byte >= '\t' && byte <= '\r');
    if (!is_space)
      words.back() += byte;
    else if (!words.back().empty())
      words.emplace_back();
  }
  if (words.back().empty())
    words.pop_back();
  return words;
}

checker::checker(const std::vector<std::string>& prefixes, format lines) : format_{lines} {
  for (auto& prefix : prefixes)
    outputs_[prefix];
}

void checker::violated(std::string sentence) {
  if (violations_.size() < most_violations)
    violations_.push_back(std::move(sentence));
}

std::optional<std::int64_t> checker::time_of(const std::string& prefix, const std::string& path, bool is_complete) {
  if (!belongs_to(path, prefix))
    return std::nullopt;
  auto time = number_of(std::string_view{path}.substr(prefix.size() + 1));
  if (!time && is_complete)
    violated(path + ": not named after a batch time");
  return time ? std::optional{static_cast<std::int64_t>(*time)} : std::nullopt;
}

void checker::look(const std::string& prefix, const std::map<std::string, directory>& seen) {
  auto& at = outputs_.at(prefix);
  at.now.clear();
  std::map<std::int64_t, const directory*> complete;
  for (auto& [path, files] : seen) {
    if (!files.count("_SUCCESS"))
      continue;
    if (auto time = time_of(prefix, path, true))
      complete[*time] = &files;
  }
  for (auto& [time, files] : complete)
    look_at(prefix, at, time, *files);
}

void checker::look_at_changes(const std::string& prefix,
                              const std::map<std::string, std::optional<directory>>& changed) {
  auto& at = outputs_.at(prefix);
  std::map<std::int64_t, const directory*> complete;
  for (auto& [path, files] : changed) {
    auto is_complete = files && files->count("_SUCCESS") > 0;
    auto time = time_of(prefix, path, is_complete);
    if (time && is_complete)
      complete[*time] = &*files;
    else if (time)
      at.now.erase(*time);
  }
  for (auto& [time, files] : complete)
    look_at(prefix, at, time, *files);
}

void checker::look_at(const std::string& prefix, output& at, std::int64_t time, const directory& files) {
  at.now.insert(time);
  auto known = at.first_seen.find(time);
  auto path = prefix + "-" + std::to_string(time);
  if (known == at.first_seen.end()) {
    if (!at.first_seen.empty() && time < at.first_seen.rbegin()->first)
      violated(path + ": became visible after the later batch " + std::to_string(at.first_seen.rbegin()->first));
    if (files.size() < 2)
      violated(path + ": _SUCCESS without parts");
    at.first_seen[time] = files;
  } else if (!same(known->second, files)) {
    violated(path + ": changed after it became visible");
    known->second = files;
  }
}

void checker::add_lines(const std::string& where, const std::string& text, std::map<std::string, std::uint64_t>& into) {
  for (std::size_t from = 0; from < text.size();) {
    auto to = text.find('\n', from);
    auto line = std::string_view{text}.substr(from, to == std::string::npos ? to : to - from);
    auto tab = line.find('\t');
    auto key = tab == std::string_view::npos ? std::nullopt : unescaped(line.substr(0, tab));
    auto rest = tab == std::string_view::npos ? std::string_view{} : line.substr(tab + 1);
    auto value = format_ == format::counts ? number_of(rest) : is_cause(rest);
    if (to == std::string::npos || !key || !value)
      return violated(where + ": cannot be read from byte " + std::to_string(from) + " on");
    into[*key] += *value;
    from = to + 1;
  }
}

std::map<std::string, std::uint64_t> checker::totals(const std::string& prefix, const output& at) {
  std::map<std::string, std::uint64_t> found;
  for (auto& [time, files] : at.first_seen) {
    auto path = prefix + "-" + std::to_string(time);
    if (!at.now.count(time)) {
      violated(path + ": was visible once and has vanished");
      continue;
    }
    for (auto& [name, text] : files)
      if (name != "_SUCCESS" && text)
        add_lines(path + "/" + name, *text, found);
  }
  return found;
}

checker::verdict checker::conclude() {
  verdict sum;
  for (auto& [prefix, at] : outputs_) {
    auto found = totals(prefix, at);
    auto judge = [&](const std::string& word, std::uint64_t got, const bounds& of) {
      if (got >= of.least && got <= of.most)
        return;
      sum.lost += got < of.least ? of.least - got : 0;
      sum.duplicated += got > of.most ? got - of.most : 0;
      if (sum.example.empty())
        sum.example = prefix + ": \"" + printable(word) + "\" was counted " + std::to_string(got) +
                      " times instead of " + std::to_string(of.least) +
                      (of.most > of.least ? " to " + std::to_string(of.most) : "");
    };
    for (auto& [word, of] : expected_) {
      auto entry = found.find(word);
      judge(word, entry == found.end() ? 0 : entry->second, of);
    }
    for (auto& [word, got] : found)
      if (!expected_.count(word))
        judge(word, got, {});
  }
  return sum;
}

} // namespace weir::actors::simulation
