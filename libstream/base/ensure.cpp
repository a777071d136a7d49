#include "libstream/base/ensure.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "libstream/base/text.hpp"

namespace weir {

void end_at_broken_promise(const promise& broken, std::string_view facts) {
  auto line = "broken promise: " + std::string{broken.words};
  if (!facts.empty())
    line += " (" + printable(facts) + ")";
  line += "; this is a defect of the program, found at " + std::string{broken.file} + ":" +
          std::to_string(broken.line) + ": please report it\n";
  std::fputs(line.c_str(), stderr); // one call, so that lines of several threads do not mix
  std::fflush(stderr);
  std::abort();
}

} // namespace weir
