#include "apps/weir/completion.hpp"

#include "actors/runtime/setting_table.hpp"

namespace weir::tool {

namespace {

using actors::setting_form;
using actors::setting_row;

std::string joined(const std::vector<std::string>& words) {
  std::string joined;
  for (auto& word : words)
    joined += (joined.empty() ? "" : " ") + word;
  return joined;
}

/// What may stand behind a key, as far as it can be listed.
std::vector<std::string> words_of(const setting_row& row) {
  auto words = row.words;
  if (row.form == setting_form::boolean)
    words = {"true", "false"};
  if (row.key == "input")
    words = {"file:", "generate://", "tcp://", "weir://"};
  if (row.key == "output")
    words = {"print", "print:", "text:"};
  if (row.key == "data_dir")
    words = {"none"};
  if (!row.nothing.empty())
    words.push_back(row.nothing);
  return words;
}

std::string all_keys() {
  std::vector<std::string> keys;
  for (auto& row : actors::setting_table())
    keys.push_back(row.key + "=");
  return joined(keys);
}

std::string all_flags() {
  std::vector<std::string> flags;
  for (auto& row : actors::setting_table())
    if (!row.flag().empty())
      flags.push_back(row.flag());
  flags.insert(flags.end(), {"--config", "--set", "--version", "--help"});
  return joined(flags);
}

/// `case` branches that set `words` for a key or its flag.
std::string value_cases() {
  std::string text;
  for (auto& row : actors::setting_table()) {
    auto words = joined(words_of(row));
    if (!words.empty())
      text += "    " + row.key + (row.flag().empty() ? "" : "|" + row.flag()) + ") words='" + words + "' ;;\n";
  }
  return text;
}

/// Bash cuts words at = and : and replaces only the last piece; so the line is cut anew, and what stays is taken off the answers.
constexpr const char* bash_functions = R"(
_weir_cut_line() { # sets current, previous
  local line=${COMP_LINE:0:COMP_POINT}
  local -a cut
  read -ra cut <<<"$line"
  [[ $line == *[[:space:]] ]] && cut+=("")
  current=${cut[-1]}
  previous=""
  ((${#cut[@]} > 1)) && previous=${cut[-2]}
  place=${#cut[@]}
}

_weir_answer() { # PREFIX WORD...: those that begin as the current word does
  local prefix=$1 stays="" breaks="" word
  shift
  [[ $COMP_WORDBREAKS == *=* ]] && breaks+="="
  [[ $COMP_WORDBREAKS == *:* ]] && breaks+=":"
  [[ $breaks && $current == *[$breaks]* ]] && stays=${current%"${current##*[$breaks]}"}
  for word in "$@"; do
    word=$prefix$word
    [[ $word == "$current"* ]] && COMPREPLY+=("${word#"$stays"}")
  done
  [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=:/] ]] && compopt -o nospace 2>/dev/null
  return 0
}

_weir_paths() { # PREFIX OPTION: files (-f) or directories (-d)
  local typed=${current#"$1"} path
  local -a paths=()
  while IFS= read -r path; do
    [[ -d $path ]] && path=$path/
    paths+=("$path")
  done < <(compgen "$2" -- "$typed")
  _weir_answer "$1" "${paths[@]}"
}

_weir_values() { # KEY-OR-FLAG PREFIX
  local words="" typed=${current#"$2"}
  _weir_words "$1"
  case $1:$typed in
    --config:*) _weir_paths "$2" -f ;;
    input:file:*|--input:file:*) _weir_paths "$2file:" -d ;;
    output:text:*|--output:text:*) _weir_paths "$2text:" -f ;;
    data_dir:*|--data-dir:*) _weir_answer "$2" $words; _weir_paths "$2" -d ;;
    *) _weir_answer "$2" $words ;;
  esac
}

_weir_application() {
  local current previous place
  COMPREPLY=()
  _weir_cut_line
  if [[ $current == --set=*=* ]]; then
    local assignment=${current#--set=}
    _weir_values "${assignment%%=*}" "--set=${assignment%%=*}="
  elif [[ $current == --set=* ]]; then
    _weir_answer --set= $_weir_keys
  elif [[ $current == --*=* ]]; then
    _weir_values "${current%%=*}" "${current%%=*}="
  elif [[ $previous == --set && $current == *=* ]]; then
    _weir_values "${current%%=*}" "${current%%=*}="
  elif [[ $previous == --set ]]; then
    _weir_answer "" $_weir_keys
  elif [[ $current != -* && " $_weir_flags " == *" $previous "* && $previous == --* && " $_weir_bare " != *" $previous "* ]]; then
    _weir_values "$previous" ""
  else
    ((place == 2)) && _weir_answer "" config
    [[ ${COMP_LINE} == *" config "* ]] && _weir_answer "" --json
    _weir_answer "" $_weir_flags
  fi
}

_weir_tool() {
  local current previous place verb
  COMPREPLY=()
  _weir_cut_line
  read -r _ verb _ <<<"$COMP_LINE"
  if ((place == 2)); then
    _weir_answer "" $_weir_verbs --help --version
  elif [[ $current == -* ]]; then
    _weir_answer "" $("${COMP_WORDS[0]}" "$verb" --help 2>/dev/null | grep -oE -e '--[a-z][a-z-]*' | sort -u)
  elif [[ $verb == completion && $place == 3 ]]; then
    _weir_answer "" bash zsh
  elif [[ $verb == generate ]]; then
    _weir_answer "" 'generate://?count='
  else
    _weir_paths "" -f
  fi
}

)";

std::string bare_flags() {
  std::vector<std::string> flags{"--version", "--help"};
  for (auto& row : actors::setting_table())
    if (!row.if_bare.empty())
      flags.push_back(row.flag());
  return joined(flags);
}

/// For a description within '...[...]': none of what zsh takes for syntax.
std::string plain(const std::string& text) {
  std::string escaped;
  for (auto byte : text)
    if (byte == '[' || byte == ']' || byte == '\\' || byte == ':' || byte == '\'')
      escaped += byte == ':' ? "\\:" : byte == '\'' ? "" : std::string{'\\', byte};
    else
      escaped += byte;
  return escaped;
}

std::string zsh_value(const setting_row& row) {
  if (row.key == "data_dir")
    return "_files -/";
  if (row.key == "input" || row.key == "output")
    return "_weir_place";
  auto words = joined(words_of(row));
  return words.empty() ? " " : "(" + words + ")";
}

std::string zsh_flags() {
  std::string text;
  for (auto& row : actors::setting_table()) {
    if (row.flag().empty())
      continue;
    auto several = row.form == setting_form::list ? "*" : "";
    // `=-`: the value may only stand behind an equals sign, as for a flag that needs none.
    text += std::string{"    '"} + several + row.flag() + (row.if_bare.empty() ? "=" : "=-") + "[" +
            plain(row.meaning) + "]" + (row.if_bare.empty() ? ":" : "::") + row.shown + ":" + zsh_value(row) + "' \\\n";
  }
  return text;
}

std::string zsh_keys() {
  std::string text;
  for (auto& row : actors::setting_table())
    text += "    '" + row.key + "[" + plain(row.meaning) + "]:value:" + zsh_value(row) + "' \\\n";
  return text;
}

} // namespace

std::string bash_completion(const std::vector<std::string>& verbs, const std::vector<std::string>& applications) {
  return "# Completion of weir and of Weir's applications for bash: eval \"$(weir completion bash)\"\n_weir_verbs='" +
         joined(verbs) + "'\n_weir_flags='" + all_flags() + "'\n_weir_bare='" + bare_flags() + "'\n_weir_keys='" +
         all_keys() + "'\n\n_weir_words() { # KEY-OR-FLAG: sets words\n  case $1 in\n" + value_cases() + "  esac\n}\n" +
         bash_functions + "complete -F _weir_tool weir\ncomplete -F _weir_application " + joined(applications) + "\n";
}

std::string zsh_completion(const std::vector<std::string>& verbs, const std::vector<std::string>& applications) {
  return "#compdef weir " + joined(applications) +
         "\n# Completion of weir and of Weir's applications for zsh: eval \"$(weir completion zsh)\"\n"
         "_weir_place() {\n"
         "  compset -P 'file:' && { _files -/; return }\n"
         "  compset -P 'text:' && { _files; return }\n"
         "  compadd -S '' -- file: weir:// text: print\n"
         "}\n\n_weir_settings() {\n  _values -S = 'setting' \\\n" +
         zsh_keys() + "    && return\n}\n\n_weir_application() {\n  _arguments -S \\\n" + zsh_flags() +
         "    '--config=[settings from a TOML file]:FILE.toml:_files' \\\n"
         "    '*--set=[changes any setting]:KEY=VALUE:_weir_settings' \\\n"
         "    '--version[version]' '--help[help]' '--json[with config\\: as JSON]' '1::verb:(config)'\n}\n\n"
         "_weir_tool() {\n"
         "  if (( CURRENT == 2 )); then\n    compadd -- " +
         joined(verbs) +
         " --help --version\n"
         "  elif [[ $words[CURRENT] == -* ]]; then\n"
         "    compadd -- ${(f)\"$($words[1] $words[2] --help 2>/dev/null | grep -oE -e '--[a-z][a-z-]*' | sort -u)\"}\n"
         "  elif [[ $words[2] == completion ]] && (( CURRENT == 3 )); then\n    compadd -- bash zsh\n"
         "  else\n    _files\n  fi\n}\n\n"
         "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }\n"
         "compdef _weir_tool weir\ncompdef _weir_application " +
         joined(applications) + "\n";
}

} // namespace weir::tool
