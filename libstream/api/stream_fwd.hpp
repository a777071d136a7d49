#pragma once

namespace weir {

template <class T>
class dstream;
template <class T>
class dataset;

} // namespace weir
