#include "apps/weir/log_command.hpp"

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <string>
#include <unistd.h>

#include "apps/weir/log_summary.hpp"
#include "apps/weir/usage.hpp"
#include "libstream/base/text.hpp"
#include "libstream/log/keys.hpp"

namespace {

/// A file that was cut off, or damaged in LMDB's own pages, shows as a bad access while reading the map.
extern "C" void damaged_map(int) {
  static constexpr char sentence[] =
    "weir log: the log's file is cut off or its structure is damaged; restore it from a copy\n";
  (void)!::write(STDERR_FILENO, sentence, sizeof sentence - 1);
  ::_exit(static_cast<int>(weir::error_code::corrupt));
}

/// The whole text, so that whoever reads it slowly holds no snapshot of the log: a log cannot free anything behind one.
weir::result<std::string> describe(const std::string& directory, bool json, bool verify) {
  auto view = weir::log::view_directory(directory);
  if (!view)
    return tl::make_unexpected(view.error());
  if (verify) {
    auto verified = weir::log::verify_directory(directory, *view);
    if (!verified)
      return tl::make_unexpected(verified.error());
    std::cerr << "weir log: verified " << *verified << " values in " << weir::log::printable(directory)
              << ": every checksum is right\n";
  }
  auto summary = weir::tool::summarize(directory, *view);
  if (!summary)
    return tl::make_unexpected(summary.error());
  return json ? weir::tool::as_json(*summary) : weir::tool::as_text(*summary);
}

} // namespace

int log_command(int argc, char** argv) {
  CLI::App app{"Shows what a data directory holds; changes nothing, and works while an application runs on it.",
               "weir log"};
  std::string directory;
  bool json = false;
  bool verify = false;
  app.add_option("DIR", directory, "the data directory")->required();
  app.add_flag("--json", json, "print one JSON object");
  app.add_flag("--verify", verify, "read every value and check its checksums; exit 65 at the first bad one");
  if (auto code = weir::tool::answer_early("log", app, argc, argv))
    return *code;
  std::signal(SIGBUS, damaged_map);
  std::signal(SIGSEGV, damaged_map);
  auto text = describe(directory, json, verify);
  if (!text)
    return weir::tool::complain("log", text.error());
  std::cout << *text << std::flush;
  return 0;
}
