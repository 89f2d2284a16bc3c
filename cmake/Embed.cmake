# cowcheck_embed(<variable> FILES <path>... HEADER <x.h> FUNCTION <name> WHAT <words>)
#
# The texts of the files, whose paths are below the top of the repository, as a C++ source that
# defines FUNCTION, which HEADER declares (see model/builtin_files.h). The variable gets its path.
function(cowcheck_embed variable)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "HEADER;FUNCTION;WHAT" "FILES")
  set(list "${CMAKE_CURRENT_BINARY_DIR}/${arg_FUNCTION}.list")
  set(source "${CMAKE_CURRENT_BINARY_DIR}/${arg_FUNCTION}.cpp")
  list(JOIN arg_FILES "\n" lines)
  file(CONFIGURE OUTPUT "${list}" CONTENT "@lines@\n" @ONLY)
  list(TRANSFORM arg_FILES PREPEND "${PROJECT_SOURCE_DIR}/" OUTPUT_VARIABLE paths)
  add_custom_command(
    OUTPUT "${source}"
    COMMAND "${CMAKE_COMMAND}"
      "-DROOT=${PROJECT_SOURCE_DIR}" "-DLIST=${list}" "-DOUT=${source}"
      "-DHEADER=${arg_HEADER}" "-DFUNCTION=${arg_FUNCTION}"
      -P "${PROJECT_SOURCE_DIR}/cmake/EmbedFiles.cmake"
    DEPENDS ${paths} "${list}" "${PROJECT_SOURCE_DIR}/cmake/EmbedFiles.cmake"
    COMMENT "Embedding ${arg_WHAT}"
    VERBATIM)
  set(${variable} "${source}" PARENT_SCOPE)
endfunction()
