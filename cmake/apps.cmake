# SPDX-License-Identifier: Apache-2.0
# Programs: the command line tool and the examples.

file(GLOB_RECURSE cli_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/cli/*.cpp")
set(cli_tests ${cli_sources})
list(FILTER cli_tests INCLUDE REGEX "(_test\\.cpp$|/testing/)")
list(FILTER cli_sources EXCLUDE REGEX "(_test\\.cpp$|/testing/|/main\\.cpp$)")

if(cli_sources)
  add_library(orchestrator_cli STATIC ${cli_sources})
  orchestrator_use_precompiled(orchestrator_cli asio)
  set(scope PUBLIC)
else()
  add_library(orchestrator_cli INTERFACE)
  set(scope INTERFACE)
endif()
target_include_directories(orchestrator_cli ${scope} "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/cli")
target_link_libraries(orchestrator_cli ${scope} orchestrator-ai-harness-core)

if(EXISTS "${PROJECT_SOURCE_DIR}/cli/main.cpp")
  add_executable(orchestrator "${PROJECT_SOURCE_DIR}/cli/main.cpp")
  orchestrator_use_precompiled(orchestrator asio)
  target_link_libraries(orchestrator PRIVATE orchestrator_cli)
endif()
if(ORCHESTRATOR_TESTS AND cli_tests)
  get_property(support GLOBAL PROPERTY ORCHESTRATOR_TESTING_ALL)
  orchestrator_test_program(cli_tests PCH asio SOURCES ${cli_tests} LINK ${support} orchestrator_cli)
endif()

# examples/NAME/main.cpp and its neighbours become the program NAME; it uses public headers only.
file(GLOB example_mains CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/examples/*/main.cpp")
foreach(main IN LISTS example_mains)
  get_filename_component(folder "${main}" DIRECTORY)
  get_filename_component(name "${folder}" NAME)
  file(GLOB example_sources CONFIGURE_DEPENDS "${folder}/*.cpp")
  add_executable(${name} ${example_sources})
  target_link_libraries(${name} PRIVATE orchestrator-ai-harness-core)
endforeach()
