#pragma once

#include "libstream/data/msgpack_record.hpp"

/// For structs that list their members with MSGPACK_DEFINE: with this they are records.
