#include "apps/weir/demo_view.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

namespace weir::tool {

namespace {

constexpr std::size_t widest = 100;
constexpr std::size_t narrowest = 40;
constexpr std::size_t label_columns = 12;
constexpr std::size_t most_words = 10;
constexpr std::size_t event_lines = 6; ///< kept free for events, so that the picture does not jump
constexpr const char* bold = "\033[1m";
constexpr const char* dim = "\033[2m";
constexpr const char* red = "\033[1;31m";
constexpr const char* green = "\033[1;32m";
constexpr const char* cyan = "\033[36m";
constexpr const char* normal = "\033[0m";

std::string fixed(double number, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, number);
  return text;
}

std::string milliseconds(const std::optional<double>& value) {
  return value ? fixed(*value, *value < 10 ? 1 : 0) + " ms" : std::string{"?"};
}

std::string time_of_day(std::int64_t time_ms) {
  auto seconds = static_cast<std::time_t>(time_ms / 1000);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  char text[40];
  auto length = std::strftime(text, sizeof text, "%H:%M:%S", &parts);
  std::snprintf(text + length, sizeof text - length, ".%d", static_cast<int>(time_ms % 1000 / 100));
  return text;
}

std::string cut(std::string text, std::size_t columns) {
  if (text.size() > columns)
    text = text.substr(0, columns - 2) + "..";
  return text;
}

std::string padded(std::string text, std::size_t columns) {
  text.resize(std::max(columns, text.size()), ' ');
  return text;
}

std::vector<std::string> wrapped(const std::string& text, std::size_t columns) {
  std::vector<std::string> lines;
  auto unwrapped = text;
  while (unwrapped.size() > columns) {
    auto space = unwrapped.rfind(' ', columns);
    auto end = space == std::string::npos || space == 0 ? columns : space;
    lines.push_back(unwrapped.substr(0, end));
    unwrapped = unwrapped.substr(end + (end == space ? 1 : 0));
  }
  lines.push_back(unwrapped);
  return lines;
}

bool speaks_utf8() {
  for (auto name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (auto value = std::getenv(name); value && *value) {
      std::string_view text = value;
      return text.find("UTF-8") != std::string_view::npos || text.find("utf8") != std::string_view::npos;
    }
  return false;
}

struct terminal_size {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

terminal_size size_of_terminal() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
    return {};
  return {size.ws_col, size.ws_row};
}

// -- lines ---------------------------------------------------------------------------------------------------------------

class line_view final : public demo_view {
public:
  explicit line_view(const std::vector<std::string>& introduction) {
    for (auto& line : introduction)
      std::puts(line.c_str());
    std::puts("");
    std::fflush(stdout);
  }

  void say(const std::string& sentence, mood) override { print(fixed(elapsed_s_, 1) + " s  " + sentence); }

  void show_batch(const batch_picture& batch) override {
    auto line = "batch " + time_of_day(batch.time_ms) + "  " + grouped(batch.records) + " records  " +
                grouped(static_cast<std::uint64_t>(batch.records_per_second)) + " records/s  delay " +
                milliseconds(batch.delay_ms) + "  processing " + milliseconds(batch.processing_ms) + " ";
    for (std::size_t i = 0; i < batch.top.size() && i < 5; ++i)
      line += " " + batch.top[i].first + " " + grouped(static_cast<std::uint64_t>(batch.top[i].second));
    print(line);
  }

  void show_status(const demo_status& status) override { elapsed_s_ = status.elapsed_s; }

  void close(const std::vector<std::pair<std::string, mood>>& lines) override {
    std::puts("");
    for (auto& [line, how] : lines)
      print(line);
  }

private:
  static void print(const std::string& line) {
    std::puts(line.c_str());
    std::fflush(stdout);
  }
  double elapsed_s_ = 0;
};

// -- a terminal ----------------------------------------------------------------------------------------------------------

class terminal_view final : public demo_view {
public:
  explicit terminal_view(const std::vector<std::string>& introduction) : blocks_{speaks_utf8()} {
    auto columns = width();
    out_ = "\033[?25l\n";
    for (auto& line : introduction)
      for (auto& part : wrapped(line, columns))
        out_ += part + "\n";
    out_ += "\n";
    flush();
  }
  ~terminal_view() override {
    out_ += "\033[?25h";
    flush();
  }

  void say(const std::string& sentence, mood how) override {
    events_.push_back({status_.elapsed_s, sentence, how});
    draw();
  }

  void show_batch(const batch_picture& batch) override {
    batch_ = batch;
    flow_.push_back(batch.records_per_second);
    if (last_time_ms_ != 0) // where nothing was counted a gap shall show
      for (auto missing = (batch.time_ms - last_time_ms_) / batch.interval_ms - 1; missing > 0; --missing)
        flow_.insert(flow_.end() - 1, 0);
    last_time_ms_ = batch.time_ms;
    draw();
  }

  void show_status(const demo_status& status) override {
    status_ = status;
    draw();
  }

  void close(const std::vector<std::pair<std::string, mood>>& lines) override {
    status_.line.clear();
    draw();
    out_ += "\n";
    for (auto& [line, how] : lines)
      for (auto& part : wrapped(line, width()))
        out_ += colour(how) + part + normal + "\n";
    drawn_ = 0;
    flush();
  }

private:
  struct event {
    double at_s;
    std::string sentence;
    mood how;
  };

  static std::size_t width() { return std::clamp(size_of_terminal().columns - 1, narrowest, widest); }
  static std::string colour(mood how) { return how == mood::bad ? red : how == mood::good ? green : bold; }

  void draw() {
    auto columns = width();
    std::vector<std::string> lines;
    std::vector<std::string> below;
    draw_head(lines, columns);
    draw_batch(lines, columns);
    draw_flow(below, columns);
    auto flow_lines = below.size();
    for (auto& each : events_)
      draw_event(below, each, columns);
    // The words take what is left, so that the whole never is higher than the screen: then it could not be drawn over.
    auto others = lines.size() + std::max(below.size(), flow_lines + event_lines) + 2;
    auto rows = size_of_terminal().rows;
    draw_words(lines, std::min(most_words, rows - std::min(rows, others)), columns);
    lines.insert(lines.end(), below.begin(), below.end());
    if (lines.size() > rows - 1)
      lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(rows - 1));
    if (drawn_ > 0)
      out_ += "\033[" + std::to_string(drawn_) + "A\r";
    for (auto& line : lines)
      out_ += line + "\033[K\n";
    out_ += "\033[J";
    drawn_ = lines.size();
    flush();
  }

  void draw_head(std::vector<std::string>& lines, std::size_t columns) const {
    auto time = fixed(status_.elapsed_s, 0) + " s of " + fixed(status_.total_s, 0) + " s";
    auto space = columns - std::min(columns, time.size() + 1);
    lines.push_back(bold + padded(cut(status_.process, space), space) + normal + " " + time);
    lines.push_back(dim + padded("text", label_columns) + normal + cut(status_.line, columns - label_columns));
    lines.emplace_back();
  }

  void draw_batch(std::vector<std::string>& lines, std::size_t columns) const {
    auto rate = grouped(static_cast<std::uint64_t>(batch_.records_per_second)) + " records/s";
    auto times = "delay " + milliseconds(batch_.delay_ms) + "   processing " + milliseconds(batch_.processing_ms);
    auto name = batch_.time_ms ? "batch " + time_of_day(batch_.time_ms) : std::string{"no batch yet"};
    auto first = name + "   " + grouped(batch_.records) + " records   " + rate;
    if (first.size() + 3 + times.size() <= columns) {
      lines.push_back(bold + first + normal + "   " + times);
    } else {
      lines.push_back(bold + first + normal);
      lines.push_back(times);
    }
  }

  void draw_words(std::vector<std::string>& lines, std::size_t count, std::size_t columns) const {
    auto most = batch_.top.empty() ? 1 : std::max<std::int64_t>(1, batch_.top.front().second);
    for (std::size_t i = 0; i < count; ++i)
      lines.push_back(i < batch_.top.size() ? bar(batch_.top[i], most, columns) : std::string{});
    lines.emplace_back();
  }

  std::string bar(const std::pair<std::string, std::int64_t>& word, std::int64_t most, std::size_t columns) const {
    static constexpr const char* eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    auto number = grouped(static_cast<std::uint64_t>(word.second));
    auto room = columns - label_columns - 9;
    auto parts = static_cast<std::size_t>(
      std::lround(static_cast<double>(word.second * static_cast<std::int64_t>(room) * 8) / static_cast<double>(most)));
    std::string drawn;
    for (std::size_t i = 0; i < parts / 8; ++i)
      drawn += blocks_ ? "█" : "#";
    if (blocks_)
      drawn += eighths[parts % 8];
    return padded(cut(word.first, label_columns - 1), label_columns) + cyan + drawn + normal + " " + number;
  }

  void draw_flow(std::vector<std::string>& lines, std::size_t columns) const {
    static constexpr const char* steps[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static constexpr const char* plain_steps[] = {" ", ".", ".", ":", ":", "-", "=", "+", "#"};
    auto room = columns - label_columns;
    auto count = std::min(room, flow_.size());
    auto most = flow_.empty() ? 1.0 : std::max(1.0, *std::max_element(flow_.begin(), flow_.end()));
    std::string drawn;
    for (auto rate = flow_.end() - static_cast<std::ptrdiff_t>(count); rate != flow_.end(); ++rate) {
      auto step = *rate <= 0 ? 0 : std::clamp<int>(static_cast<int>(std::lround(*rate / most * 8)), 1, 8);
      drawn += (blocks_ ? steps : plain_steps)[step];
    }
    lines.push_back(dim + padded("records/s", label_columns) + normal + cyan + drawn + normal);
    lines.push_back(dim + padded("so far", label_columns) + normal +
                    cut(grouped(status_.words) + " words in " + grouped(status_.batches) + " batches; " +
                          grouped(status_.on_their_way) + " records on their way",
                        columns - label_columns));
    lines.emplace_back();
  }

  void draw_event(std::vector<std::string>& lines, const event& each, std::size_t columns) const {
    auto time = padded(fixed(each.at_s, 1) + " s", label_columns);
    auto first = true;
    for (auto& part : wrapped(each.sentence, columns - label_columns)) {
      lines.push_back(dim + (std::exchange(first, false) ? time : std::string(label_columns, ' ')) + normal +
                      colour(each.how) + part + normal);
    }
  }

  void flush() {
    std::fwrite(out_.data(), 1, out_.size(), stdout);
    std::fflush(stdout);
    out_.clear();
  }

  bool blocks_;
  std::string out_;
  std::size_t drawn_ = 0; ///< lines of the picture on the screen
  demo_status status_;
  batch_picture batch_;
  std::deque<double> flow_;
  std::int64_t last_time_ms_ = 0;
  std::vector<event> events_;
};

} // namespace

std::string grouped(std::uint64_t number) {
  auto digits = std::to_string(number);
  for (auto place = static_cast<std::ptrdiff_t>(digits.size()) - 3; place > 0; place -= 3)
    digits.insert(static_cast<std::size_t>(place), ",");
  return digits;
}

std::unique_ptr<demo_view> make_demo_view(const std::vector<std::string>& introduction) {
  auto term = std::getenv("TERM");
  auto no_colour = std::getenv("NO_COLOR");
  auto live = ::isatty(STDOUT_FILENO) == 1 && term && std::string_view{term} != "dumb" && !(no_colour && *no_colour);
  if (live)
    return std::make_unique<terminal_view>(introduction);
  return std::make_unique<line_view>(introduction);
}

} // namespace weir::tool
