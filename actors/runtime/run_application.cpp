#include "actors/runtime/run_application.hpp"

#include <cstdio>
#include <cstdlib>
#include <new>
#include <system_error>

#include <sys/resource.h>

#include "actors/monitor/chaos_page.hpp"
#include "actors/node/process_limits.hpp"
#include "actors/node/standard_descriptors.hpp"
#include "actors/runtime/command_line.hpp"
#include "actors/runtime/standard_output.hpp"
#include "actors/runtime/stop_signals.hpp"

namespace weir {

namespace {

using namespace std::chrono_literals;

int report(const std::string& name, const error& why) {
  actors::write_to_stderr(name + ": " + why.message() + "\n");
  return why.exit_code();
}

/// The more connections the more files: as many as the administrator allows. What stands on select() is not ours.
void raise_open_files_limit() {
  rlimit open_files{};
  if (::getrlimit(RLIMIT_NOFILE, &open_files) != 0 || open_files.rlim_cur == open_files.rlim_max)
    return;
  open_files.rlim_cur = open_files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &open_files); // if it fails, the bound follows from what there is
}

result<void> drive(stream_context& context, const actors::stop_signals& signals) {
  auto draining = false;
  for (;;) {
    auto over = context.await_termination_or_timeout(draining ? 200ms : 20ms);
    if (!over)
      return tl::make_unexpected(over.error());
    if (*over)
      return {};
    if (!draining && signals.received()) {
      draining = true;
      context.drain();
    }
  }
}

int run_in(int argc, char** argv, const std::string& name, caf::actor_system* system, const application& build) {
  actors::open_missing_descriptors();
  raise_open_files_limit();
  actors::attach_chaos_page();
  actors::stop_signals signals;
  auto line = actors::parse_command_line(name, argc, argv, actors::process_environment());
  if (!line)
    return report(name, line.error());
  if (line->answer) {
    std::fputs(line->answer->c_str(), stdout);
    return actors::finish_standard_output(name.c_str(), 0);
  }
  line->options.journal = actors::make_stderr_journal(line->level, line->format);
  line->options.system = system;
  stream_context context{line->outputs};
  if (auto built = build_on(context, build); !built)
    return report(name, built.error());
  auto runtime = std::make_shared<actors::actor_runtime>(line->options);
  if (auto started = context.start(runtime); !started)
    return report(name, started.error());
  auto ended = drive(context, signals);
  auto code = ended ? 0 : report(name, ended.error());
  if (runtime->has_left_threads())
    std::_Exit(code);
  return code;
}

/// What the system refuses while an application starts or ends ends it with a sentence.
int run_guarded(int argc, char** argv, const std::string& name, caf::actor_system* system, const application& build) {
  actors::sentence_at_terminate elsewhere{name};
  try {
    return run_in(argc, argv, name, system, build);
  } catch (const std::bad_alloc&) {
    return report(name, actors::refused_memory());
  } catch (const std::system_error& refused) {
    return report(name, actors::refused_thread(refused.what()));
  } catch (const std::exception& other) {
    return report(name, {error_code::failed, other.what(), "start", {}});
  }
}

} // namespace

int run(int argc, char** argv, const std::string& name, const application& build) {
  return run_guarded(argc, argv, name, nullptr, build);
}

int run(int argc, char** argv, const std::string& name, caf::actor_system& system, const application& build) {
  return run_guarded(argc, argv, name, &system, build);
}

} // namespace weir
