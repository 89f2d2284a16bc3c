# Language level, optimisation, warnings and sanitizers.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

if(COWCHECK_CCACHE)
  find_program(COWCHECK_CCACHE_PROGRAM ccache)
  mark_as_advanced(COWCHECK_CCACHE_PROGRAM)
  if(COWCHECK_CCACHE_PROGRAM)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${COWCHECK_CCACHE_PROGRAM}")
  endif()
endif()

# __FILE__, in messages and assertions, is the path below the repository.
add_compile_options("-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=")
# A library that a binary does not call costs it no start-up time.
add_link_options(-Wl,--as-needed)

if(COWCHECK_NATIVE)
  add_compile_options(-march=native)
endif()
if(COWCHECK_LTO)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
endif()

# Sanitizers change the ABI of the whole program: they go to every target.
if(COWCHECK_SANITIZER)
  add_compile_options(
    "-fsanitize=${COWCHECK_SANITIZER}" -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options("-fsanitize=${COWCHECK_SANITIZER}")
endif()
if(COWCHECK_BUILD_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "libFuzzer needs clang: use 'cmake --preset fuzz'")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Warnings are for project code only: link cowcheck_warnings PRIVATE.
add_library(cowcheck_warnings INTERFACE)
target_compile_options(cowcheck_warnings INTERFACE
  -Wall
  -Wextra
  -Wpedantic
  -Wcast-align
  -Wcast-qual
  -Wconversion
  -Wdouble-promotion
  -Wextra-semi
  -Wformat=2
  -Wimplicit-fallthrough
  -Wnon-virtual-dtor
  -Wold-style-cast
  -Woverloaded-virtual
  -Wshadow
  -Wsign-conversion
  -Wundef
  $<$<BOOL:${COWCHECK_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(cowcheck_warnings INTERFACE
    -Wduplicated-cond
    -Wlogical-op
    -Wno-restrict)  # false positives on std::string + in g++ 12 (GCC PR 105651)
  if(COWCHECK_SANITIZER)
    # The instrumentation hides initialisations and sizes from these two.
    target_compile_options(cowcheck_warnings INTERFACE
      -Wno-maybe-uninitialized -Wno-stringop-overflow)
  endif()
endif()

# ThreadSanitizer and AddressSanitizer of this age cannot place their shadow memory when the kernel
# randomises addresses over more bits than they know. Where we may, we switch that off in tests.
set(COWCHECK_TEST_LAUNCHER "")
if(COWCHECK_SANITIZER MATCHES "thread|address")
  find_program(COWCHECK_SETARCH setarch)
  mark_as_advanced(COWCHECK_SETARCH)
  if(COWCHECK_SETARCH)
    execute_process(COMMAND "${COWCHECK_SETARCH}" "${CMAKE_SYSTEM_PROCESSOR}" -R true
      RESULT_VARIABLE setarch_result OUTPUT_QUIET ERROR_QUIET)
    if(setarch_result EQUAL 0)
      set(COWCHECK_TEST_LAUNCHER "${COWCHECK_SETARCH}" "${CMAKE_SYSTEM_PROCESSOR}" -R)
    endif()
  endif()
endif()
