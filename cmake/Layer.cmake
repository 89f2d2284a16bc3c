# cowcheck_layer(<name> [USES <target>...])
#
# The library cowcheck_<name> from every *.cpp below the current folder. A folder without sources
# still gives a library that can be linked. Headers are included from the top of the repository:
# #include "model/state.h".
function(cowcheck_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES;SOURCES;EXCEPT")
  set(target cowcheck_${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  list(REMOVE_ITEM sources ${arg_EXCEPT} "")
  list(APPEND sources ${arg_SOURCES})
  if(sources)
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PRIVATE cowcheck_warnings)
    set(scope PUBLIC)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope}
    "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}/generated")
  target_link_libraries(${target} ${scope} ${arg_USES})
endfunction()
