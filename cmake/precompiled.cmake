# SPDX-License-Identifier: Apache-2.0
# Precompiled headers: one for the pure layers, one with Asio for all that stands above them, and each
# again with GoogleMock for the tests. They save compile time only; the debug preset and the
# GCC build do without them, so a missing include is still found.

foreach(name pure asio pure_tests asio_tests)
  file(WRITE "${CMAKE_BINARY_DIR}/precompiled/${name}.cpp" "")
endforeach()

set(orchestrator_pure_headers
    <algorithm> <array> <charconv> <chrono> <cstdint> <cstdlib> <expected> <functional> <map>
    <memory> <optional> <set> <span> <string> <string_view> <utility> <variant> <vector> <boost/json.hpp>
    "${PROJECT_SOURCE_DIR}/cmake/precompiled/values.hpp")
set(orchestrator_asio_headers
    ${orchestrator_pure_headers} <atomic> <mutex> <stop_token> <thread>
    <boost/asio/any_io_executor.hpp> <boost/asio/awaitable.hpp> <boost/asio/bind_cancellation_slot.hpp>
    <boost/asio/co_spawn.hpp> <boost/asio/io_context.hpp> <boost/asio/post.hpp> <boost/asio/steady_timer.hpp>
    <boost/asio/this_coro.hpp> <boost/asio/thread_pool.hpp> <boost/asio/use_awaitable.hpp> <boost/asio/use_future.hpp>
    "${PROJECT_SOURCE_DIR}/cmake/precompiled/interfaces.hpp")

# orchestrator_unoptimized(TARGET): for the code of tests, which takes longer to optimize than to run.
function(orchestrator_unoptimized target)
  target_compile_options(${target} PRIVATE -O0)
endfunction()

function(orchestrator_precompiled_holder name)
  add_library(orchestrator_pch_${name} OBJECT EXCLUDE_FROM_ALL
              "${CMAKE_BINARY_DIR}/precompiled/${name}.cpp")
  target_include_directories(orchestrator_pch_${name} PRIVATE "${PROJECT_SOURCE_DIR}/core/include"
                                                              "${PROJECT_SOURCE_DIR}/core/src")
  target_link_libraries(orchestrator_pch_${name} PRIVATE Boost::json OpenSSL::Crypto Threads::Threads)
  target_compile_options(orchestrator_pch_${name} PRIVATE -Xclang -fno-pch-timestamp)
  if(name MATCHES "^asio")
    target_compile_definitions(orchestrator_pch_${name} PRIVATE BOOST_ASIO_SEPARATE_COMPILATION)
  endif()
  target_precompile_headers(orchestrator_pch_${name} PRIVATE ${ARGN})
endfunction()

if(ORCHESTRATOR_PCH AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  foreach(name pure asio)
    if(name STREQUAL pure OR NOT ORCHESTRATOR_PURE_ONLY)
      orchestrator_precompiled_holder(${name} ${orchestrator_${name}_headers})
      if(ORCHESTRATOR_TESTS)
        orchestrator_precompiled_holder(${name}_tests ${orchestrator_${name}_headers} <gtest/gtest.h> <gmock/gmock.h>)
        orchestrator_unoptimized(orchestrator_pch_${name}_tests)
        target_link_libraries(orchestrator_pch_${name}_tests PRIVATE GTest::gmock GTest::gtest)
      endif()
    endif()
  endforeach()
endif()

# orchestrator_use_precompiled(TARGET pure|asio|pure_tests|asio_tests): a no-op where there are none.
function(orchestrator_use_precompiled target name)
  if(TARGET orchestrator_pch_${name})
    target_compile_options(${target} PRIVATE -Xclang -fno-pch-timestamp)
    target_precompile_headers(${target} REUSE_FROM orchestrator_pch_${name})
  endif()
endfunction()
