#include "apps/weir/demo_command.hpp"

#include <iostream>

#include "apps/weir/demo.hpp"
#include "apps/weir/interrupt.hpp"
#include "apps/weir/usage.hpp"

int demo_command(int argc, char** argv) {
  using namespace weir::tool;
  CLI::App app{"Shows half a minute of word count, with a kill -9 in the middle and an independent count at the end.\n"
               "Exits with 0 only if both counts are equal.",
               "weir demo"};
  demo_settings settings;
  app.add_option("--seconds", settings.seconds, "how long the demo takes")
    ->check(CLI::Range(5.0, 3600.0))
    ->capture_default_str();
  if (auto code = answer_early("demo", app, argc, argv))
    return *code;
  catch_interrupts();
  auto equal = demo::run(settings);
  if (interrupted())
    return interrupted_exit_code;
  if (!equal)
    return complain("demo", equal.error());
  return *equal ? 0 : 1;
}
