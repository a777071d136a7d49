#include "apps/weir/completion_command.hpp"

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "apps/weir/completion.hpp"
#include "apps/weir/usage.hpp"

namespace {

/// It becomes a word of a script.
bool is_name(const std::string& text) {
  return !text.empty() && text.front() != '-' && std::all_of(text.begin(), text.end(), [](unsigned char byte) {
    return std::isalnum(byte) != 0 || byte == '-' || byte == '_' || byte == '.' || byte == '+';
  });
}

} // namespace

int completion_command(int argc, char** argv) {
  CLI::App app{"Prints a script that makes the shell complete weir, word-count, and other applications:\n"
               "  eval \"$(weir completion bash)\"      in ~/.bashrc\n"
               "  eval \"$(weir completion zsh)\"       in ~/.zshrc",
               "weir completion"};
  std::string shell;
  std::vector<std::string> applications;
  app.add_option("SHELL", shell, "bash or zsh")->required();
  app.add_option("APP", applications, "further applications, by their names");
  if (auto code = weir::tool::answer_early("completion", app, argc, argv))
    return *code;
  using weir::error_code;
  if (shell != "bash" && shell != "zsh")
    return weir::tool::complain("completion",
                                {error_code::configuration, "unknown shell", "\"" + shell + "\"", "write bash or zsh"});
  for (auto& name : applications)
    if (!is_name(name))
      return weir::tool::complain("completion", {error_code::configuration, "no name of a program", "\"" + name + "\"",
                                                 "write it without directories"});
  if (std::find(applications.begin(), applications.end(), "word-count") == applications.end())
    applications.insert(applications.begin(), "word-count");
  auto verbs = weir::tool::verb_names();
  std::cout << (shell == "bash" ? weir::tool::bash_completion(verbs, applications)
                                : weir::tool::zsh_completion(verbs, applications));
  return 0;
}
