#include <weir/weir.hpp>

#include "page_visits.hpp"

WEIR_APPLICATION("page-visits", page_visits)
