#include "apps/weir/generate_command.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <iostream>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "actors/sources/input_url.hpp"
#include "actors/sources/text_generator.hpp"
#include "apps/weir/usage.hpp"
#include "libstream/base/limits.hpp"

namespace {

using weir::error_code;
using weir::result;
using namespace weir::actors;

constexpr std::size_t block_bytes = 256 * weir::limits::kib;
constexpr std::chrono::milliseconds pace_step{5};

result<void> write_all(const char* unwritten, std::size_t bytes) {
  while (bytes > 0) {
    auto wrote = ::write(STDOUT_FILENO, unwritten, bytes);
    if (wrote < 0 && errno == EINTR)
      continue;
    if (wrote < 0)
      return weir::fail(error_code::disk, std::string{"cannot write: "} + std::strerror(errno), "standard output");
    unwritten += wrote;
    bytes -= static_cast<std::size_t>(wrote);
  }
  return {};
}

/// How many lines are due, open loop: what was missed is made up for. Waits until there are some.
class pace {
public:
  explicit pace(std::uint64_t rate) : rate_{static_cast<double>(rate)} {}
  std::uint64_t due(std::uint64_t done) const {
    for (;;) {
      auto elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
      auto planned = static_cast<std::uint64_t>(elapsed * rate_);
      if (planned > done)
        return planned - done;
      auto next = std::chrono::duration<double>((static_cast<double>(done) + 1) / rate_ - elapsed);
      std::this_thread::sleep_for(std::max<std::chrono::duration<double>>(next, pace_step));
    }
  }

private:
  double rate_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

result<void> generate(const generator_options& options) {
  text_generator lines{options};
  pace clock{options.rate};
  auto in_block = std::max<std::size_t>(1, block_bytes / lines.line_bytes());
  std::vector<char> block(in_block * lines.line_bytes() + text_generator::slack_bytes);
  for (std::uint64_t number = 0; number < options.count;) {
    auto count = std::min<std::uint64_t>(in_block, options.count - number);
    if (options.rate > 0)
      count = std::min(count, clock.due(number));
    for (std::uint64_t i = 0; i < count; ++i)
      lines.write_line(number + i, block.data() + i * lines.line_bytes());
    if (auto done = write_all(block.data(), count * lines.line_bytes()); !done)
      return done;
    number += count;
  }
  return {};
}

result<generator_options> options_of(const std::string& text) {
  if (!text.starts_with("generate://"))
    return weir::fail(error_code::configuration, "\"" + text + "\" is not a generate:// URL", "URL",
                      "write generate://?count=N");
  auto url = parse_input_url(text);
  if (!url)
    return tl::make_unexpected(url.error());
  return parse_generator_options(url->query());
}

} // namespace

int generate_command(int argc, char** argv) {
  CLI::App app{"Prints lines of words whose frequencies follow Zipf's law. The same URL always gives the same bytes.",
               "weir generate"};
  std::string url;
  app
    .add_option(
      "URL", url,
      "generate://?count=&rate=&seed=1&bytes=100&vocabulary=100000. count: how many lines (default: no end);\n"
      "rate: lines a second (default: as fast as possible); seed; bytes: length of a line with its newline;\n"
      "vocabulary: number of different words")
    ->required();
  if (auto code = weir::tool::answer_early("generate", app, argc, argv))
    return *code;
  auto options = options_of(url);
  if (!options)
    return weir::tool::complain("generate", options.error());
  auto done = generate(*options);
  return done ? 0 : weir::tool::complain("generate", done.error());
}
