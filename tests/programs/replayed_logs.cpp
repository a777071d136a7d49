// Counts words of a source that can be read again: the files of a directory, each a log that grows line by line. An offset is the number
// of a line. Said by the environment:
//   REPLAYED_LOGS  the directory; its file .version has the version of all logs (none: 0)
//   REPLAYED_FORM  lines; or frames: each line is one word, a record of type (word, 1)
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>

#include <weir/weir.hpp>

namespace {

namespace fs = std::filesystem;
using counted = std::pair<std::string, std::uint64_t>;

std::string from_environment(const char* name) {
  auto value = std::getenv(name);
  if (!value)
    throw std::runtime_error{std::string{name} + " is not set"};
  return value;
}

class growing_logs final : public weir::replayable_source {
public:
  growing_logs(std::string directory, weir::record_form form) : directory_{std::move(directory)}, form_{form} {}

  weir::record_form form() const override { return form_; }

  weir::result<std::vector<weir::source_partition>> partitions() const override {
    std::set<std::string> names;
    for (auto& file : fs::directory_iterator{directory_})
      if (auto name = file.path().filename().string(); name.front() != '.')
        names.insert(name);
    std::vector<weir::source_partition> found;
    for (auto& name : names)
      found.push_back(
        {.name = name, .end = lines_of(name).size(), .version = version(), .grows = true, .offset_bytes = 30});
    return found;
  }

  weir::result<std::vector<weir::text_piece>> read(const weir::offset_range& range, std::size_t) const override {
    auto lines = lines_of(range.partition);
    if (range.version != version() || range.to > lines.size())
      return weir::fail(weir::error_code::corrupt, "the log has lost lines that a batch needs", range.partition,
                        "bring them back");
    std::string bytes;
    for (auto at = range.from; at < range.to; ++at)
      if (form_ == weir::record_form::lines)
        bytes += lines[at] + "\n";
      else
        weir::append_framed(bytes, counted{lines[at], 1});
    return std::vector{weir::text_piece_of(bytes)};
  }

private:
  /// Those that are complete.
  std::vector<std::string> lines_of(const std::string& name) const {
    std::vector<std::string> lines;
    std::ifstream file{directory_ + "/" + name, std::ios::binary};
    for (std::string line; std::getline(file, line) && !file.eof();)
      lines.push_back(line);
    return lines;
  }
  std::int64_t version() const {
    std::int64_t version = 0;
    std::ifstream{directory_ + "/.version"} >> version;
    return version;
  }

  std::string directory_;
  weir::record_form form_;
};

void build(weir::stream_context& ctx) {
  auto directory = from_environment("REPLAYED_LOGS");
  if (from_environment("REPLAYED_FORM") == "frames")
    ctx.replayable_stream<counted>(std::make_shared<growing_logs>(directory, weir::record_form::frames))
      .named("logs")
      .reduce_by_key(std::plus<>{})
      .named("counts")
      .write_to(ctx.output());
  else
    ctx.replayable_stream<std::string_view>(std::make_shared<growing_logs>(directory, weir::record_form::lines))
      .named("logs")
      .flat_map(weir::split_words)
      .count_by_value()
      .named("counts")
      .write_to(ctx.output());
}

} // namespace

WEIR_APPLICATION("replayed-logs", build)
