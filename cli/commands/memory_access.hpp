// SPDX-License-Identifier: Apache-2.0
#pragma once

// The memory store of the command line: which one it is, whose memories are meant, and asking it.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cli/configuration/configuration.hpp"
#include "orchestrator/harness/memory.hpp"

namespace orchestrator::cli {

/// The address of the memory store: `memory.store`, else a file beside the journals. Error: `configuration_invalid`
/// where there is no folder for it.
[[nodiscard]] harness::Result<std::string> memory_url(const Configuration& configuration);

/// The user whose memories are meant where no flag says: `memory.user`, or none in particular.
[[nodiscard]] std::string memory_user(const Configuration& configuration);

/// Runs one operation of a store to its end on this thread.
template <class T>
T await_memory(boost::asio::awaitable<T> operation) {
  boost::asio::io_context context(1);
  std::optional<T> result;
  std::exception_ptr failure;
  boost::asio::co_spawn(context, std::move(operation), [&](std::exception_ptr error, T value) {
    failure = error;
    result.emplace(std::move(value));
  });
  context.run();
  if (failure) {
    std::rethrow_exception(failure);
  }
  return *std::move(result);
}

}  // namespace orchestrator::cli
