#include "actors/runtime/setting_row.hpp"

#include <algorithm>

namespace weir::actors {

std::string setting_row::flag() const {
  if (shown.empty())
    return {};
  auto name = "--" + key;
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string setting_row::variable() const {
  auto name = "WEIR_" + key;
  for (auto& byte : name)
    byte = byte == '.' ? '_' : byte >= 'a' && byte <= 'z' ? static_cast<char>(byte - 'a' + 'A') : byte;
  return name;
}

std::string setting_row::range() const {
  switch (form) {
    case setting_form::boolean: return "true or false";
    case setting_form::text:
    case setting_form::list: return {};
    case setting_form::choice: break;
    default: return format_setting({least, {}, {}}, form) + " to " + format_setting({most, {}, {}}, form);
  }
  std::string list;
  for (std::size_t i = 0; i < words.size(); ++i)
    list += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return list;
}

setting_row setting_row::as_flag(std::string name, std::string bare) && {
  shown = std::move(name);
  if_bare = std::move(bare);
  return std::move(*this);
}

setting_row setting_row::unless_set(std::string word, std::string from) && {
  nothing = std::move(word);
  follows = std::move(from);
  return std::move(*this);
}

} // namespace weir::actors
