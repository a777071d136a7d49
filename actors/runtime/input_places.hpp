#pragma once

#include <string>
#include <vector>

#include "actors/sources/input_url.hpp"
#include "libstream/log/positions.hpp"

/// Which input of a start is which input of the data directory. Positions (producers' numbers, files that were read) belong to an input's
/// number there; so a wrong match would count records twice, or never.
namespace weir::actors {

/// What an input is called in the data directory: what `?name=` says, else its URL, with an absolute path whose links keep their names. Of two `weir://` inputs with port 0 and without a name the
/// second is called URL#2.
std::vector<std::string> input_names(const std::vector<input_url>& inputs);

struct input_places {
  std::vector<input_url> inputs;          ///< those of this start and those that were given up; position = number
  std::vector<log::input_record> renamed; ///< as the log has them: their keys go
  std::vector<log::input_record> written; ///< new, renamed, given up, or taken back
  std::vector<std::string> notes;         ///< sentences for people: what has moved, what is given up
};

/// Changes nothing; asks the file system only where paths lead. Inputs are known by their names, in any order; a directory is also known
/// by another path that leads to it, as names of older data directories have no links. A `weir://` input whose URL changed is known as long as it is the only one that is
/// missing; those of data directories that counted ports ("weir-1") are taken once in the order in which they are given. Errors, 78: an
/// input given twice, one that is missing and not in `forget`, several that moved, a name in `forget` that is none.
result<input_places> place_inputs(const std::vector<input_url>& given, const std::vector<log::input_record>& known,
                                  const std::vector<std::string>& forget = {});

/// Adds what `places` says to `changes`.
void put_inputs(log::transaction& changes, const input_places& places);

} // namespace weir::actors
