#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "libstream/operators/lines.hpp"

namespace weir {

/// For filter: the records in which `wanted` stands, every record if that is empty. As the first operator on a text input it searches
/// whole blocks, and looks for the ends of a line only where there is something to find.
class contains {
public:
  explicit contains(std::string_view wanted) : wanted_{wanted} {}

  bool operator()(std::string_view record) const {
    return wanted_.empty() || operators::find_text(record, wanted_) != std::string_view::npos;
  }

  template <class Emit>
  void on_block(std::string_view block, Emit& emit) const {
    if (wanted_.empty())
      return operators::for_each_line(block, [&](std::string_view line) { emit(line); });
    while (true) {
      auto hit = operators::find_text(block, wanted_);
      if (hit == std::string_view::npos)
        return;
      auto before = hit == 0 ? std::string_view::npos : block.rfind('\n', hit - 1);
      auto begin = before == std::string_view::npos ? 0 : before + 1;
      auto end = std::min(block.find('\n', hit), block.size());
      // What was found may reach over the end of the line.
      auto line = operators::without_carriage_return(block.substr(begin, end - begin));
      if (hit + wanted_.size() <= begin + line.size() || (*this)(line))
        emit(line);
      block.remove_prefix(std::min(end + 1, block.size()));
    }
  }

private:
  std::string wanted_;
};

} // namespace weir
