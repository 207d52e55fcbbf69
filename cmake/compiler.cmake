# SPDX-License-Identifier: Apache-2.0
# Language level, warnings, sanitizers, linker, ccache and output folders for every target.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug or Sanitize" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g -D_GLIBCXX_ASSERTIONS")
# A sanitizer's suites take minutes to compile and seconds to run, and -O0 halves the minutes; a fuzzer
# lives of its speed.
set(sanitize_level -O0)
if(ORCHESTRATOR_FUZZ)
  set(sanitize_level -O1)
endif()
set(CMAKE_CXX_FLAGS_SANITIZE
    "${sanitize_level} -gline-tables-only -fno-omit-frame-pointer -D_GLIBCXX_ASSERTIONS"
    CACHE STRING "Flags of the Sanitize build type" FORCE)

add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
# Options are structs with defaults, set by name: what is not named keeps its default on purpose.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 19)
  add_compile_options(-Wno-missing-designated-field-initializers)
else()
  add_compile_options(-Wno-missing-field-initializers)
endif()
# One code model for libraries and programs (CMake's own property would differ), so that both can
# share a precompiled header.
add_compile_options(-fPIC)

if(ORCHESTRATOR_SANITIZE)
  add_compile_options(-fsanitize=${ORCHESTRATOR_SANITIZE})
  add_link_options(-fsanitize=${ORCHESTRATOR_SANITIZE})
  if(ORCHESTRATOR_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-fstack-protector-strong)
  add_link_options(-Wl,-z,relro,-z,now)
endif()

if(ORCHESTRATOR_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "ORCHESTRATOR_FUZZ needs clang; this is ${CMAKE_CXX_COMPILER_ID}. Use the preset 'fuzz'.")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU"
   AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13
   AND NOT ORCHESTRATOR_PURE_ONLY)
  message(FATAL_ERROR "GCC ${CMAKE_CXX_COMPILER_VERSION} miscompiles coroutines: use clang++-19 "
                      "(cmake --preset release), GCC 13 or newer, or -DORCHESTRATOR_PURE_ONLY=ON.")
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  find_program(ORCHESTRATOR_LLD NAMES ld.lld-19 ld.lld)
  if(ORCHESTRATOR_LLD)
    add_link_options(--ld-path=${ORCHESTRATOR_LLD})
  endif()
endif()

# ccache needs to be told that a precompiled header is compared by content, not by time stamp. It finds what a file
# includes in the compiler's own list, which saves it a second run of the preprocessor.
find_program(ORCHESTRATOR_CCACHE ccache)
if(ORCHESTRATOR_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_DEPEND=1 "${ORCHESTRATOR_CCACHE}")
endif()
