#include <array>
#include <iostream>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include "actors/node/process_limits.hpp"
#include "actors/node/standard_descriptors.hpp"
#include "actors/runtime/standard_output.hpp"
#include "apps/weir/chaos_command.hpp"
#include "apps/weir/completion_command.hpp"
#include "apps/weir/demo_command.hpp"
#include "apps/weir/generate_command.hpp"
#include "apps/weir/log_command.hpp"
#include "apps/weir/send_command.hpp"
#include "apps/weir/sim_command.hpp"
#include "apps/weir/top_command.hpp"
#include "apps/weir/tree_command.hpp"
#include "apps/weir/usage.hpp"
#include "libstream/base/error.hpp"
#include "libstream/base/text.hpp"

// The `weir` tool: one verb a file, each with its own --help.

namespace {

struct verb {
  const char* name;
  int (*run)(int argc, char** argv);
  const char* purpose;
};

constexpr std::array verbs{
  verb{"send", send_command, "send the lines of a file or of standard input to a weir:// port, until all are durable"},
  verb{"generate", generate_command, "print deterministic lines of words"},
  verb{"log", log_command, "show what a data directory holds, or verify it"},
  verb{"tree", tree_command, "show the supervisor tree of a running application"},
  verb{"top", top_command, "show the state of a running application every second"},
  verb{"demo", demo_command, "show half a minute of word count, with a kill -9 in the middle"},
  verb{"chaos", chaos_command, "kill a running application again and again, and count what it published"},
  verb{"sim", sim_command, "run a whole application on virtual time, with faults that are drawn from seeds"},
  verb{"completion", completion_command, "print a script that lets bash or zsh complete these commands"},
};

void show_help() {
  std::cout << "usage: weir VERB [ARGUMENT]...\n\n";
  for (auto& known : verbs)
    std::cout << "  " << known.name << std::string(12 - std::string{known.name}.size(), ' ') << known.purpose << '\n';
  std::cout << "\n`weir help VERB`, or `weir VERB --help`, says more about a verb.\n";
}

int unknown_verb(const std::string& name) {
  auto nearest = weir::nearest_name(name, weir::tool::verb_names());
  std::cerr << "weir: unknown verb \"" << name << "\"; "
            << (nearest.empty() ? "see weir --help" : "did you mean \"" + nearest + "\"?") << '\n';
  return static_cast<int>(weir::error_code::usage);
}

} // namespace

std::vector<std::string> weir::tool::verb_names() {
  std::vector<std::string> names;
  for (auto& known : verbs)
    names.emplace_back(known.name);
  return names;
}

namespace {

int show_help_of(const std::string& name) {
  for (auto& known : verbs)
    if (name == known.name) {
      std::string flag = "--help", tool = name;
      std::array<char*, 3> arguments{tool.data(), flag.data(), nullptr};
      return known.run(2, arguments.data());
    }
  return unknown_verb(name);
}

int run(int argc, char** argv) {
  std::string name = argc > 1 ? argv[1] : "";
  if (name == "help" && argc > 2)
    return show_help_of(argv[2]);
  if (name == "--help" || name == "-h" || name == "help") {
    show_help();
    return 0;
  }
  if (name == "--version") {
    std::cout << "weir " WEIR_VERSION "\n";
    return 0;
  }
  if (name.empty()) {
    std::cerr << "weir: which verb? see weir --help\n";
    return static_cast<int>(weir::error_code::usage);
  }
  for (auto& known : verbs)
    if (name == known.name)
      return known.run(argc - 1, argv + 1);
  return unknown_verb(name);
}

/// What the system refuses ends a verb with a sentence.
int run_guarded(int argc, char** argv) {
  auto verb = argc > 1 ? std::string{argv[1]} : std::string{};
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    return weir::tool::complain(verb, weir::actors::refused_memory());
  } catch (const std::system_error& refused) {
    return weir::tool::complain(verb, weir::actors::refused_thread(refused.what()));
  } catch (const std::exception& other) {
    return weir::tool::complain(verb, {weir::error_code::failed, other.what(), {}, {}});
  }
}

} // namespace

int main(int argc, char** argv) {
  weir::actors::open_missing_descriptors();
  weir::actors::sentence_at_terminate elsewhere{"weir"};
  auto code = run_guarded(argc, argv);
  return weir::actors::finish_standard_output("weir", code);
}
