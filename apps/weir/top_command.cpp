#include "apps/weir/top_command.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

#include "actors/monitor/control_client.hpp"
#include "apps/weir/interrupt.hpp"
#include "apps/weir/terminal_keys.hpp"
#include "apps/weir/top_view.hpp"
#include "apps/weir/usage.hpp"

namespace {

using namespace weir;
using namespace weir::tool;
using nlohmann::json;

constexpr std::chrono::milliseconds refresh{1'000};

/// The status, once as it came and once as what it means.
struct answer {
  std::string text;
  json status;
};

result<answer> ask(const std::string& socket) {
  auto text = actors::ask_control_socket(socket, "status");
  if (!text)
    return tl::make_unexpected(text.error());
  auto status = json::parse(*text, nullptr, false);
  if (!status.is_object())
    return fail(error_code::failed, "the answer is not a status", socket, "is it an application of weir?");
  if (auto refused = status.find("error"); refused != status.end())
    return fail(error_code::failed, refused->value("what", "it refused"), socket, refused->value("hint", ""));
  return answer{std::move(*text), std::move(status)};
}

/// The same JSON in one line of ASCII: who answers may have put commands for a terminal into it.
std::string ascii(const std::string& text) {
  return nlohmann::ordered_json::parse(text).dump(-1, ' ', true, json::error_handler_t::replace);
}

top_style terminal_style(bool colours) {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return {colours, 100, 0};
  return {colours, size.ws_col, size.ws_row};
}

void print(const std::vector<std::string>& lines) {
  for (auto& line : lines)
    std::cout << line << '\n';
  std::cout << std::flush;
}

/// The picture is drawn over the one before, so that it does not flicker; what is left of an older line is wiped.
void draw(const json& status) {
  std::string picture = "\033[H";
  auto between = "";
  for (auto& line : top_lines(status, terminal_style(true))) {
    picture += between + line + "\033[K";
    between = "\r\n"; // none behind the last one: it would scroll a full screen
  }
  std::cout << picture << "\033[J" << std::flush;
}

/// On a screen of its own, which is taken back at the end.
class other_screen {
public:
  other_screen() { std::cout << "\033[?1049h\033[?25l" << std::flush; }
  ~other_screen() { std::cout << "\033[?25h\033[?1049l" << std::flush; }
  other_screen(const other_screen&) = delete;
  other_screen& operator=(const other_screen&) = delete;
};

int watch(const std::string& socket, answer seen) {
  catch_interrupts();
  auto ended = false;
  {
    other_screen screen;
    terminal_keys keys;
    while (!interrupted() && !ended) {
      draw(seen.status);
      if (keys.quit_within(refresh))
        break;
      auto next = interrupted() ? result<answer>{seen} : ask(socket);
      ended = !next;
      if (next)
        seen = std::move(*next);
    }
  }
  print(top_lines(seen.status, {false, 0, 0}));
  if (ended)
    std::cerr << "weir top: the application has ended, or answers no longer; this is what it said last\n";
  return 0;
}

} // namespace

int top_command(int argc, char** argv) {
  CLI::App app{"Shows the state of a running application every second, until you press q. If standard output is not a "
               "terminal,\nit shows the state once.",
               "weir top"};
  std::string target;
  bool once = false;
  bool as_json = false;
  app.add_option("TARGET", target, "the application's data directory, or its control socket")->required();
  app.add_flag("--once", once, "show the state once, and end");
  app.add_flag("--json", as_json, "print the state once, as one line of JSON, and end");
  if (auto code = answer_early("top", app, argc, argv))
    return *code;
  auto socket = actors::find_control_socket(target);
  if (!socket)
    return complain("top", socket.error());
  auto seen = ask(*socket);
  if (!seen)
    return complain("top", seen.error());
  if (as_json)
    std::cout << ascii(seen->text) << std::endl;
  else if (once || ::isatty(STDOUT_FILENO) == 0)
    print(top_lines(seen->status, {false, 0, 0}));
  else
    return watch(*socket, std::move(*seen));
  return 0;
}
