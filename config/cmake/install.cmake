# `cmake --install build/release --prefix DIR`: the libraries, the headers that users need, the programs, the examples, and a package
# that find_package(weir) finds.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/weir)
set(headers ${CMAKE_INSTALL_INCLUDEDIR}/weir)

# In the tree under the same names, for who adds it as a folder of an own build.
add_library(weir::stream ALIAS weir_stream)
set_target_properties(weir_stream PROPERTIES EXPORT_NAME stream)
target_compile_features(weir_stream INTERFACE cxx_std_20)
install(TARGETS weir_stream EXPORT weir-stream ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} INCLUDES DESTINATION ${headers})
install(EXPORT weir-stream NAMESPACE weir:: DESTINATION ${package})

if(TARGET weir_actors)
  add_library(weir::weir ALIAS weir_actors)
  set_target_properties(weir_actors PROPERTIES EXPORT_NAME weir)
  install(TARGETS weir_actors EXPORT weir-weir ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} INCLUDES DESTINATION ${headers})
  install(EXPORT weir-weir NAMESPACE weir:: DESTINATION ${package})
endif()
# The tool, with the application that `weir demo` and `weir chaos` start from beside it.
foreach(program weir word-count)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()
# The examples: to run, and to read.
get_property(examples GLOBAL PROPERTY WEIR_EXAMPLES)
if(examples)
  install(TARGETS ${examples} RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/weir/examples)
endif()
install(DIRECTORY ${CMAKE_SOURCE_DIR}/apps/examples/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)

# Which headers these are is known when they are installed.
install(CODE "
  set(from \"${CMAKE_SOURCE_DIR}\")
  set(to \"\${CMAKE_INSTALL_PREFIX}/${headers}\")
  include(\"${CMAKE_CURRENT_LIST_DIR}/install_headers.cmake\")")

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/weir-config.cmake.in ${CMAKE_BINARY_DIR}/package/weir-config.cmake
                              INSTALL_DESTINATION ${package})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/weir-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/package/weir-config.cmake ${CMAKE_BINARY_DIR}/package/weir-config-version.cmake
        ${CMAKE_CURRENT_LIST_DIR}/weir-libraries.cmake DESTINATION ${package})
