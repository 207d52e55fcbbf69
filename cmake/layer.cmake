# SPDX-License-Identifier: Apache-2.0
# orchestrator_layer(NAME [PCH pure|asio] [LINK ...] [PRIVATE_LINK ...])
#
# Makes of the folder NAME below the current one
#   orchestrator_NAME   a static library of its *.cpp (INTERFACE while the folder has none),
#   NAME_tests          the GoogleTest program of its *_test.cpp, which links this layer and what
#                       stands below it, so a use of a higher layer does not link,
#   X_program           for each X_main.cpp, the program bin/orchestrator_X.
#   orchestrator_NAME_testing   what its folders named testing/ hold; the test programs of this layer,
#                       of the layers above and of tests/ link it, and nothing that is shipped does.

function(orchestrator_layer name)
  cmake_parse_arguments(arg "" "PCH" "LINK;PRIVATE_LINK" ${ARGN})
  set(folder "${CMAKE_CURRENT_SOURCE_DIR}/${name}")
  set(library orchestrator_${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${folder}/*.cpp")
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  set(testing ${sources})
  list(FILTER testing INCLUDE REGEX "/testing/")
  list(FILTER sources EXCLUDE REGEX "/testing/")
  set(mains ${sources})
  list(FILTER mains INCLUDE REGEX "_main\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_main\\.cpp$")

  if(sources)
    add_library(${library} STATIC ${sources})
    orchestrator_use_precompiled(${library} ${arg_PCH})
    set(scope PUBLIC)
    target_link_libraries(${library} PRIVATE ${arg_PRIVATE_LINK})
  else()
    add_library(${library} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(
    ${library} ${scope} "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/core/include>"
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/core/src>"
    "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_compile_features(${library} ${scope} cxx_std_23)
  target_link_libraries(${library} ${scope} ${arg_LINK})
  set_property(GLOBAL APPEND PROPERTY ORCHESTRATOR_LIBRARIES ${library})

  foreach(main IN LISTS mains)
    get_filename_component(stem "${main}" NAME_WE)
    string(REGEX REPLACE "_main$" "" stem "${stem}")
    add_executable(${stem}_program "${main}")
    set_target_properties(${stem}_program PROPERTIES OUTPUT_NAME orchestrator_${stem})
    orchestrator_use_precompiled(${stem}_program ${arg_PCH})
    target_link_libraries(${stem}_program PRIVATE ${library})
  endforeach()

  if(ORCHESTRATOR_TESTS)
    orchestrator_testing_library(${name} "${arg_PCH}" "${arg_LINK}" ${testing})
    if(tests)
      get_property(support GLOBAL PROPERTY ORCHESTRATOR_TESTING_${library})
      orchestrator_test_program(${name}_tests PCH ${arg_PCH} SOURCES ${tests} LINK ${support} ${library})
    endif()
  endif()
endfunction()

# Makes orchestrator_NAME_testing and notes, for the layers above, the testing libraries up to here.
function(orchestrator_testing_library name pch links)
  set(support "")
  foreach(lower IN LISTS links)
    get_property(lower_support GLOBAL PROPERTY ORCHESTRATOR_TESTING_${lower})
    list(APPEND support ${lower_support})
  endforeach()
  if(ARGN)
    set(library orchestrator_${name}_testing)
    add_library(${library} STATIC EXCLUDE_FROM_ALL ${ARGN})
    orchestrator_unoptimized(${library})
    orchestrator_use_precompiled(${library} ${pch}_tests)
    target_compile_definitions(${library} PRIVATE ORCHESTRATOR_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    target_link_libraries(${library} PUBLIC orchestrator_${name} ${support} GTest::gmock GTest::gtest rapidcheck)
    list(PREPEND support ${library})
    set_property(GLOBAL APPEND PROPERTY ORCHESTRATOR_TESTING_ALL ${library})
  endif()
  list(REMOVE_DUPLICATES support)
  set_property(GLOBAL PROPERTY ORCHESTRATOR_TESTING_orchestrator_${name} ${support})
endfunction()
