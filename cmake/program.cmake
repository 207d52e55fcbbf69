# SPDX-License-Identifier: Apache-2.0
# orchestrator_test_program(NAME [PCH pure|asio] SOURCES ... LINK ...): a GoogleTest binary in bin/.
# Code in it may use GoogleMock, rapidcheck and ORCHESTRATOR_SOURCE_DIR (the root of this repository).

function(orchestrator_test_program name)
  cmake_parse_arguments(arg "" "PCH" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_compile_definitions(${name} PRIVATE ORCHESTRATOR_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${arg_LINK} GTest::gmock GTest::gtest GTest::gtest_main
                                        rapidcheck)
  orchestrator_unoptimized(${name})
  if(arg_PCH)
    orchestrator_use_precompiled(${name} ${arg_PCH}_tests)
  endif()
  set_property(GLOBAL APPEND PROPERTY ORCHESTRATOR_TEST_PROGRAMS ${name})
endfunction()
