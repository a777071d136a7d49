#pragma once

// What all mistakes include: `mistakes_test` compiles it once.
#include <ranges>

#include "libstream/api/dataset.hpp"
#include "libstream/api/dstream.hpp"
#include "libstream/data/msgpack_record.hpp"
#include "libstream/operators/split_words.hpp"
