# The libraries that Weir stands on, as targets. Read by our build, and by the package that it installs.

include(CMakeFindDependencyMacro)

# weir_library(NAME HEADER [LIBRARY]...): the target weir::NAME; the last library comes last on a linker's line.
function(weir_library name header)
  if(TARGET weir::${name})
    return()
  endif()
  string(TOUPPER ${name} prefix)
  find_path(${prefix}_INCLUDE_DIR ${header} REQUIRED)
  add_library(weir::${name} INTERFACE IMPORTED GLOBAL)
  set_target_properties(weir::${name} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${${prefix}_INCLUDE_DIR})
  foreach(library ${ARGN})
    string(TOUPPER ${library} prefix)
    find_library(${prefix}_LIBRARY ${library} REQUIRED)
    target_link_libraries(weir::${name} INTERFACE ${${prefix}_LIBRARY})
  endforeach()
endfunction()

# weir_package(NAME): as find_dependency where a package asks, and an error where our build does.
macro(weir_package name)
  if(CMAKE_FIND_PACKAGE_NAME)
    find_dependency(${name})
  else()
    find_package(${name} REQUIRED)
  endif()
endmacro()

# The engine needs these.
macro(weir_find_stream_libraries)
  weir_package(tl-expected)
  weir_library(msgpack msgpack.hpp)
  weir_library(xxhash xxhash.h xxhash)
  weir_library(lmdb lmdb.h lmdb)
endmacro()

# And these the runtime.
macro(weir_find_runtime_libraries)
  weir_package(Threads)
  weir_library(caf caf/all.hpp caf_io caf_core)
endmacro()
