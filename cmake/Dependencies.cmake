# What others have already written. tools/setup.sh installs all of it.

find_package(Threads REQUIRED)
find_package(pegtl CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(nlohmann_json CONFIG REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(pugixml CONFIG REQUIRED)

# Debian ships these without (or with a misnamed) CMake package.
function(cowcheck_find_library target header library)
  string(MAKE_C_IDENTIFIER "${library}" id)
  find_path(COWCHECK_${id}_INCLUDE "${header}" REQUIRED)
  find_library(COWCHECK_${id}_LIBRARY "${library}" REQUIRED)
  mark_as_advanced(COWCHECK_${id}_INCLUDE COWCHECK_${id}_LIBRARY)
  add_library(${target} UNKNOWN IMPORTED)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION "${COWCHECK_${id}_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${COWCHECK_${id}_INCLUDE}")
endfunction()

cowcheck_find_library(xxhash::xxhash xxhash.h xxhash)
cowcheck_find_library(zstd::zstd zstd.h zstd)
cowcheck_find_library(z3::z3 z3++.h z3)
cowcheck_find_library(readline::readline readline/readline.h readline)
