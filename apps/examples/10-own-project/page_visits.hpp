#pragma once

#include <weir/stream.hpp>

/// Counts the visits of pages from lines "USER PAGE MILLISECONDS", and adds up how long they took; other lines are shown.
void page_visits(weir::stream_context& ctx);
