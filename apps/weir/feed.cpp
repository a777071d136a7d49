#include "apps/weir/feed.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace weir::tool {

namespace {

namespace fs = std::filesystem;

/// Text that waits for a sender whose server is away. More makes the flow pause.
constexpr std::size_t max_pending_bytes = 8 << 20;
/// Enough for a few map tasks of one file.
constexpr std::uint64_t large_file_lines = 25'000;

result<std::string> read_small(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return std::string{std::istreambuf_iterator<char>{file}, {}};
}

} // namespace

std::uint64_t pace::due(clock::time_point now) {
  if (!counted_to_)
    counted_to_ = now;
  auto lines =
    static_cast<std::uint64_t>(std::chrono::duration<double>(now - *counted_to_).count() * static_cast<double>(rate_));
  *counted_to_ += std::chrono::duration_cast<clock::duration>(
    std::chrono::duration<double>(static_cast<double>(lines) / static_cast<double>(rate_)));
  return lines;
}

sender_feed::sender_feed(std::string directory, std::uint64_t lines_per_second, line_source lines)
  : directory_{std::move(directory)}, pace_{lines_per_second}, lines_{std::move(lines)} {}

result<void> sender_feed::begin(const std::string& url) {
  text_.open(text_path(), std::ios::binary);
  command sending;
  sending.arguments = {sibling_program("weir"), "send", "-", "--to", url, "--producer", "experiment"};
  sending.input = redirection::pipe();
  sending.output = redirection::file(directory_ + "/sender.out");
  sending.errors = redirection::file(directory_ + "/sender.err");
  auto sender = subprocess::start(sending);
  if (!sender)
    return tl::make_unexpected(sender.error());
  sender_ = std::move(*sender);
  return {};
}

result<void> sender_feed::pump() {
  if (!sender_)
    return {};
  auto lines = pace_.due(clock::now());
  if (!finishing_ && pending_.size() < max_pending_bytes) {
    auto from = pending_.size();
    for (std::uint64_t i = 0; i < lines; ++i)
      lines_(pending_);
    made_lines_ += lines;
    text_.write(pending_.data() + from, static_cast<std::streamsize>(pending_.size() - from));
  }
  if (!text_)
    return fail(error_code::disk, "cannot write the text", text_path(), "check the space on the disk");
  return hand_over();
}

result<void> sender_feed::hand_over() {
  std::size_t written = 0;
  while (sender_->input() >= 0 && written < pending_.size()) {
    auto count = ::write(sender_->input(), pending_.data() + written, pending_.size() - written);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0 && errno != EAGAIN)
      return fail(error_code::failed, std::string{"the sender takes no more: "} + std::strerror(errno) + complaint(),
                  "weir send");
    if (count < 0)
      break;
    written += static_cast<std::size_t>(count);
  }
  pending_.erase(0, written);
  if (finishing_ && pending_.empty()) {
    sender_->close_input();
    text_.flush();
  }
  return {};
}

result<bool> sender_feed::ended() {
  if (!sender_)
    return false;
  auto end = sender_->ended();
  if (!end)
    return false;
  if (end->code != 0 || !finishing_)
    return fail(error_code::failed, "the sender ended early: " + end->text() + complaint(), "weir send");
  auto output = read_small(directory_ + "/sender.out");
  auto last = nlohmann::json::parse(*output, nullptr, false);
  if (!last.is_object())
    return fail(error_code::failed, "the sender's last line is not the JSON it promises: \"" + *output + "\"",
                "weir send");
  figures_ = {last.value("sent", std::uint64_t{0}), last.value("acknowledged", std::uint64_t{0}),
              last.value("resent", std::uint64_t{0})};
  if (figures_.acknowledged != made_lines_)
    return fail(error_code::failed,
                "the sender ended with " + std::to_string(figures_.acknowledged) + " of " +
                  std::to_string(made_lines_) + " records acknowledged",
                "weir send");
  return true;
}

std::string sender_feed::complaint() const {
  auto errors = read_small(directory_ + "/sender.err");
  return errors->empty() ? "" : "\n  | " + errors->substr(errors->size() - std::min<std::size_t>(errors->size(), 2000));
}

std::string sender_feed::summary() const {
  return std::to_string(made_lines_) + " records sent by one sender, " + std::to_string(figures_.acknowledged) +
         " acknowledged, " + std::to_string(figures_.resent) + " of them sent more than once";
}

file_feed::file_feed(std::string directory, std::uint64_t lines_per_second, line_source lines, std::uint64_t seed)
  : directory_{std::move(directory)}, pace_{lines_per_second}, lines_{std::move(lines)}, random_{seed} {
  std::error_code ignored;
  fs::create_directories(directory_ + "/input", ignored);
}

result<void> file_feed::begin(const std::string&) {
  begun_ = true;
  return {};
}

void file_feed::choose_size() {
  wanted_ = 1 + random_() % 700;
  if (random_() % 100 != 0)
    return;
  // A large one is there at once: while it grew at the common pace, nothing else would come.
  for (wanted_ = large_file_lines; built_ < wanted_ - 1; ++built_, ++made_lines_)
    lines_(building_);
}

result<void> file_feed::pump() {
  if (!begun_)
    return {};
  auto lines = pace_.due(clock::now());
  if (finishing_)
    return wanted_ == 0 ? result<void>{} : move_in();
  for (std::uint64_t i = 0; i < lines; ++i) {
    if (wanted_ == 0)
      choose_size();
    lines_(building_);
    ++made_lines_;
    if (++built_ == wanted_)
      if (auto moved = move_in(); !moved)
        return moved;
  }
  return {};
}

result<void> file_feed::move_in() {
  if (random_() % 16 == 0 && !building_.empty())
    building_.pop_back(); // an unterminated last record counts too
  char name[32];
  std::snprintf(name, sizeof name, "%06llu.txt", static_cast<unsigned long long>(files_++));
  auto temporary = directory_ + "/next.tmp";
  std::ofstream file{temporary, std::ios::binary | std::ios::trunc};
  file << building_;
  file.close();
  std::error_code failure;
  if (file)
    fs::rename(temporary, directory_ + "/input/" + name, failure);
  if (!file || failure)
    return fail(error_code::disk, "cannot write", temporary, "check the space on the disk");
  building_.clear();
  built_ = wanted_ = 0;
  return {};
}

result<void> file_feed::count(word_counts& into) const {
  std::error_code failure;
  for (fs::directory_iterator entry{directory_ + "/input", failure}, end; !failure && entry != end;
       entry.increment(failure))
    if (auto counted = count_words(entry->path().string(), into); !counted)
      return counted;
  if (failure)
    return fail(error_code::disk, "cannot be read", directory_ + "/input");
  return {};
}

std::string file_feed::summary() const {
  return std::to_string(made_lines_) + " records in " + std::to_string(files_) + " files";
}

} // namespace weir::tool
