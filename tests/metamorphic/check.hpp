#pragma once

#include <string>

#include "tests/metamorphic/ways.hpp"

namespace metamorphic {

/// Runs a pipeline in all ways and says what differs from the model or between ways; empty if nothing.
std::string difference(const pipeline& of);
/// The same with one way and one layout, against the model only.
std::string difference(const pipeline& of, const layout& how, const ran& what);

/// A small pipeline that still shows a difference: without steps, batches and records that do not matter.
pipeline shrunk(pipeline of, const std::function<std::string(const pipeline&)>& difference);

/// What a person needs: the smallest pipeline, how it differs, how to run just this seed.
std::string report(const pipeline& of);

} // namespace metamorphic
