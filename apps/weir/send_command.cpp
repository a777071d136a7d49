#include "apps/weir/send_command.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <iostream>
#include <string>
#include <unistd.h>

#include "actors/runtime/standard_output.hpp"
#include "actors/sources/ingest_client.hpp"
#include "apps/weir/usage.hpp"

namespace {

using weir::error;
using weir::error_code;
using weir::result;
using namespace weir::actors;

struct send_flags {
  std::string file = "-";
  std::string to;
  std::string producer;
  std::uint64_t rate = 0;
  bool append = false;
};

/// The sender's side of the conversation with the person who started it: everything on stderr but the last line.
class live_line {
public:
  void show(const producer_session::figures& counts) {
    if (!on_terminal_)
      return;
    std::cerr << "\rsent " << counts.sent << "  acknowledged " << counts.acknowledged;
    if (counts.resent > 0)
      std::cerr << "  resent " << counts.resent;
    std::cerr << "\033[K" << std::flush;
    shown_ = true;
  }
  void note(const std::string& sentence) {
    clear();
    std::cerr << "weir send: " << sentence << std::endl;
  }
  void clear() {
    if (shown_)
      std::cerr << "\r\033[K" << std::flush;
    shown_ = false;
  }

private:
  bool on_terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
};

result<endpoint> server_of(const std::string& to) {
  if (!to.starts_with("weir://"))
    return weir::fail(error_code::configuration, "\"" + to + "\" is not an ingest port", "--to",
                      "write weir://HOST:PORT");
  auto url = parse_input_url(to);
  if (!url)
    return tl::make_unexpected(url.error());
  auto where = parse_endpoint(url->address());
  if (where && where->port == 0)
    return weir::fail(error_code::configuration, "nothing can be sent to port 0", to,
                      "write the port that the application says in its ready line");
  return where;
}

result<int> open_input(const std::string& file) {
  if (file == "-") {
    if (was_closed_at_start(STDIN_FILENO))
      return weir::fail(error_code::usage, "standard input is closed", {}, "name a FILE, or pipe lines into weir send");
    if (::isatty(STDIN_FILENO) == 1)
      std::cerr << "weir send: lines are read from the terminal; Ctrl-D at the beginning of a line ends them\n";
    return STDIN_FILENO;
  }
  auto input = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (input < 0)
    return weir::fail(error_code::configuration, std::string{"cannot open: "} + std::strerror(errno), file);
  return input;
}

result<ingest_client_options> client_options(const send_flags& flags) {
  auto server = server_of(flags.to);
  if (!server)
    return tl::make_unexpected(server.error());
  if (auto sound = check_producer_name(flags.producer); !sound)
    return weir::fail(error_code::configuration, sound.error().what, "--producer");
  auto input = open_input(flags.file);
  if (!input)
    return tl::make_unexpected(input.error());
  ingest_client_options options;
  options.server = *server;
  options.producer = flags.producer;
  options.rate = flags.rate;
  options.input = *input;
  options.append = flags.append;
  options.stop_on_interrupt = true;
  return options;
}

int report(const ingest_summary& summary, const std::string& producer) {
  auto& counts = summary.counts;
  if (counts.skipped > 0)
    std::cerr << "weir send: " << counts.skipped << (counts.skipped == 1 ? " record was" : " records were")
              << " skipped, because the server has records up to number " << summary.durable_before << " of producer '"
              << producer << "' already";
  if (counts.skipped > 0 && counts.sent == 0)
    std::cerr << "; if this is another text, send it as another producer or with --append";
  if (counts.skipped > 0)
    std::cerr << '\n';
  if (counts.too_long > 0)
    std::cerr << "weir send: " << counts.too_long << (counts.too_long == 1 ? " record is" : " records are")
              << " longer than the server takes and " << (counts.too_long == 1 ? "was" : "were") << " skipped\n";
  std::cout << "{\"sent\":" << counts.sent << ",\"acknowledged\":" << counts.acknowledged
            << ",\"resent\":" << counts.resent << "}" << std::endl;
  return summary.interrupted ? 130 : 0;
}

int send(const send_flags& flags) {
  auto options = client_options(flags);
  if (!options)
    return weir::tool::complain("send", options.error());
  live_line line;
  options->progress = [&line](const producer_session::figures& counts) { line.show(counts); };
  options->notice = [&line](const std::string& sentence) { line.note(sentence); };
  auto input = options->input;
  auto summary = run_ingest_client(std::move(*options));
  line.clear();
  if (input != STDIN_FILENO)
    ::close(input);
  return summary ? report(*summary, flags.producer) : weir::tool::complain("send", summary.error());
}

} // namespace

int send_command(int argc, char** argv) {
  CLI::App app{
    "Sends the lines of a file or of standard input to a weir:// port, and exits with 0 when all are durable. It waits "
    "for\nthe server and connects again as often as it takes. Lines are numbered, so repeating the command adds "
    "nothing.",
    "weir send"};
  send_flags flags;
  app.add_option("FILE", flags.file, "the file to send; - (the default) is standard input");
  app.add_option("--to", flags.to, "where to send it: weir://HOST:PORT")->required();
  app.add_option("--producer", flags.producer, "name under which the server remembers how far this input got")
    ->required();
  app.add_option("--rate", flags.rate, "how many records a second; without it as fast as possible")
    ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}));
  app.add_flag("--append", flags.append,
               "number the whole input on from the last record that the server has of this producer. Each run of the\n"
               "command then adds the input again. After a run that was cut off, nobody can tell what of it arrived");
  app.footer("\nThe last line on standard output counts records: {\"sent\":N,\"acknowledged\":N,\"resent\":N}.\n"
             "\"acknowledged\" includes records that were durable before.");
  if (auto code = weir::tool::answer_early("send", app, argc, argv))
    return *code;
  return send(flags);
}
