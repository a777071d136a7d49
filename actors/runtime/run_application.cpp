#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <pthread.h>
#include <thread>

#include <weir/weir.hpp>

#include "actors/monitor/chaos_page.hpp"
#include "actors/runtime/command_line.hpp"

namespace weir {

namespace {

using namespace std::chrono_literals;

constexpr int second_signal_code = 130;

int report(const char* name, const error& why) {
  std::fprintf(stderr, "%s: %s\n", name, why.message().c_str());
  return why.exit_code();
}

/// SIGINT and SIGTERM, taken by one thread that waits for them. Blocked everywhere else from before the first thread starts.
sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

/// The next stop signal within `limit`, or 0.
int next_signal(std::chrono::milliseconds limit) {
  auto set = stop_signals();
  timespec wait{limit.count() / 1000, limit.count() % 1000 * 1'000'000};
  auto signal = sigtimedwait(&set, nullptr, &wait);
  return signal > 0 ? signal : 0;
}

/// A second signal ends the process wherever it is; what was sealed goes on at the next start.
void watch_for_second_signal() {
  std::thread{[] {
    auto set = stop_signals();
    int signal = 0;
    sigwait(&set, &signal);
    std::_Exit(second_signal_code);
  }}.detach();
}

result<void> drive(stream_context& context, const actors::command_line& line) {
  auto started = std::chrono::steady_clock::now();
  auto draining = false;
  for (;;) {
    // Between the two waits nothing is missed: signals stay pending, and the end of the application stays known.
    auto over = context.await_termination_or_timeout(draining ? 200ms : 1ms);
    if (!over)
      return tl::make_unexpected(over.error());
    if (*over)
      return {};
    if (draining)
      continue;
    auto due = line.stop_after && std::chrono::steady_clock::now() - started >= *line.stop_after;
    if (next_signal(20ms) != 0 || due) {
      draining = true;
      watch_for_second_signal();
      context.drain();
    }
  }
}

} // namespace

int run_application(const char* name, const application& build, int argc, char** argv) {
  actors::attach_chaos_page();
  auto signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  auto line = actors::parse_command_line(name, argc, argv, actors::process_environment());
  if (!line)
    return report(name, line.error());
  if (line->answer) {
    std::fputs(line->answer->c_str(), stdout);
    return 0;
  }
  line->options.journal = actors::make_stderr_journal(line->level, line->format);
  stream_context context{line->outputs};
  try {
    build(context);
  } catch (const plan::plan_error& wrong) {
    return report(name, wrong.why());
  }
  auto runtime = std::make_shared<actors::actor_runtime>(line->options);
  if (auto started = context.start(runtime); !started)
    return report(name, started.error());
  auto ended = drive(context, *line);
  auto code = ended ? 0 : report(name, ended.error());
  if (runtime->has_left_threads())
    std::_Exit(code);
  return code;
}

} // namespace weir
