# Run by the installation: puts the headers that users include, and all that those include, below `to`; paths are those from the
# root of the tree `from`, but for <weir/...>.

cmake_policy(VERSION 3.25) # an installation begins with none
file(GLOB open RELATIVE ${from} ${from}/libstream/api/*.hpp ${from}/libstream/operators/*.hpp ${from}/libstream/testing/*.hpp
     ${from}/libstream/weir/*.hpp ${from}/actors/runtime/weir/*.hpp ${from}/actors/runtime/actor_runtime.hpp)
set(seen)
while(open)
  list(POP_FRONT open header)
  if(NOT header IN_LIST seen)
    list(APPEND seen ${header})
    file(STRINGS ${from}/${header} includes REGEX "^#include \"")
    foreach(line ${includes})
      string(REGEX REPLACE "^#include \"([^\"]*)\".*" "\\1" included "${line}")
      list(APPEND open ${included})
    endforeach()
  endif()
endwhile()
foreach(header ${seen})
  get_filename_component(folder ${header} DIRECTORY)
  string(REGEX REPLACE "^(libstream|actors/runtime)/weir$" "weir" folder ${folder})
  file(INSTALL ${from}/${header} DESTINATION ${to}/${folder})
endforeach()
