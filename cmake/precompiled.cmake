# SPDX-License-Identifier: Apache-2.0
# Two precompiled headers: one for the pure layers, one with Asio for all that stands above them.
# They save compile time only; the debug preset and the GCC build do without them, so a missing
# include is still found.

file(WRITE "${CMAKE_BINARY_DIR}/precompiled/pure.cpp" "")
file(WRITE "${CMAKE_BINARY_DIR}/precompiled/asio.cpp" "")

set(orchestrator_pure_headers
    <algorithm> <array> <cstdint> <expected> <functional> <map> <memory> <optional> <set> <span>
    <string> <string_view> <utility> <variant> <vector> <boost/json.hpp>)
set(orchestrator_asio_headers
    ${orchestrator_pure_headers}
    <boost/asio/any_io_executor.hpp> <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp>
    <boost/asio/io_context.hpp> <boost/asio/post.hpp> <boost/asio/steady_timer.hpp>
    <boost/asio/this_coro.hpp> <boost/asio/use_awaitable.hpp>)

function(orchestrator_precompiled_holder name)
  add_library(orchestrator_pch_${name} OBJECT EXCLUDE_FROM_ALL
              "${CMAKE_BINARY_DIR}/precompiled/${name}.cpp")
  target_link_libraries(orchestrator_pch_${name} PRIVATE Boost::json OpenSSL::Crypto Threads::Threads)
  target_compile_options(orchestrator_pch_${name} PRIVATE -Xclang -fno-pch-timestamp)
  target_precompile_headers(orchestrator_pch_${name} PRIVATE ${orchestrator_${name}_headers})
endfunction()

if(ORCHESTRATOR_PCH AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  orchestrator_precompiled_holder(pure)
  if(NOT ORCHESTRATOR_PURE_ONLY)
    orchestrator_precompiled_holder(asio)
    target_compile_definitions(orchestrator_pch_asio PRIVATE BOOST_ASIO_SEPARATE_COMPILATION)
  endif()
endif()

# orchestrator_use_precompiled(TARGET pure|asio): a no-op where there are none.
function(orchestrator_use_precompiled target name)
  if(TARGET orchestrator_pch_${name})
    target_compile_options(${target} PRIVATE -Xclang -fno-pch-timestamp)
    target_precompile_headers(${target} REUSE_FROM orchestrator_pch_${name})
  endif()
endfunction()
