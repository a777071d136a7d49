#pragma once

#include <weir/stream.hpp>

#include "libstream/testing/test_driver.hpp"
#include "libstream/testing/three_ways.hpp"

/// What a test of a pipeline includes, whatever test framework it is written for.
