// SPDX-License-Identifier: Apache-2.0
// The interfaces above the pure layers, for the precompiled headers.
#pragma once

#include <orchestrator/harness/harness.hpp>
#include <orchestrator/harness/journal.hpp>
#include <orchestrator/harness/memory.hpp>
#include <orchestrator/harness/run.hpp>
#include <orchestrator/harness/tools.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

namespace orchestrator::harness::precompiled {

// Instantiates what every file with a coroutine needs.
inline boost::asio::any_io_executor use_executor(boost::asio::io_context& context) { return context.get_executor(); }

}  // namespace orchestrator::harness::precompiled
