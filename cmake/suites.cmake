# SPDX-License-Identifier: Apache-2.0
# Tests that cross modules, fuzz targets, benchmarks and the header check.

# tests/FOLDER/*_test.cpp becomes FOLDER_tests. Each links the library and, but for `integration`, the
# CLI's code: the integration set is built with each sanitizer too, so it stays small.
if(ORCHESTRATOR_TESTS)
  get_property(support GLOBAL PROPERTY ORCHESTRATOR_TESTING_ALL)
  file(GLOB test_folders CONFIGURE_DEPENDS LIST_DIRECTORIES true "${PROJECT_SOURCE_DIR}/tests/*")
  list(FILTER test_folders EXCLUDE REGEX "/(fuzz|consumer)$")
  foreach(folder IN LISTS test_folders)
    if(IS_DIRECTORY "${folder}")
      file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${folder}/*.cpp")
      if(sources)
        get_filename_component(name "${folder}" NAME)
        set(linked orchestrator_cli)
        if(name STREQUAL "integration")
          set(linked orchestrator-ai-harness-core)
        endif()
        orchestrator_test_program(${name}_tests PCH asio SOURCES ${sources} LINK ${support} ${linked})
        target_include_directories(${name}_tests PRIVATE "${PROJECT_SOURCE_DIR}/tests")
      endif()
    endif()
  endforeach()
endif()

# tests/fuzz/NAME.cpp becomes fuzz_NAME on the pure layers; tests/fuzz/LAYER/NAME.cpp may use LAYER too.
if(ORCHESTRATOR_FUZZ)
  add_custom_target(fuzz_targets)
  file(GLOB_RECURSE fuzz_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/fuzz/*.cpp")
  foreach(source IN LISTS fuzz_sources)
    get_filename_component(name "${source}" NAME_WE)
    get_filename_component(folder "${source}" DIRECTORY)
    get_filename_component(layer "${folder}" NAME)
    add_executable(fuzz_${name} EXCLUDE_FROM_ALL "${source}")
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(fuzz_${name} PRIVATE orchestrator_sim)
    # Its few sources alone: the whole layer with the runtime below it would take minutes to build.
    if(name STREQUAL "path_resolver")
      target_sources(fuzz_${name} PRIVATE "${PROJECT_SOURCE_DIR}/core/src/tools/files/workspace_path.cpp"
                                          "${PROJECT_SOURCE_DIR}/core/src/tools/files/file_state.cpp"
                                          "${PROJECT_SOURCE_DIR}/core/src/tools/sandbox/protected_paths.cpp"
                                          "${PROJECT_SOURCE_DIR}/core/src/tools/sandbox/secret_paths.cpp"
                                          "${PROJECT_SOURCE_DIR}/core/src/runtime/workspace.cpp")
    endif()
    if(name STREQUAL "config_file")
      target_sources(fuzz_${name} PRIVATE "${PROJECT_SOURCE_DIR}/cli/configuration/config_file.cpp"
                                          "${PROJECT_SOURCE_DIR}/cli/configuration/config_key.cpp"
                                          "${PROJECT_SOURCE_DIR}/cli/configuration/quantity.cpp"
                                          "${PROJECT_SOURCE_DIR}/cli/display/quoted_text.cpp"
                                          "${PROJECT_SOURCE_DIR}/cli/input/byte_reader.cpp"
                                          "${PROJECT_SOURCE_DIR}/core/src/journal/postgres_address.cpp")
      target_include_directories(fuzz_${name} PRIVATE "${PROJECT_SOURCE_DIR}")
      target_link_libraries(fuzz_${name} PRIVATE PostgreSQL::PostgreSQL)
    endif()
    if(name STREQUAL "export_reader")
      target_sources(fuzz_${name} PRIVATE "${PROJECT_SOURCE_DIR}/core/src/journal/export_format.cpp"
                                          "${PROJECT_SOURCE_DIR}/core/src/journal/export_reader.cpp"
                                          "${PROJECT_SOURCE_DIR}/core/src/journal/run_check.cpp"
                                          "${PROJECT_SOURCE_DIR}/core/src/journal/stored_line.cpp")
    endif()
    if(TARGET orchestrator_${layer})
      target_link_libraries(fuzz_${name} PRIVATE orchestrator_${layer})
    endif()
    add_dependencies(fuzz_targets fuzz_${name})
  endforeach()
endif()

# bench/ has lists of its own, since its programs share sources; all of them are EXCLUDE_FROM_ALL.
if(ORCHESTRATOR_BENCH)
  add_subdirectory("${PROJECT_SOURCE_DIR}/bench" "${CMAKE_BINARY_DIR}/bench")
endif()

# header_check compiles each public header alone, with only core/include in the path.
file(GLOB_RECURSE public_headers CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}/core/include"
     "${PROJECT_SOURCE_DIR}/core/include/*.hpp")
if(public_headers)
  set(check_sources "")
  foreach(header IN LISTS public_headers)
    string(REPLACE "/" "_" stem "${header}")
    set(source "${CMAKE_BINARY_DIR}/header_check/${stem}.cpp")
    file(CONFIGURE OUTPUT "${source}" CONTENT "#include <@header@>\n#include <@header@>\n" @ONLY)
    list(APPEND check_sources "${source}")
  endforeach()
  add_library(header_check OBJECT EXCLUDE_FROM_ALL ${check_sources})
  target_include_directories(header_check PRIVATE "${PROJECT_SOURCE_DIR}/core/include")
  target_compile_definitions(header_check PRIVATE BOOST_ASIO_SEPARATE_COMPILATION)
  target_compile_options(header_check PRIVATE -O0)
  target_link_libraries(header_check PRIVATE Boost::json Threads::Threads)
endif()

# all_tests builds every test program and nothing else.
get_property(test_programs GLOBAL PROPERTY ORCHESTRATOR_TEST_PROGRAMS)
if(test_programs)
  add_custom_target(all_tests DEPENDS ${test_programs})
endif()
